"""A batch is followed as a whole, and leaves what its events would leave if each came alone."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from services.notifier.enrol import Shop
from services.notifier.follow import observe
from shared.events import envelope as wire
from shared.events.action import ActionSuppressed, AlertRaised
from shared.events.catalogue import Event
from shared.events.customer import ConsentGranted, ConsentWithdrawn, CustomerErased
from shared.events.envelope import Envelope
from shared.events.identity import DuplicateConfirmed, DuplicateDenied, DuplicateSuspected
from shared.events.ids import derived_id
from shared.events.money import Money
from shared.events.risk import Reason, RiskAssessed
from shared.events.subscription import (
    Cycle,
    SubscriptionCancelled,
    SubscriptionCancelRequested,
    SubscriptionChanged,
    SubscriptionExpired,
    SubscriptionResumed,
    SubscriptionStarted,
)
from shared.postgres.engine import AsyncEngine, transaction
from tests.warning import held_out, keep_running

START = datetime(2026, 6, 10, 3, 0, tzinfo=UTC)
FOLLOWED = (
    "alert_change",
    "alert",
    "action_history",
    "action",
    "enrolment",
    "consent",
    "consent_history",
    "customer_mark",
    "ended_subscription",
    "duplicate_suspicion",
    "same_person",
    "cancellation_news",
    "cancellation",
    "happening",
    "assessment",
    "outbox",
)
# What is left, without real times and numbers that are drawn.
LEFT = (
    "SELECT id, state, version, subscription, probability, assessed_at, correlation_id, closed_at IS NULL,"
    " band, previous_band, band_changed_at, parked FROM alert ORDER BY id",
    # That a card shows others is said once a batch, however often they change in it.
    "SELECT alert, what, detail FROM alert_change WHERE what <> 'contact_changed' ORDER BY alert, id",
    # What words may tell is what was known by then, of which a batch knows more at once.
    "SELECT customer_ref, scenario, episode, version, kind, reason, cart, subscription, enrolled_at,"
    " ended_at, ended, held, scenario_group, priority"
    " FROM enrolment ORDER BY customer_ref, scenario, episode",
    "SELECT id, state, reason, due_at, correlation_id, causation_id FROM action ORDER BY id",
    "SELECT action_id, state, reason FROM action_history ORDER BY action_id, id",
    "SELECT * FROM consent ORDER BY customer_ref, channel",
    "SELECT event_id, customer_ref, channel, granted, wording, source, at FROM consent_history"
    " ORDER BY event_id",
    # A batch knows an erased customer's contracts from what is said of them later, too.
    "SELECT * FROM customer_mark WHERE customer_ref NOT LIKE '%/~subscription/%' ORDER BY customer_ref",
    "SELECT * FROM ended_subscription ORDER BY cart, subscription",
    "SELECT * FROM duplicate_suspicion ORDER BY id",
    "SELECT * FROM same_person ORDER BY account",
    "SELECT id, customer_ref, subscription, requested_at, state, done_at FROM cancellation ORDER BY id",
)

WORDS = ["risk"] * 6 + ["granted", "withdrawn", "over", "leaving"] * 2 + ["same"] * 4 + ["erased"]
CYCLE = Cycle("month", 1)
minutes = st.integers(0, 9)
customers = st.sampled_from(["7", "8"])


def at_risk(customer: str, episode: str, phase: str, subscription: str | None, minute: int) -> RiskAssessed:
    return RiskAssessed(
        kind="subscription",
        probability=0.7 + minute / 100,
        band="critical" if minute > 5 else "high",
        previous_band="medium",
        phase=phase,  # type: ignore[arg-type]
        episode=customer + episode,
        priority=float(minute),
        value_at_risk=Money(9000, "JPY"),
        reasons=(Reason("skipped", "3日前にお届けをスキップ", {"d": 3}, 0.8),),
        model="m1",
        horizon_days=30.0,
        assessed_at=START + timedelta(minutes=minute),
        noticed_at=START,
        subscription=None if subscription is None else customer + subscription,
    )


@st.composite
def events(draw: st.DrawFn) -> tuple[str, Event, int]:
    """Whom it is about, what happened, and in which minute."""
    customer, minute = draw(customers), draw(minutes)
    word = draw(st.sampled_from(WORDS))
    match word:
        case "risk":
            phase = draw(st.sampled_from(["entered", "entered", "changed", "left", "left"]))
            contract = draw(st.sampled_from(["1", "1", "2", None]))
            data: Event = at_risk(customer, draw(st.sampled_from("ab")), phase, contract, minute)
            return customer, data, minute
        case "granted":
            return customer, ConsentGranted(draw(st.sampled_from(["mail", "phone"])), "はい"), minute
        case "withdrawn":
            return customer, ConsentWithdrawn(draw(st.sampled_from(["mail", "phone"]))), minute
        case "over":
            contract = customer + draw(st.sampled_from("12"))
            ended = draw(st.sampled_from([SubscriptionCancelled, SubscriptionExpired]))(contract)
            return draw(st.sampled_from([customer, f"~subscription/{contract}"])), ended, minute
        case "leaving":
            contract = customer + draw(st.sampled_from("12"))
            told: list[Event] = [
                SubscriptionCancelRequested(contract),
                SubscriptionResumed(contract),
                SubscriptionStarted(contract, CYCLE),
                SubscriptionChanged(contract, CYCLE),
            ]
            return customer, draw(st.sampled_from([told[0], *told])), minute
        case "same":
            other = "demo/shopify/9"
            about: list[Event] = [
                DuplicateSuspected(other, ("mail",), draw(st.booleans())),
                DuplicateConfirmed(other, "cart"),
                DuplicateDenied(other, "person"),
            ]
            return customer, draw(st.sampled_from(about)), minute
        case _:
            return customer, CustomerErased(customer), minute


def enveloped(number: int, customer: str, data: Event, minute: int) -> Envelope:
    return Envelope(
        id=derived_id("event", str(number)),
        source="/shops/demo/shopify",
        subject=f"demo/shopify/{customer}",
        time=START + timedelta(minutes=minute),
        shop="demo",
        receivedat=START,
        correlationid=f"webhook-{number}",
        data=data,
    )


async def left_by(engine: AsyncEngine, *batches: list[Envelope]) -> list[object]:
    """Follow these from nothing, each batch in a transaction of its own, and give all that it leaves."""
    async with transaction(engine) as connection:
        for table in FOLLOWED:
            await connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - our own list of tables
        await keep_running(connection, held_out(50))
    for batch in batches:
        async with transaction(engine) as connection:
            await observe(Shop(ZoneInfo("Asia/Tokyo"), lambda: START), connection, batch)
    async with transaction(engine) as connection:
        left: list[object] = [[tuple(row) for row in await connection.execute(text(query))] for query in LEFT]
        told = [wire.decode(row.value) for row in await connection.execute(text(_TOLD))]
    return [*left, [(one.subject, one.id, one.time, one.causationid, one.data) for one in told]]


# What is told of one customer is told in order; between customers there is none.
_TOLD = "SELECT value FROM outbox ORDER BY key, id"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(events(), min_size=1, max_size=14), cut=st.integers(0, 4))
async def test_a_batch_leaves_what_its_events_would_leave_alone(
    engine: AsyncEngine, said: list[tuple[str, Event, int]], cut: int
) -> None:
    envelopes = [enveloped(number, *one) for number, one in enumerate(said)]
    alone = await left_by(engine, *([one] for one in envelopes))
    assert await left_by(engine, envelopes) == alone
    assert await left_by(engine, envelopes[:cut], envelopes[cut:]) == alone


async def test_an_alert_raised_and_withdrawn_in_one_batch_has_both_in_its_history(
    engine: AsyncEngine, follow: Callable[..., Awaitable[None]]
) -> None:
    phases = ("entered", "changed", "left")
    risks = [at_risk("7", "a", phase, "1", minute) for minute, phase in enumerate(phases)]
    await follow(*(enveloped(number, "7", one, number) for number, one in enumerate(risks)))
    async with transaction(engine) as connection:
        rows = await connection.execute(text("SELECT what, detail FROM alert_change ORDER BY id"))
        assert [tuple(row) for row in rows] == [
            ("raised", None),
            ("refreshed", None),
            ("withdrawn", "risk_left"),
        ]
        told = [wire.decode(row.value).data for row in await connection.execute(text(_TOLD))]
        actions = [tuple(row) for row in await connection.execute(text("SELECT state, reason FROM action"))]
    assert [type(one) for one in told] == [AlertRaised, ActionSuppressed]
    assert actions == [("suppressed", "episode_over")]


@pytest.mark.parametrize(
    "make",
    [
        lambda customer: at_risk(customer, "a", "entered", "1", 0),
        lambda customer: at_risk(customer, "a", "left", "1", 1),
        lambda customer: ConsentGranted("mail"),
        lambda customer: ConsentWithdrawn("phone"),
        lambda customer: SubscriptionCancelled(customer + "1"),
        lambda customer: SubscriptionResumed(customer + "1"),
    ],
    ids=["entered", "left", "granted", "withdrawn", "over", "resumed"],
)
async def test_a_longer_batch_takes_no_more_statements(
    engine: AsyncEngine, follow: Callable[..., Awaitable[None]], make: Callable[[str], Event]
) -> None:
    entered = [at_risk(str(number), "a", "entered", "1", 0) for number in range(100, 130)]
    await follow(*(enveloped(number, one.episode[:-1], one, 0) for number, one in enumerate(entered[:21])))
    counts = []
    # One of whom an alert stands, and one of whom none does, to each twenty of either.
    for first, last in ((100, 101), (101, 121)):
        executed = _counting(engine)
        await follow(*(enveloped(number, str(number), make(str(number)), 2) for number in range(first, last)))
        counts.append(executed())
    assert counts[0] == counts[1]


def _counting(engine: AsyncEngine) -> Callable[[], int]:
    """Count the statements from now until the count is asked for."""
    seen: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", count)

    def stop() -> int:
        event.remove(engine.sync_engine, "before_cursor_execute", count)
        return len(seen)

    return stop
