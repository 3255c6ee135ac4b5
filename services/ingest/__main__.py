"""The ingest process: puts the parts together and runs them."""

import sys

import click

from services.ingest.app import create_app
from services.ingest.durable import Durable
from services.ingest.routes.body import Limits
from services.ingest.settings import IngestSettings, environment
from services.ingest.shops import InvalidShopsFile, ShopsFile
from shared.kafka.producer import EventProducer
from shared.process import logs
from shared.process.command import documented, read_settings
from shared.process.health import Health, admin_app
from shared.process.run import run, serve, start


@click.command(epilog=documented(IngestSettings), context_settings={"max_content_width": 110})
def main() -> None:
    """Take webhooks and put them on Kafka as events."""
    settings = read_settings(IngestSettings)
    try:
        shops = ShopsFile(settings.shops_file, environment())
    except InvalidShopsFile as error:
        raise click.ClickException(f"HIKITOME_SHOPS_FILE is refused: {error}") from None
    logs.configure("ingest", settings.log_level)
    sys.exit(start(_take(settings, shops)))


async def _take(settings: IngestSettings, shops: ShopsFile) -> int:
    health = Health()
    async with EventProducer(settings, settings.delivery_timeout) as producer:
        await producer.reachable()  # connects now, so that the first webhook need not wait
        health.add_check("kafka", producer.reachable)
        limits = Limits(settings.body_limit, settings.body_timeout)
        app = create_app(shops, Durable(producer.publish).keep, settings.clock(), limits)
        return await run(
            ("webhooks", serve(app, settings.host, settings.port)),
            ("admin", serve(admin_app(health), settings.admin_host, settings.admin_port)),
        )


if __name__ == "__main__":
    main()
