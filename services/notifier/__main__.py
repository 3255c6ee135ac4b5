"""The notifier process: puts the parts together and runs them."""

import asyncio
import sys
from functools import partial
from pathlib import Path

import click

from services.notifier import never, playbook
from services.notifier.app import Parts, create_app
from services.notifier.auth import Door, Passwords
from services.notifier.desk import Desk
from services.notifier.enrol import Shop
from services.notifier.follow import GROUP, TOPICS, observe
from services.notifier.history import History
from services.notifier.mailroom import room_of
from services.notifier.notice import Notice
from services.notifier.outgoing import make_dispatcher, make_hooks, unsubscribe_router
from services.notifier.post import Post
from services.notifier.settings import NotifierSettings
from services.notifier.stream import Fanout, Sequencer, live_engine
from services.notifier.supervisor import Refitting, Supervisor
from shared.clock import system_clock
from shared.kafka.producer import EventProducer
from shared.kafka.relay import Relay
from shared.kafka.stream import PartitionStream
from shared.postgres.engine import AsyncEngine, create_engine, reachable
from shared.postgres.migrations import migrate
from shared.process import logs
from shared.process.command import documented, read_settings
from shared.process.health import Health, admin_app
from shared.process.run import run, serve, start

MIGRATIONS = Path(__file__).parent / "migrations"


@click.command(epilog=documented(NotifierSettings), context_settings={"max_content_width": 110})
def main() -> None:
    """Turn churn risks into alerts at the desk and messages to customers."""
    settings = read_settings(NotifierSettings)
    logs.configure("notifier", settings.log_level)
    sys.exit(start(_notify(settings)))


async def _notify(settings: NotifierSettings) -> int:
    dsn = settings.postgres_dsn.get_secret_value()
    if settings.migrate_on_start:
        await migrate(dsn, "notifier", MIGRATIONS)
    size = settings.postgres_pool_size
    engine, live = create_engine(dsn, "notifier", size), live_engine(dsn, size)
    try:
        async with EventProducer(settings, delivery_timeout=10) as producer:
            return await _run(settings, engine, live, producer)
    finally:
        await live.dispose()
        await engine.dispose()


async def _run(
    settings: NotifierSettings, engine: AsyncEngine, live: AsyncEngine, producer: EventProducer
) -> int:
    """`live` is for what asks the same few questions for ever."""
    clock, health, committed = settings.clock(), Health(), asyncio.Event()
    health.add_check("kafka", producer.reachable)
    health.add_check("postgres", lambda: reachable(engine))
    door = Door(engine, Passwords(), system_clock)
    await door.enrol(settings.desk_agents)
    desk = Desk(engine, clock, system_clock, settings.lease(), settings.calls())
    fanout = Fanout(live, system_clock, settings.shop_zone(), health)
    await fanout.start()
    links = unsubscribe_router(engine, settings, clock)
    app = create_app(settings, clock, system_clock, Parts(desk, door, fanout), [links])
    await playbook.seed(engine, settings.scenarios_on, settings.holdout_percent)
    shop, key = Shop(settings.shop_zone(), clock), settings.never_key()
    await never.prepare(engine, key)
    follow = partial(never.observe, key, partial(observe, shop))
    team = Supervisor(engine, clock, system_clock, settings.shop_zone(), settings.sla_minutes)
    stream = PartitionStream(settings, live, GROUP, TOPICS, follow, health=health, committed=committed)
    return await run(
        ("stream", stream.run),
        ("relay", Relay(engine, producer, committed=committed, health=health).run),
        ("sequencer", Sequencer(live, health).run),
        ("fanout", fanout.run),
        ("notice", Notice(engine, shop, health).run),
        ("dispatch", make_dispatcher(engine, settings, clock, health).run),
        ("post", Post(engine, room_of(settings), clock, health).run),
        ("hooks", make_hooks(engine, settings, health).run),
        ("history", History(engine, clock, settings.history()).run),
        ("capacity", Refitting(team, health).run),
        ("desk", serve(app, settings.host, settings.port)),
        ("admin", serve(admin_app(health), settings.admin_host, settings.admin_port)),
    )


if __name__ == "__main__":
    main()
