"""What the desk has no hands for waits out of sight: as long as nobody has begun it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import text

from services.notifier.resolution import Resolution
from services.notifier.store import alerts, cards
from services.notifier.store.cards import Card
from shared.clock import system_clock
from shared.events.envelope import Envelope
from shared.events.risk import RiskAssessed
from shared.postgres.engine import AsyncEngine, transaction

RaiseAlert = Callable[..., Awaitable[str]]
Follow = Callable[..., Awaitable[None]]
Happened = Callable[..., Envelope]
Risk = Callable[..., RiskAssessed]


async def set_threshold(engine: AsyncEngine, threshold: float) -> int:
    async with transaction(engine) as connection:
        await connection.execute(text("UPDATE capacity SET threshold = :it"), {"it": threshold})
        return await alerts.park(connection, threshold, system_clock())


async def card(engine: AsyncEngine, alert_id: str) -> Card:
    async with transaction(engine) as connection:
        found = await cards.find(connection, alert_id)
    assert found is not None
    return found


async def whats(engine: AsyncEngine) -> list[str]:
    async with transaction(engine) as connection:
        return list((await connection.execute(text("SELECT what FROM alert_change ORDER BY id"))).scalars())


async def test_an_alert_below_the_threshold_is_parked_from_the_first(
    engine: AsyncEngine, raise_alert: RaiseAlert
) -> None:
    await set_threshold(engine, 50)
    low, high = await raise_alert("low", priority=49.0), await raise_alert("high", priority=50.0)
    assert ((await card(engine, low)).parked, (await card(engine, high)).parked) == (True, False)


async def test_an_alert_whose_priority_grows_comes_back_and_one_whose_falls_goes(
    engine: AsyncEngine, raise_alert: RaiseAlert, follow: Follow, happened: Happened, risk: Risk
) -> None:
    await set_threshold(engine, 50)
    alert_id = await raise_alert(priority=10.0)
    await follow(happened(risk(minutes=1, phase="changed", priority=80.0)))
    assert not (await card(engine, alert_id)).parked
    await follow(happened(risk(minutes=2, phase="changed", priority=20.0)))
    assert (await card(engine, alert_id)).parked
    assert await whats(engine) == ["raised", "refreshed", "unparked", "refreshed", "parked"]


async def test_another_threshold_parks_and_brings_back_what_nobody_has_begun(
    office: Any, engine: AsyncEngine, raise_alert: RaiseAlert
) -> None:
    names = ("waiting", "held", "promised", "unanswered")
    ids = {name: await raise_alert(name, priority=10.0, subject=f"demo/shopify/{name}") for name in names}
    for name in names[1:]:
        await office.desk.claim(ids[name], "misaki")
    promise = Resolution("callback", callback_at=system_clock())
    await office.desk.resolve(ids["promised"], "misaki", promise)
    await office.desk.resolve(ids["unanswered"], "misaki", Resolution("no_answer"))
    assert await set_threshold(engine, 50) == 1
    assert [name for name in names if (await card(engine, ids[name])).parked] == ["waiting"]
    assert await set_threshold(engine, 50) == 0
    assert await set_threshold(engine, 5) == 1
    assert not (await card(engine, ids["waiting"])).parked


async def test_who_takes_a_parked_alert_has_it(
    office: Any, engine: AsyncEngine, raise_alert: RaiseAlert, follow: Follow, happened: Happened, risk: Risk
) -> None:
    await set_threshold(engine, 50)
    alert_id = await raise_alert(priority=10.0)
    await office.desk.claim(alert_id, "misaki")
    await follow(happened(risk(minutes=1, phase="changed", priority=20.0)))
    shown = await card(engine, alert_id)
    assert (shown.parked, shown.agent) == (False, "misaki")


async def test_whatever_is_raised_while_the_threshold_changes_ends_on_its_side_of_it(
    engine: AsyncEngine, raise_alert: RaiseAlert
) -> None:
    raising = [raise_alert(f"e{number}", priority=float(number)) for number in range(20)]
    await asyncio.gather(*raising[:10], set_threshold(engine, 12), *raising[10:])
    async with transaction(engine) as connection:
        queue = await cards.queue(connection, 100)
    assert {one.priority for one in queue if one.parked} == {float(number) for number in range(12)}
