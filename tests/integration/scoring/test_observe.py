"""From events to states, scores and risk events, on a real PostgreSQL."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from services.scoring.artifact import Artifact
from services.scoring.features.state import CustomerState, from_bytes, refold
from services.scoring.observe import Observer
from services.scoring.sweep import Sweep
from shared.events.commerce import OrderPaid, OrderPlaced, OrderRefunded
from shared.events.engagement import PageViewed
from shared.events.envelope import Envelope, decode
from shared.events.money import Money
from shared.events.payment import PaymentFailed
from shared.events.risk import RiskAssessed
from shared.events.subscription import Cycle, SubscriptionSkipped, SubscriptionStarted
from shared.postgres.engine import AsyncEngine, transaction
from shared.process.health import Health
from tests.integration.scoring.conftest import START

YEN = Money(4980, "JPY")
CONTRACT = "demo/shopify/~subscription/c1"
ORDER = "demo/shopify/~order/o1"
Happened = Callable[..., Envelope]


def joined(happened: Happened) -> list[Envelope]:
    return [
        happened(OrderPlaced("o1", YEN), 0),
        happened(OrderPaid("o1", YEN), 0.01),
        happened(SubscriptionStarted("c1", Cycle("day", 30), order="o1"), 0.02),
    ]


def leaving(happened: Happened) -> list[Envelope]:
    """Two failures to pay and two skips: about as alarming as it gets."""
    return [
        happened(SubscriptionSkipped("c1", 2), 20, subject=CONTRACT),
        happened(SubscriptionSkipped("c1", 3), 50, subject=CONTRACT),
        happened(PaymentFailed("c1", code="insufficient_funds"), 80, subject=CONTRACT),
        happened(PaymentFailed("c1", code="insufficient_funds"), 83, subject=CONTRACT),
    ]


async def observe(
    engine: AsyncEngine, artifact: Artifact, envelopes: Sequence[Envelope], now: datetime | None = None
) -> None:
    moment = now or max(each.time for each in envelopes)
    async with transaction(engine) as connection:
        await Observer(artifact, lambda: moment).observe(connection, envelopes)


async def state_of(engine: AsyncEngine, customer: str = "demo/shopify/7") -> CustomerState:
    async with transaction(engine) as connection:
        rows = await connection.execute(
            text("SELECT state FROM customer_state WHERE customer_ref = :ref"), {"ref": customer}
        )
        return from_bytes(rows.scalar_one())


async def told(engine: AsyncEngine) -> list[RiskAssessed]:
    async with transaction(engine) as connection:
        rows = await connection.execute(text("SELECT value FROM outbox ORDER BY id"))
        events = [decode(row.value).data for row in rows]
    return [event for event in events if isinstance(event, RiskAssessed)]


async def test_an_event_that_names_only_the_contract_waits_until_its_owner_is_known(
    engine: AsyncEngine, artifact: Artifact, happened: Happened
) -> None:
    start, later = joined(happened), leaving(happened)
    await observe(engine, artifact, later)
    async with transaction(engine) as connection:
        assert (await connection.execute(text("SELECT count(*) FROM customer_state"))).scalar_one() == 0
    await observe(engine, artifact, start, now=later[-1].time)
    assert await state_of(engine) == refold([*start, *later])


async def test_a_refund_finds_the_customer_by_the_order(
    engine: AsyncEngine, artifact: Artifact, happened: Happened
) -> None:
    events = [*joined(happened), happened(OrderRefunded("o1", YEN), 3, subject=ORDER)]
    for event in events:
        await observe(engine, artifact, [event])
    assert await state_of(engine) == refold(events)


async def test_an_event_that_comes_late_is_put_where_it_belongs(
    engine: AsyncEngine, artifact: Artifact, happened: Happened
) -> None:
    events = [*joined(happened), *leaving(happened)]
    for event in [*events[:2], *reversed(events[3:]), events[2]]:
        await observe(engine, artifact, [event])
    assert await state_of(engine) == refold(events)


async def test_an_owner_and_a_waiting_event_that_meet_in_two_transactions_find_each_other(
    engine: AsyncEngine, artifact: Artifact, happened: Happened
) -> None:
    start, later = joined(happened), leaving(happened)
    observer = Observer(artifact, lambda: later[-1].time)
    async with engine.connect() as first:
        await observer.observe(first, later)
        second = asyncio.create_task(observe(engine, artifact, start, now=later[-1].time))
        done, _ = await asyncio.wait([second], timeout=0.3)
        assert not done  # it waits for the first, which holds the contract's row
        await first.commit()
        await second
    assert await state_of(engine) == refold([*start, *later])


async def test_many_transactions_at_once_neither_lose_nor_double_an_event(
    engine: AsyncEngine, artifact: Artifact, happened: Happened
) -> None:
    histories = {}
    for customer in range(6):
        ref, contract = f"demo/shopify/{customer}", f"demo/shopify/~subscription/c{customer}"
        histories[ref] = [
            happened(SubscriptionStarted(f"c{customer}", Cycle("day", 30)), 0, subject=ref),
            *(happened(SubscriptionSkipped(f"c{customer}", n), 5 + n, subject=contract) for n in range(8)),
            *(happened(OrderPlaced(f"o{customer}-{n}", YEN), 2 * n, subject=ref) for n in range(8)),
        ]
    events = [event for history in histories.values() for event in history]
    batches = [events[start::9] for start in range(9)]
    now = max(event.time for event in events)
    await asyncio.gather(*(observe(engine, artifact, batch, now=now) for batch in batches))
    for ref, history in histories.items():
        assert await state_of(engine, ref) == refold(history)


async def test_an_episode_is_told_when_it_begins_and_not_for_each_event(
    engine: AsyncEngine, artifact: Artifact, happened: Happened
) -> None:
    skipped = leaving(happened)[:2]
    looked = [happened(PageViewed("cancel"), day) for day in (51, 52)]
    for event in [*joined(happened), *skipped, *looked]:
        await observe(engine, artifact, [event])
    risks = await told(engine)
    assert [risk.phase for risk in risks].count("entered") == 1
    assert len({risk.episode for risk in risks}) == 1
    entered = next(risk for risk in risks if risk.phase == "entered")
    assert entered.band in ("high", "critical")
    assert entered.reasons
    assert all(reason.text for reason in entered.reasons)


async def test_the_sweep_notices_a_customer_who_does_nothing_at_all(
    engine: AsyncEngine, artifact: Artifact, happened: Happened
) -> None:
    start = joined(happened)
    await observe(engine, artifact, start)
    before = await told(engine)
    for day in range(1, 42):
        moment = START + timedelta(days=day)
        sweep = Sweep(engine, artifact, lambda at=moment: at, 1.0, asyncio.Event(), Health())  # type: ignore[misc]
        await sweep.look()
    after = await told(engine)
    assert before == []
    assert [risk.phase for risk in after][:1] == ["entered"]


@pytest.mark.parametrize("looks", [2])
async def test_the_sweep_leaves_alone_whoever_is_not_due(
    engine: AsyncEngine, artifact: Artifact, happened: Happened, looks: int
) -> None:
    await observe(engine, artifact, joined(happened))
    sweep = Sweep(engine, artifact, lambda: START + timedelta(days=8), 1.0, asyncio.Event(), Health())
    assert [await sweep.look() for _ in range(looks)] == [1, 0]
