"""ingest's settings: who may send webhooks, and how much of our patience a delivery gets."""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from shared.process.settings import CommonSettings


class IngestSettings(CommonSettings):
    """Read once, in `__main__`."""

    port: int = Field(8701, description="Port for webhooks.")
    admin_port: int = Field(8711, description="Port of /healthz, /readyz and /metrics.")
    shops_file: Path = Field(
        Path("shops.toml"),
        description="Shops, their carts and secrets; read again when it changes. See docs/adding-a-cart.md.",
    )
    body_limit: int = Field(
        1024 * 1024,
        gt=0,
        le=1_400_000,  # what can't be read is kept in base64, and still has to fit into a record
        description="Bytes a webhook's body may have; at most 1,400,000.",
    )
    body_timeout: float = Field(10.0, gt=0, description="Seconds a webhook's body may take to arrive.")
    events_body_limit: int = Field(
        10 * 1024 * 1024, gt=0, description="Bytes the body of one POST /v1/events may have."
    )
    head_timeout: float = Field(10.0, gt=0, description="Seconds the head of a request may take to arrive.")
    shop_rate: float = Field(
        500.0,
        gt=0,
        le=1_000_000,
        description="Webhooks a second that one shop may send for long; more is answered 429.",
    )
    shop_burst: int = Field(5000, ge=1, description="Webhooks that one shop may send at once.")
    delivery_timeout: float = Field(
        2.0, gt=0, description="Seconds the brokers may take before a webhook goes to the spool."
    )
    spool_file: Path = Field(
        Path("spool.sqlite"),
        description="Where webhooks wait while Kafka is away; on a disk that outlives this process.",
    )
    spool_limit_bytes: int = Field(
        1024**3, gt=0, description="Bytes that may wait in the spool; then webhooks are answered 503."
    )
    spool_limit_hours: float = Field(
        24.0, gt=0, description="Hours the oldest may wait in the spool; then webhooks are answered 503."
    )
    openapi: bool = Field(False, description="Serve /openapi.json; leave it off where strangers can ask.")


def environment() -> Mapping[str, str]:
    """What ${NAME} in the shops file refers to."""
    return os.environ
