"""How to reach the brokers: the options that every client of ours is made with."""

import ssl
from typing import Any

from shared.process.settings import CommonSettings

# A dead letter carries a whole webhook of up to 1 MiB in base64.
MAX_RECORD_BYTES = 2 * 1024 * 1024


def connection_options(settings: CommonSettings, request_timeout_ms: int = 10_000) -> dict[str, Any]:
    options: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap,
        "request_timeout_ms": request_timeout_ms,
        "retry_backoff_ms": 100,
        "metadata_max_age_ms": 60_000,
        "security_protocol": settings.kafka_security,
    }
    if settings.kafka_security.endswith("SSL"):
        options["ssl_context"] = ssl.create_default_context(cafile=settings.kafka_ca_file)
    if settings.kafka_security.startswith("SASL") and settings.kafka_password is not None:
        options["sasl_mechanism"] = "SCRAM-SHA-512"
        options["sasl_plain_username"] = settings.kafka_username
        options["sasl_plain_password"] = settings.kafka_password.get_secret_value()
    return options
