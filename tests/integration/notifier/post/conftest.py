"""A notifier that posts: a database, trays, a printer, and a print house that looks into its folder."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

import msgspec
import pytest
from sqlalchemy import text

import services.notifier as notifier
from deploy.local.print_house import PrintHouse
from services.notifier.attempt import Attempts
from services.notifier.channels.base import Tray
from services.notifier.channels.postal_pdf import Printer, find_font
from services.notifier.channels.print_house import Folder
from services.notifier.choice import Policy
from services.notifier.dispatch import Dispatcher
from services.notifier.post import Post, Room
from services.notifier.post_desk import PostDesk
from services.notifier.scenarios.decide import Rules
from services.notifier.scenarios.quiet import QuietHours
from services.notifier.scenarios.scenario import Creative, Scenario, Step
from services.notifier.scenarios.trigger import OnRisk
from services.notifier.store import batches, contacts, scenarios
from services.notifier.store.audit import Entry
from services.notifier.templates.occasion import Sender
from services.notifier.tray import CutOffs, PostTray
from services.notifier.writer import Writer
from shared.events.action import Way
from shared.events.customer import ContactChanged
from shared.postgres.engine import AsyncEngine, create_engine, transaction
from shared.postgres.migrations import migrate

TOKYO = ZoneInfo("Asia/Tokyo")
# A Tuesday.
NOON = datetime(2026, 3, 10, 12, 0, tzinfo=TOKYO).astimezone(UTC)
CUT_OFF = datetime(2026, 3, 10, 15, 0, tzinfo=TOKYO).astimezone(UTC)
HOME = ContactChanged(
    name="髙橋 美咲",
    postcode="100-0013",
    prefecture="東京都",
    address="千代田区霞が関1丁目3番2号　郵便プラザ503室",
)
SENDER = Sender(
    "みどり茶房", "みどり茶房株式会社", "shop@midori.example", "東京都千代田区丸の内1-1-1", "0120-000-000", ""
)
BY = Entry("mari", "marketer", "post")


@dataclass
class Clock:
    """Business time, moved by the test."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


def scenario(way: Way = "postal_dm", **changes: Any) -> Scenario:
    """One step, which goes out by this way at once."""
    words = Creative("a", way, "{{ addressee }}、ありがとうございます。", "お元気ですか", item="お礼カード")
    return Scenario(
        "thanks",
        "お礼",
        OnRisk(frozenset({"critical"}), frozenset({"subscription"})),
        (Step("card", (way,), (msgspec.structs.replace(words, **changes),)),),
        salt="s",
    )


@dataclass(frozen=True)
class Rig:
    """What a test does, and what it sees of it."""

    engine: AsyncEngine
    clock: Clock
    folder: Path
    house: PrintHouse
    printer: Printer | None = None

    def room(self) -> Room:
        inserts = self.folder / "inserts"
        inserts.mkdir(exist_ok=True)
        return Room(self.printer, {"postal_dm": Folder(self.house.folder), "insert": Folder(inserts)})

    def post(self) -> Post:
        return Post(self.engine, self.room(), self.clock)

    def desk(self) -> PostDesk:
        return PostDesk(self.engine, self.room(), self.post(), self.clock, self.clock)

    async def dispatch(self) -> None:
        cut_offs = CutOffs(time(15, 0), TOKYO)
        ways: tuple[Way, ...] = ("postal_dm", "insert")
        trays: dict[Way, Tray] = {
            way: PostTray(way, cut_offs, self.printer, "https://desk.midori.example") for way in ways
        }
        writer = Writer(SENDER, "https://desk.midori.example", b"secret")
        attempts = Attempts(self.engine, {}, trays, Policy(Rules(QuietHours(TOKYO))), writer, self.clock)
        dispatcher = Dispatcher(self.engine, attempts, self.clock)
        while await dispatcher.turn():
            pass

    async def plan(self, name: str, contact: ContactChanged = HOME, way: Way = "postal_dm") -> str:
        """One customer in the scenario, with one step that is due; gives the action's id."""
        ref, action = f"tea-shop/shopify/{name}", str(uuid5(NAMESPACE_URL, name))
        async with transaction(self.engine) as connection:
            await contacts.keep(connection, {ref: (contact, self.clock.now)})
            values = {"ref": ref, "id": action, "at": self.clock.now, "way": way}
            for statement in _PLAN:
                await connection.execute(text(statement), values)
        return action

    async def batched(self, *names: str, way: Way = "postal_dm") -> list[str]:
        """These customers' pieces, in the tray."""
        planned = [await self.plan(name, way=way) for name in names]
        await self.dispatch()
        return planned

    async def keep(self, one: Scenario, base: int = 0) -> None:
        async with transaction(self.engine) as connection:
            await scenarios.save(connection, one, None, None, base)
            await scenarios.switch(connection, one.key, True, None)

    async def states(self) -> dict[str, tuple[str, str | None]]:
        """By action: its state and reason."""
        async with transaction(self.engine) as connection:
            rows = await connection.execute(text("SELECT id, state, reason FROM action"))
            return {str(row.id): (row.state, row.reason) for row in rows}

    async def batches(self) -> list[batches.Batch]:
        async with transaction(self.engine) as connection:
            return await batches.newest(connection, 20)

    async def told(self) -> list[str]:
        """What lies in the outbox: the events' types, in order."""
        async with transaction(self.engine) as connection:
            rows = await connection.execute(
                text("SELECT convert_from(value, 'UTF8')::jsonb ->> 'type' AS type FROM outbox ORDER BY id")
            )
            return [row.type for row in rows]

    async def run(self, statement: str, **values: object) -> None:
        async with transaction(self.engine) as connection:
            await connection.execute(text(statement), values)


_PLAN = (
    "INSERT INTO consent (customer_ref, channel, granted, changed_at) VALUES (:ref, 'postal_dm', true, :at)"
    " ON CONFLICT DO NOTHING",
    "INSERT INTO enrolment (customer_ref, scenario, episode, version, kind, cart, subscription, enrolled_at,"
    " facts) VALUES (:ref, 'thanks', 'e', 1, 'subscription', 'tea-shop/shopify', '88', :at,"
    " CAST('{\"delivery_number\": 3}' AS jsonb))",
    "INSERT INTO action (id, customer_ref, scenario, episode, step, channel, shop, correlation_id,"
    " causation_id, due_at) VALUES (CAST(:id AS uuid), :ref, 'thanks', 'e', 'card', :way, 'tea-shop', 'c',"
    " 'c', :at)",
)


@pytest.fixture
async def engine(postgres_dsn: str) -> AsyncIterator[AsyncEngine]:
    await migrate(postgres_dsn, "notifier", Path(notifier.__file__).parent / "migrations")
    engine = create_engine(postgres_dsn, "notifier", 10)
    yield engine
    await engine.dispose()


@pytest.fixture(scope="session")
def printer() -> Printer:
    return Printer(find_font(None), SENDER)


@pytest.fixture
async def rig(engine: AsyncEngine, tmp_path: Path, printer: Printer) -> Rig:
    folder = tmp_path / "print"
    folder.mkdir()
    rig = Rig(engine, Clock(), tmp_path, PrintHouse(folder, tmp_path / "accepted.jsonl"), printer)
    await rig.keep(scenario())
    return rig
