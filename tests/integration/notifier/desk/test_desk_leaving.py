"""Who leaves the queue at once, even while an agent has the alert open: and who never comes into it."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text

from services.notifier.alert import Changed, Over
from services.notifier.resolution import Resolution
from services.notifier.store import cards, consents
from services.notifier.store.cards import Card
from shared.clock import system_clock
from shared.events.action import ActionSuppressed
from shared.events.catalogue import Event
from shared.events.customer import ConsentGranted, ConsentWithdrawn, CustomerErased
from shared.events.envelope import Envelope, decode
from shared.events.risk import RiskAssessed
from shared.events.subscription import (
    SubscriptionCancelled,
    SubscriptionCancelRequested,
    SubscriptionResumed,
)
from shared.postgres.engine import AsyncEngine, transaction

RaiseAlert = Callable[..., Awaitable[str]]
Follow = Callable[..., Awaitable[None]]
Happened = Callable[..., Envelope]
Risk = Callable[..., RiskAssessed]
REF = "demo/shopify/7"


async def queue(engine: AsyncEngine) -> list[Card]:
    async with transaction(engine) as connection:
        return await cards.queue(connection, 100)


async def rows(engine: AsyncEngine, query: str) -> list[tuple[Any, ...]]:
    async with transaction(engine) as connection:
        return [tuple(row) for row in await connection.execute(text(query))]


async def causes(engine: AsyncEngine) -> list[Any]:
    found = await rows(engine, "SELECT detail FROM alert_change WHERE what = 'withdrawn' ORDER BY id")
    return [cause for (cause,) in found]


async def suppressed(engine: AsyncEngine) -> list[ActionSuppressed]:
    said = [decode(value).data for (value,) in await rows(engine, "SELECT value FROM outbox ORDER BY id")]
    return [one for one in said if isinstance(one, ActionSuppressed)]


@pytest.mark.parametrize(
    ("word", "cause"),
    [
        (SubscriptionCancelRequested("88"), "cancel_requested"),
        (SubscriptionCancelled("88"), "subscription_ended"),
        (CustomerErased("7"), "customer_erased"),
        (ConsentWithdrawn("phone"), "phone_refused"),
    ],
)
async def test_whoever_has_it_open_the_alert_leaves_at_once_and_the_call_may_still_be_recorded(
    office: Any,
    engine: AsyncEngine,
    raise_alert: RaiseAlert,
    follow: Follow,
    happened: Happened,
    word: Event,
    cause: str,
) -> None:
    alert_id = await raise_alert()
    await office.desk.claim(alert_id, "misaki")
    await follow(happened(word, 1))
    assert await queue(engine) == []
    assert await causes(engine) == [cause]
    assert await office.desk.claim(alert_id, "ken") == Over("withdrawn")
    assert isinstance(await office.desk.resolve(alert_id, "misaki", Resolution("kept")), Changed)


async def test_who_asked_to_leave_is_not_called_about_that_contract_again(
    engine: AsyncEngine, follow: Follow, happened: Happened, risk: Risk
) -> None:
    await follow(happened(SubscriptionCancelRequested("88", "price"), 1))
    await follow(happened(risk("e1", minutes=2)), happened(risk("e2", minutes=3, phase="changed")))
    await follow(happened(risk("other", subscription="99"), 4))
    assert [one.subscription for one in await queue(engine)] == ["99"]


async def test_a_contract_that_goes_on_may_be_called_about_again(
    engine: AsyncEngine, follow: Follow, happened: Happened, risk: Risk
) -> None:
    await follow(happened(SubscriptionCancelRequested("88"), 1), happened(SubscriptionResumed("88"), 2))
    await follow(happened(risk("e1", minutes=3)))
    assert len(await queue(engine)) == 1


@pytest.mark.parametrize("back", ["release", "no_answer"])
async def test_what_comes_back_from_an_agent_to_whom_the_wish_was_told_does_not_come_into_the_queue(
    office: Any, engine: AsyncEngine, raise_alert: RaiseAlert, back: str
) -> None:
    alert_id = await raise_alert()
    await office.desk.claim(alert_id, "misaki")
    async with transaction(engine) as connection:
        await connection.execute(
            text(
                "INSERT INTO cancellation (id, number, customer_ref, cart, subscription, source, agent,"
                " requested_at, recorded_at, next_parcel, state) VALUES (gen_random_uuid(), 'K-1', :ref,"
                " 'demo/shopify', '88', 'desk', 'misaki', now(), now(), 'unknown', 'requested')"
            ),
            {"ref": REF},
        )
    if back == "release":
        await office.desk.release(alert_id, "misaki")
    else:
        await office.desk.resolve(alert_id, "misaki", Resolution("no_answer"))
    assert await queue(engine) == []
    assert await causes(engine) == ["cancel_requested"]


async def test_who_wants_to_hear_nothing_is_not_called_even_if_calls_were_allowed_later(
    engine: AsyncEngine, follow: Follow, happened: Happened, risk: Risk
) -> None:
    async with transaction(engine) as connection:
        await consents.never_again(connection, REF, system_clock())
    await follow(happened(ConsentGranted("phone"), 1), happened(risk("e1", minutes=2)))
    assert await queue(engine) == []


async def test_who_is_left_alone_is_not_called_and_it_is_told_once_an_episode(
    engine: AsyncEngine, follow: Follow, happened: Happened, risk: Risk
) -> None:
    await follow(happened(risk()), holdout=100)
    await follow(happened(risk(minutes=5, phase="changed", priority=500.0)), holdout=100)
    assert await queue(engine) == []
    [spared] = await suppressed(engine)
    assert (spared.channel, spared.scenario, spared.episode, spared.reason) == (
        "phone",
        "churn_warning",
        "e1",
        "holdout",
    )
    kept = await rows(engine, "SELECT state, reason FROM action WHERE channel = 'phone'")
    assert kept == [("suppressed", "holdout")]
    history = "SELECT h.state, h.reason FROM action_history AS h JOIN action AS a ON a.id = h.action_id"
    assert await rows(engine, f"{history} WHERE a.channel = 'phone'") == kept


async def test_who_is_in_no_scenario_is_in_no_holdout(
    engine: AsyncEngine, follow: Follow, happened: Happened, risk: Risk
) -> None:
    await follow(happened(risk(kind="payment")), holdout=100)
    assert len(await queue(engine)) == 1
    assert await suppressed(engine) == []


async def test_who_came_in_before_the_holdout_grew_stays_in_the_queue(
    engine: AsyncEngine, raise_alert: RaiseAlert, follow: Follow, happened: Happened, risk: Risk
) -> None:
    alert_id = await raise_alert("e1")
    await follow(happened(risk("e1", 5, phase="changed", priority=200.0)), holdout=100)
    assert [one.id for one in await queue(engine)] == [alert_id]
    await follow(happened(risk("e2", 6), subject="demo/shopify/8"), holdout=100)
    assert [one.id for one in await queue(engine)] == [alert_id]
    assert {one.episode for one in await suppressed(engine)} == {"e2"}


async def test_who_was_held_out_stays_so_when_the_holdout_shrinks(
    engine: AsyncEngine, follow: Follow, happened: Happened, risk: Risk
) -> None:
    await follow(happened(risk("e1")), holdout=100)
    await follow(happened(risk("e1", 5, phase="changed", priority=200.0)), holdout=0)
    assert await queue(engine) == []


async def test_who_was_promised_a_call_gets_it_though_the_risk_is_gone(
    office: Any, engine: AsyncEngine, raise_alert: RaiseAlert, follow: Follow, happened: Happened, risk: Risk
) -> None:
    alert_id = await raise_alert()
    await office.desk.claim(alert_id, "misaki")
    await office.desk.resolve(alert_id, "misaki", Resolution("callback", callback_at=system_clock()))
    await follow(happened(risk(minutes=5, phase="left", band="low")))
    assert [one.id for one in await queue(engine)] == [alert_id]
    await follow(happened(SubscriptionCancelRequested("88"), 9))
    assert await queue(engine) == []
