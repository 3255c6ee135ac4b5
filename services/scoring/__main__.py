"""The scoring process: puts the parts together and runs them."""

import asyncio
import sys
from pathlib import Path

import click
import structlog

from services.scoring.app import scoring_app
from services.scoring.artifact import Artifact, Rejected, load
from services.scoring.observe import Observer
from services.scoring.settings import ScoringSettings
from services.scoring.sweep import Sweep
from shared.events.topics import CUSTOMER_EVENTS, RETENTION_ACTIONS
from shared.kafka.producer import EventProducer
from shared.kafka.relay import Relay
from shared.kafka.stream import PartitionStream
from shared.postgres.engine import create_engine, reachable
from shared.postgres.migrations import migrate
from shared.process import logs
from shared.process.command import documented, read_settings
from shared.process.health import Health, admin_app
from shared.process.metrics import model_loaded, model_trained_timestamp
from shared.process.run import run, serve, start

MIGRATIONS = Path(__file__).parent / "migrations"

log = structlog.get_logger(__name__)


@click.command(epilog=documented(ScoringSettings), context_settings={"max_content_width": 110})
def main() -> None:
    """Turn customers' events into churn risks with reasons."""
    settings = read_settings(ScoringSettings)
    logs.configure("scoring", settings.log_level)
    artifact = open_model(settings)
    sys.exit(start(_score(settings, artifact)))


def open_model(settings: ScoringSettings) -> Artifact:
    """Load the model's file.

    :raises click.ClickException: if it is missing, unsigned, or made for other features.
    """
    try:
        data = settings.model_file.read_bytes()
    except OSError as error:
        raise click.ClickException(f"HIKITOME_MODEL_FILE can't be read: {error}") from None
    loaded = load(data, settings.model_key.get_secret_value().encode())
    if isinstance(loaded, Rejected):
        raise click.ClickException(f"HIKITOME_MODEL_FILE is refused: {loaded.reason}")
    return loaded


async def _score(settings: ScoringSettings, artifact: Artifact) -> int:
    dsn, now, health = settings.postgres_dsn.get_secret_value(), settings.clock(), Health()
    if settings.migrate_on_start:
        await migrate(dsn, "scoring", MIGRATIONS)
    engine = create_engine(dsn, "scoring", settings.postgres_pool_size)
    committed = asyncio.Event()
    model_loaded.labels(version=artifact.version).set(1)
    model_trained_timestamp.set(artifact.body.manifest.trained_at.timestamp())
    log.info("model loaded", version=artifact.version)
    try:
        async with EventProducer(settings, delivery_timeout=10) as producer:
            health.add_check("kafka", producer.reachable)
            health.add_check("postgres", lambda: reachable(engine))
            observer = Observer(artifact, now)
            stream = PartitionStream(
                settings,
                engine,
                "scoring",
                [CUSTOMER_EVENTS, RETENTION_ACTIONS],
                observer.observe,
                health=health,
                committed=committed,
            )
            sweep = Sweep(engine, artifact, now, settings.sweep_seconds, committed, health)
            relay = Relay(engine, producer, committed=committed, health=health)
            return await run(
                ("stream", stream.run),
                ("sweep", sweep.run),
                ("relay", relay.run),
                ("api", serve(scoring_app(engine, settings.api_token), settings.host, settings.port)),
                ("admin", serve(admin_app(health), settings.admin_host, settings.admin_port)),
            )
    finally:
        await engine.dispose()


if __name__ == "__main__":
    main()
