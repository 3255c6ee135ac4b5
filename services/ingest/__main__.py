"""The ingest process: puts the parts together and runs them."""

import sys
from collections.abc import Callable
from functools import partial
from random import random

import click

from services.ingest.app import Bounds, create_app
from services.ingest.drain import PATIENCE_SECONDS, Drain
from services.ingest.durable import Durable
from services.ingest.rate import Allowance, Allowances
from services.ingest.routes.body import Limits
from services.ingest.routes.lane import LARGEST, Lane
from services.ingest.settings import IngestSettings, environment
from services.ingest.shops import InvalidShopsFile, ShopsFile
from services.ingest.spool import Spool, SpoolLimits
from services.ingest.spool_file import SpoolFile, SpoolUnusable
from services.ingest.turns import Turns
from shared.kafka.producer import EventProducer
from shared.process import logs
from shared.process.command import documented, read_settings
from shared.process.deadline import Patience
from shared.process.health import Check, Health, admin_app
from shared.process.run import run, serve, start

MakeProducer = Callable[[IngestSettings, float], EventProducer]


@click.command(epilog=documented(IngestSettings), context_settings={"max_content_width": 110})
def main() -> None:
    """Take webhooks and put them on Kafka as events."""
    settings = read_settings(IngestSettings)
    try:
        shops = ShopsFile(settings.shops_file, environment())
    except InvalidShopsFile as error:
        raise click.ClickException(f"HIKITOME_SHOPS_FILE is refused: {error}") from None
    try:
        spool_file = SpoolFile.open(settings.spool_file)
    except SpoolUnusable as error:
        raise click.ClickException(f"HIKITOME_SPOOL_FILE is refused: {error}") from None
    logs.configure("ingest", settings.log_level)
    sys.exit(start(take(settings, shops, spool_file, EventProducer)))


async def take(
    settings: IngestSettings, shops: ShopsFile, spool_file: SpoolFile, make_producer: MakeProducer
) -> int:
    """Run ingest of these parts until it is asked to stop; give the exit code."""
    health = Health()
    spool_limits = SpoolLimits(settings.spool_limit_bytes, settings.spool_limit_hours)
    async with (
        make_producer(settings, settings.delivery_timeout) as producer,
        Spool(spool_file, spool_limits) as spool,
    ):
        health.add_check("kafka_or_spool", _would_keep(spool, producer))
        keep, bounds = Durable(producer.publish, spool).keep, _bounds(settings)
        turns = Turns(shops, keep, settings.clock(), bounds.allowances)
        patience = Patience(head=settings.head_timeout, body=settings.body_timeout)
        app = create_app(shops, keep, turns, bounds)
        lane = partial(Lane, turns=turns, largest=min(LARGEST, settings.body_limit))
        return await run(
            ("drain", Drain(partial(producer.publish, within=PATIENCE_SECONDS), spool, random, health).run),
            ("webhooks", serve(app, settings.host, settings.port, patience=patience, speak=lane)),
            ("admin", serve(admin_app(health), settings.admin_host, settings.admin_port)),
        )


def _bounds(settings: IngestSettings) -> Bounds:
    return Bounds(
        webhook=Limits(settings.body_limit, settings.body_timeout),
        events=Limits(settings.events_body_limit, settings.body_timeout),
        allowances=Allowances(Allowance(settings.shop_rate, settings.shop_burst)),
        openapi=settings.openapi,
    )


def _would_keep(spool: Spool, producer: EventProducer) -> Check:
    """What a webhook would meet: the spool, or Kafka if nothing waits before it."""

    async def check() -> bool:
        return await spool.can_take() or (not spool.waiting and await producer.reachable())

    return check


if __name__ == "__main__":
    main()
