"""A stage for scenarios: events arrive, scenarios are the test's own, and the clock is moved."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import text

from services.notifier.enrol import Shop
from services.notifier.follow import observe
from services.notifier.scenarios.scenario import Creative, Delay, Scenario, Step
from services.notifier.scenarios.trigger import OnEvent
from shared.events import envelope as wire
from shared.events.catalogue import Event
from shared.events.commerce import Line, OrderPlaced
from shared.events.envelope import Envelope
from shared.events.ids import derived_id
from shared.events.money import Money
from shared.events.risk import Reason, RiskAssessed
from shared.postgres.engine import AsyncEngine, transaction
from tests.warning import keep_running

TOKYO = ZoneInfo("Asia/Tokyo")
NOON = datetime(2026, 3, 10, 12, 0, tzinfo=TOKYO).astimezone(UTC)
HANAKO = "tea-shop/shopify/1001"

_MAIL = Creative("mail", "mail", "{{ addressee }} こんにちは", "件名")
PLAIN = Scenario(
    key="plain",
    title="テスト",
    trigger=OnEvent("order.placed"),
    steps=(
        Step("now", ("mail",), (_MAIL,)),
        Step("later", ("mail",), (_MAIL,), delay=Delay(days=3)),
    ),
    salt="plain/1",
    holdout_percent=0.0,
    ends=frozenset({"cancelled"}),
)


def like(key: str, **changes: Any) -> Scenario:
    """The plain one but for this."""
    return msgspec.structs.replace(PLAIN, key=key, salt=f"{key}/1", **changes)


@dataclass
class Stage:
    """What a test does to the notifier, and what it sees of it; `now` is business time."""

    engine: AsyncEngine
    now: datetime = NOON
    made: int = field(default=0)

    def clock(self) -> datetime:
        return self.now

    @property
    def shop(self) -> Shop:
        return Shop(TOKYO, self.clock)

    def later(self, **delta: float) -> None:
        self.now += timedelta(**delta)

    async def keep(self, *scenarios: Scenario) -> None:
        async with transaction(self.engine) as connection:
            await keep_running(connection, *scenarios)

    def event(self, data: Event, subject: str = HANAKO, days: float = 0.0) -> Envelope:
        """So many days after now; each is another."""
        self.made += 1
        return Envelope(
            id=derived_id("event", str(self.made)),
            source="/shops/" + "/".join(subject.split("/")[:2]),
            subject=subject,
            time=self.now + timedelta(days=days),
            shop="tea-shop",
            receivedat=self.now,
            correlationid=f"webhook-{self.made}",
            data=data,
        )

    async def hear(self, *envelopes: Envelope) -> None:
        """One batch, as the stream hands it over."""
        async with transaction(self.engine) as connection:
            await observe(self.shop, connection, envelopes)

    async def tell(self, data: Event, subject: str = HANAKO, days: float = 0.0) -> Envelope:
        envelope = self.event(data, subject, days)
        await self.hear(envelope)
        return envelope

    async def rows(self, query: str, **values: object) -> list[tuple[Any, ...]]:
        async with transaction(self.engine) as connection:
            return [tuple(row) for row in await connection.execute(text(query), values)]

    async def enrolled(self) -> list[tuple[Any, ...]]:
        return await self.rows("SELECT scenario, ended FROM enrolment ORDER BY enrolled_at, scenario")

    async def steps(self) -> list[tuple[Any, ...]]:
        return await self.rows(
            "SELECT scenario, step, state, reason FROM action ORDER BY scenario, due_at, episode"
        )

    async def told(self) -> list[Event]:
        rows = await self.rows("SELECT value FROM outbox ORDER BY id")
        return [wire.decode(value).data for (value,) in rows]


def order(number: str = "o1", lines: Sequence[str] = ("tea",), **facts: Any) -> OrderPlaced:
    yen = Money(3980, "JPY")
    return OrderPlaced(
        number, yen, tuple(Line(each, 1, yen, title=f"{each}セット") for each in lines), **facts
    )


def risk(episode: str = "e1", **changes: Any) -> RiskAssessed:
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
