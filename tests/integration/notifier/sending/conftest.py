"""A notifier's database, a mail server that keeps what it gets, and a dispatcher between the two."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from hashlib import md5
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import text

from services.notifier import consent, enrol
from services.notifier.attempt import Attempts
from services.notifier.channels.base import Channel, Tray
from services.notifier.channels.mail import MailChannel, Server
from services.notifier.choice import Policy
from services.notifier.dispatch import Dispatcher
from services.notifier.scenarios.decide import Rules
from services.notifier.scenarios.quiet import QuietHours
from services.notifier.scenarios.scenario import Creative, Scenario, Step
from services.notifier.scenarios.trigger import OnRisk
from services.notifier.store import consents, contacts, scenarios
from services.notifier.store.consents import Word
from services.notifier.templates.occasion import Sender
from services.notifier.writer import Writer
from shared.backoff import Backoff
from shared.events import envelope as wire
from shared.events.action import Way
from shared.events.catalogue import Event
from shared.events.customer import Channel as ConsentChannel
from shared.events.customer import ConsentGranted, ContactChanged
from shared.events.envelope import Envelope as EventEnvelope
from shared.events.ids import derived_id
from shared.events.money import Money
from shared.events.risk import Reason, RiskAssessed
from shared.postgres.engine import AsyncConnection, AsyncEngine, create_engine, transaction
from shared.postgres.migrations import migrate

MIGRATIONS = Path(enrol.__file__).parent / "migrations"
TOKYO = ZoneInfo("Asia/Tokyo")
NOON = datetime(2026, 3, 10, 12, 0, tzinfo=TOKYO).astimezone(UTC)
CUSTOMER = "tea-shop/shopify/1001"
SECRET = b"secret of these tests"
SENDER = Sender(
    shop_name="みどり茶房",
    name="みどり茶房株式会社",
    mail="shop@midori.example",
    postal_address="東京都千代田区丸の内1-1-1",
    contact="0120-000-000",
    account_url="https://midori.example/account",
)
BODY = "{{ addressee }}\n\n{{ opening }}\n{{ offer }}"
WARNING = Scenario(
    key="churn_warning",
    title="解約予兆",
    trigger=OnRisk(frozenset({"high", "critical"}), frozenset({"subscription", "repeat"})),
    steps=(Step("mail", ("mail",), (Creative("warning", "mail", BODY, subject="{{ opening_subject }}"),)),),
    salt="churn_warning/1",
    holdout_percent=0,
)


@dataclass
class Clock:
    """Business time, moved by the test."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Post:
    """A mail server; `answer` is what it says to a mail, `holding` keeps it waiting for the answer."""

    answer: str = "250 OK"
    kept: list[EmailMessage] = field(default_factory=list)
    port: int = 0
    holding: asyncio.Event | None = None
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.arrived.set()
        if self.holding is not None:
            await self.holding.wait()
        if self.answer.startswith("250"):
            self.kept.append(mail)
        return self.answer


