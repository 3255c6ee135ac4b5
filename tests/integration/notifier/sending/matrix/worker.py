"""A worker in a process of its own: dispatches by mail, over SMTP or an HTTP API, until it is killed."""

import asyncio
import sys

from services.notifier.attempt import Attempts
from services.notifier.channels.base import Channel
from services.notifier.channels.mail import MailChannel, Server
from services.notifier.channels.mail_api import MailApiChannel, Provider
from services.notifier.choice import Policy
from services.notifier.dispatch import Dispatcher
from services.notifier.scenarios.decide import Rules
from services.notifier.scenarios.quiet import QuietHours
from services.notifier.writer import Writer
from shared.events.action import Way
from shared.postgres.engine import create_engine
from tests.integration.notifier.sending.conftest import NOON, SECRET, SENDER, TOKYO


async def work(dsn: str, kind: str, port: int) -> None:
    channel: Channel = (
        MailChannel(Server("127.0.0.1", port), SENDER)
        if kind == "smtp"
        else MailApiChannel(Provider(f"http://127.0.0.1:{port}/emails", "local"), SENDER)
    )
    channels: dict[Way, Channel] = {"mail": channel}
    policy = Policy(Rules(QuietHours(TOKYO)), lease_seconds=20)
    writer = Writer(SENDER, "https://desk.midori.example", SECRET)
    engine = create_engine(dsn, "notifier")
    attempts = Attempts(engine, channels, {}, policy, writer, lambda: NOON)
    await Dispatcher(engine, attempts, lambda: NOON).run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], sys.argv[2], int(sys.argv[3])))
