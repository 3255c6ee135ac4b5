"""`hikitome demo`: the local stack, a simulated shop in front of it, an agent behind it, and a comparison."""

import asyncio
import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import msgspec

from deploy.local.accounts import make_shops_file, read_keys
from deploy.local.folder import claim_for_demo, empty
from deploy.local.layout import Layout, Ports
from deploy.local.lock import Lock
from deploy.local.play import Course, Demo
from deploy.local.report import Report
from deploy.local.screen import Screen
from deploy.local.stack import LocalStack
from deploy.simulated import ORIGIN, SHOP
from services.notifier.scenarios.shipped import SHIPPED
from shared.clock import FastClock, system_clock

DAY_SECONDS = 86_400.0
# The shop opens when everything should be there to see it, and hurries through its past.
STARTING = timedelta(seconds=6)
PAST_DAYS_PER_SECOND = 2.5

_EXTRA = {
    "HIKITOME_SHOP_NAME": "みのり堂(デモ)",
    "HIKITOME_MAIL_FROM_NAME": "みのり堂(デモ)",
    "HIKITOME_SENDER_POSTAL_ADDRESS": "〒100-0000 東京都千代田区デモ町1-2-3",
    "HIKITOME_SENDER_CONTACT": "support@hikitome.example",
    "HIKITOME_ACCOUNT_URL": "https://shop.hikitome.example/account",
    # Everything that is shipped, so that all of it can be seen.
    "HIKITOME_SCENARIOS_ON": msgspec.json.encode(sorted(SHIPPED)).decode(),
}


@dataclass(frozen=True, slots=True)
class Wishes:
    """The command's options; `keep` leaves the data directory."""

    folder: Path
    keep: bool
    ports: Ports
    course: Course
    days_per_second: float
    past_days: float


async def run_demo(wishes: Wishes, screen: Screen, stop: asyncio.Event) -> Report:
    """Run until `stop` or the time is over, then settle and compare.

    :raises Problem: if the stack can't start or go on.
    """
    claim_for_demo(wishes.folder)
    with Lock(wishes.folder, screen.say):
        empty(wishes.folder)
        try:
            return await _run(wishes, screen, stop)
        finally:
            if not wishes.keep:
                shutil.rmtree(wishes.folder)


async def _run(wishes: Wishes, screen: Screen, stop: asyncio.Event) -> Report:
    screen.say("Starting PostgreSQL, the broker and the services …")
    clock = FastClock(
        ORIGIN,
        system_clock() + STARTING,
        wishes.days_per_second * DAY_SECONDS,
        timedelta(days=wishes.past_days),
        PAST_DAYS_PER_SECOND * DAY_SECONDS,
    )
    layout = Layout(
        wishes.folder,
        wishes.ports.chosen(),
        read_keys(wishes.folder),
        clock,
        _EXTRA,
        durable=False,
    )
    account = make_shops_file(layout.shops_file, SHOP)
    async with LocalStack(layout, screen.say, stop) as stack:
        screen.say(_welcome(layout))
        demo = Demo(wishes.course, stack, clock, account, screen)
        with screen:
            findings = await demo.play()
        return demo.report(findings)


def _welcome(layout: Layout) -> str:
    desk = layout.keys.desk
    return f"""
  Desk   {layout.url("desk")}   log in as {desk.login} with {desk.password}
  Mails  {layout.url("mails")}   caught, not delivered
  LINE   {layout.url("line")}   a LINE of our own: read, press, block
  Post   {layout.url("desk")}/batches   printed by a print house of our own
  Data   {layout.data}   logs in {layout.data / "logs"}

  Ctrl-C ends the run and compares what was sent with what arrived.
"""