@dataclass(frozen=True)
class Desk:
    """What a test does to the notifier, and what it sees of it."""

    engine: AsyncEngine
    clock: Clock
    post: Post

    def attempts(
        self,
        channels: Mapping[Way, Channel] | None = None,
        trays: Mapping[Way, Tray] | None = None,
        **policy: object,
    ) -> Attempts:
        values: dict[str, object] = {
            "rules": Rules(QuietHours(TOKYO)),
            "costs": {"mail": 1, "line": 3, "postcard": 110},
            "backoff": Backoff(first=60.0, limit=60.0),
        }
        made = Policy(**{**values, **policy})  # type: ignore[arg-type]
        mail = MailChannel(Server("127.0.0.1", self.post.port, timeout=10.0), SENDER)
        writer = Writer(SENDER, "https://desk.midori.example", SECRET)
        return Attempts(self.engine, channels or {"mail": mail}, trays or {}, made, writer, self.clock)

    def dispatcher(
        self,
        channels: Mapping[Way, Channel] | None = None,
        trays: Mapping[Way, Tray] | None = None,
        batch: int = 5,
        **policy: object,
    ) -> Dispatcher:
        attempts = self.attempts(channels, trays, **policy)
        return Dispatcher(self.engine, attempts, self.clock, batch=batch, look_every=0.01)

    @staticmethod
    def scenario(**changes: object) -> Scenario:
        """Like the one that is running, but for this."""
        return msgspec.structs.replace(WARNING, **changes)

    async def keep(self, scenario: Scenario) -> None:
        """As a marketer saves it, and switches it on."""
        async with transaction(self.engine) as connection:
            there = await scenarios.find(connection, scenario.key)
            base = there.scenario.version if there is not None else 0
            await scenarios.save(connection, scenario, "marketer", None, base)
            await scenarios.switch(connection, scenario.key, True, "marketer")

    def envelope(self, event: Event, customer: str = CUSTOMER, part: str = "") -> EventEnvelope:
        return EventEnvelope(
            id=derived_id(customer, type(event).__name__, part, str(self.clock.now)),
            source="/shops/tea-shop/shopify",
            subject=customer,
            time=self.clock.now,
            shop="tea-shop",
            receivedat=self.clock.now,
            correlationid="webhook-1",
            data=event,
        )

    async def enter(self, connection: AsyncConnection, risk: RiskAssessed, customer: str = CUSTOMER) -> None:
        """A risk sets off what it sets off, within this transaction."""
        door = await enrol.Shop(TOKYO, self.clock).door(connection)
        await enrol.plan(connection, door, [self.envelope(risk, customer)])

    async def tell(self, event: Event, customer: str = CUSTOMER, part: str = "") -> None:
        """An event arrives, as `follow` hands it on."""
        envelope = self.envelope(event, customer, part)
        async with transaction(self.engine) as connection:
            match event:
                case RiskAssessed():
                    await self.enter(connection, event, customer)
                case ContactChanged():
                    await contacts.keep(connection, {customer: (event, self.clock.now)})
                case _:
                    await consent.follow(connection, [envelope])

    async def meet(self, customer: str = CUSTOMER) -> None:
        """The customer is known and has agreed to mails."""
        await self.tell(ContactChanged(name="山田 花子", mail="hanako@example.jp"), customer)
        await self.tell(ConsentGranted("mail", "お得な情報を受け取る"), customer)

    async def know(self, customers: Sequence[str]) -> None:
        """All these can be reached in every way, and agree to it."""
        ways: tuple[ConsentChannel, ...] = ("mail", "line", "postal_dm")
        at = self.clock.now
        async with transaction(self.engine) as connection:
            await contacts.keep(connection, {ref: (_contact(ref), at) for ref in customers})
            words = [
                Word(derived_id(ref, way), ref, way, True, at, "/shops/tea-shop/shopify")
                for ref in customers
                for way in ways
            ]
            await consents.keep(connection, words)

    async def rows(self, query: str, **values: object) -> list[tuple[object, ...]]:
        async with transaction(self.engine) as connection:
            return [tuple(row) for row in await connection.execute(text(query), values)]

    async def states(self) -> list[tuple[object, ...]]:
        return await self.rows("SELECT state, reason FROM action ORDER BY episode")

    async def history(self) -> list[object]:
        return [state for (state,) in await self.rows("SELECT state FROM action_history ORDER BY id")]

    async def events(self) -> list[Event]:
        rows = await self.rows("SELECT value FROM outbox ORDER BY id")
        return [wire.decode(value).data for (value,) in rows if isinstance(value, bytes)]

    async def let_leases_end(self) -> None:
        """As if the worker that holds them had been gone for long."""
        await self.rows("UPDATE action SET lease_until = now() - interval '1 second' RETURNING id")

    async def let_retries_come(self) -> None:
        await self.rows("UPDATE action SET retry_from = now() - interval '1 second' RETURNING id")

    def later(self, **delta: float) -> None:
        self.clock.now += timedelta(**delta)


def _contact(customer: str) -> ContactChanged:
    return ContactChanged(
        name="山田 花子",
        mail=f"{customer.rpartition('/')[2]}@example.jp",
        line=f"U{md5(customer.encode(), usedforsecurity=False).hexdigest()}",
        postcode="100-0013",
        prefecture="東京都",
        address="千代田区霞が関1丁目3番2号",
    )


def risk(episode: str = "e1", **changes: object) -> RiskAssessed:
    made = RiskAssessed(
        kind="subscription",
        probability=0.7,
        band="high",
        previous_band="medium",
        phase="entered",
        episode=episode,
        priority=1.0,
        value_at_risk=Money(9000, "JPY"),
        reasons=(Reason("skipped", "3日前にお届けをスキップ", {"d": 3}, 0.8),),
        model="m1",
        horizon_days=30.0,
        assessed_at=NOON,
        noticed_at=NOON,
        subscription="s1",
    )
    return msgspec.structs.replace(made, **changes)


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    kept = Post()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(kept), "127.0.0.1", 0)
    kept.port = server.sockets[0].getsockname()[1]
    yield kept
    server.close()


@pytest.fixture
async def engine(postgres_dsn: str) -> AsyncIterator[AsyncEngine]:
    await migrate(postgres_dsn, "notifier", MIGRATIONS)
    made = create_engine(postgres_dsn, "notifier")
    yield made
    await made.dispose()


@pytest.fixture
async def desk(engine: AsyncEngine, post: Post) -> Desk:
    made = Desk(engine, Clock(), post)
    await made.keep(WARNING)
    return made


@pytest.fixture
def at_risk() -> Callable[..., RiskAssessed]:
    return risk
