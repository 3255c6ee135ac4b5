"""Scoring's settings."""

from importlib import resources
from pathlib import Path

from pydantic import Field, SecretStr

from services.scoring.artifact import DEMO_KEY
from shared.process.settings import CommonSettings


def shipped_model() -> Path:
    """The first model, trained on the simulation: good enough until a shop's own history has been learnt."""
    return Path(str(resources.files("services.scoring"))) / "artifacts" / "first.json"


class ScoringSettings(CommonSettings):
    """What scoring needs beyond what every process has."""

    port: int = Field(8702, description="Port of the risk API.")
    admin_port: int = Field(8712, description="Port of /healthz, /readyz and /metrics.")
    model_file: Path = Field(default_factory=shipped_model, description="The model's artifact.")
    model_key: SecretStr = Field(
        SecretStr(DEMO_KEY.decode()),
        description="Key of the artifact's signature; the default opens only the shipped model.",
    )
    api_token: SecretStr | None = Field(
        None, description="Bearer token of the risk API; without one it answers nobody."
    )
    sweep_seconds: float = Field(
        30.0, gt=0, description="Real seconds between two looks for silent customers."
    )
    migrate_on_start: bool = Field(False, description="Bring the schema up to date before starting.")
