"""Settings that every process has, from environment variables HIKITOME_*, each with default and meaning."""

from datetime import UTC, timedelta
from typing import Literal, Self

from pydantic import AwareDatetime, Field, PostgresDsn, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.clock import FastClock, Now, system_clock


class CommonSettings(BaseSettings):
    """Read once, in `__main__`, and handed down; nobody else reads the environment."""

    model_config = SettingsConfigDict(env_prefix="HIKITOME_", frozen=True, extra="ignore")

    host: str = Field("127.0.0.1", description="Address the service listens on.")
    port: int = Field(8700, description="Port the service listens on.")
    admin_host: str = Field("127.0.0.1", description="Address of /healthz, /readyz and /metrics.")
    admin_port: int = Field(8710, description="Port of /healthz, /readyz and /metrics.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level logged.")

    kafka_bootstrap: str = Field("127.0.0.1:9092", description="Brokers, comma separated host:port.")
    kafka_idempotent: bool = Field(
        True, description="Idempotent producer; off for brokers without it (Tansu)."
    )
    kafka_fetch_max_wait_ms: int = Field(
        500,
        description="How long the broker may hold a fetch; 10 where it doesn't wake on new data (Tansu).",
    )
    kafka_session_timeout_ms: int = Field(
        30_000,
        ge=1000,
        description="Silence after which a consumer counts as dead; 4000 on Tansu (a join takes half of it).",
    )
    kafka_replication: int = Field(1, ge=1, description="Replicas of each topic made by `hikitome topics`.")
    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_SSL", "SASL_PLAINTEXT"] = Field(
        "PLAINTEXT", description="How to speak to the brokers; SASL means SCRAM-SHA-512."
    )
    kafka_username: str | None = Field(None, description="SASL name.")
    kafka_password: SecretStr | None = Field(None, description="SASL password.")
    kafka_ca_file: str | None = Field(
        None, description="CA certificate of the brokers; the system's when unset."
    )

    postgres_dsn: SecretStr = Field(
        SecretStr("postgresql://127.0.0.1:5432/hikitome"), description="PostgreSQL, with name and password."
    )
    postgres_pool_size: int = Field(10, ge=2, description="Connections each process may hold.")

    clock_origin: AwareDatetime | None = Field(
        None, description="Simulation only: business time at clock_started."
    )
    clock_started: AwareDatetime | None = Field(
        None, description="Simulation only: real time of clock_origin."
    )
    clock_speed: float = Field(1.0, gt=0, description="Simulation only: business seconds per real second.")

    clock_sprint_days: float = Field(
        0.0, ge=0, description="Simulation only: days that pass faster at first."
    )
    clock_sprint_speed: float = Field(1.0, gt=0, description="Simulation only: how fast those days pass.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        PostgresDsn(self.postgres_dsn.get_secret_value())
        if (self.clock_origin is None) != (self.clock_started is None):
            raise ValueError("clock_origin and clock_started belong together: set both or neither")
        if self.clock_origin is None and self.clock_speed != 1.0:
            raise ValueError("clock_speed needs clock_origin and clock_started")
        if self.kafka_security.startswith("SASL") and not (self.kafka_username and self.kafka_password):
            raise ValueError("kafka_security SASL needs kafka_username and kafka_password")
        return self

    def clock(self) -> Now:
        """Business time: the system's, unless a simulation gave an origin."""
        if self.clock_origin is None or self.clock_started is None:
            return system_clock
        return FastClock(
            self.clock_origin.astimezone(UTC),
            self.clock_started.astimezone(UTC),
            self.clock_speed,
            timedelta(days=self.clock_sprint_days),
            self.clock_sprint_speed,
        )
