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
    body_limit: int = Field(1024 * 1024, gt=0, description="Bytes a webhook's body may have.")
    body_timeout: float = Field(10.0, gt=0, description="Seconds a webhook's body may take to arrive.")
    delivery_timeout: float = Field(
        2.0, gt=0, description="Seconds the brokers may take before a webhook is answered 503."
    )


def environment() -> Mapping[str, str]:
    """What ${NAME} in the shops file refers to."""
    return os.environ
