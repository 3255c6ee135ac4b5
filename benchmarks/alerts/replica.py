"""A replica of the notifier as agents see it: desk, sequencer and fan-out, without what reads from Kafka."""

import sys

import click

from services.notifier.app import Parts, create_app
from services.notifier.auth import Door, Passwords
from services.notifier.desk import Desk
from services.notifier.settings import NotifierSettings
from services.notifier.stream import Fanout, Sequencer, live_engine
from shared.clock import system_clock
from shared.postgres.engine import create_engine
from shared.process import logs
from shared.process.health import Health
from shared.process.run import run, serve, start


async def _serve(dsn: str, port: int) -> int:
    settings = NotifierSettings.model_validate({"postgres_dsn": dsn, "unsubscribe_secrets": ["s" * 32]})
    engine, live, health = create_engine(dsn, "notifier", 10), live_engine(dsn, 10), Health()
    fanout = Fanout(live, system_clock, settings.shop_zone(), health)
    await fanout.start()
    desk = Desk(engine, system_clock, system_clock, settings.lease(), settings.calls())
    parts = Parts(desk, Door(engine, Passwords(), system_clock), fanout)
    app = create_app(settings, system_clock, system_clock, parts)
    try:
        return await run(
            ("sequencer", Sequencer(live, health).run),
            ("fanout", fanout.run),
            ("desk", serve(app, "127.0.0.1", port)),
        )
    finally:
        await live.dispose()
        await engine.dispose()


@click.command()
@click.option("--dsn", required=True)
@click.option("--port", type=int, required=True)
def main(dsn: str, port: int) -> None:
    logs.configure("replica", "warning")
    sys.exit(start(_serve(dsn, port)))


if __name__ == "__main__":
    main()
