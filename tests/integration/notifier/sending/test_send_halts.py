"""A scenario that sends abnormally much stops by itself, and goes on when a person says so."""

import asyncio
from typing import TYPE_CHECKING

from services.notifier.store import scenarios
from shared.events.action import ActionDeferred
from shared.postgres.engine import transaction
from shared.process import metrics
from tests.integration.notifier.sending.conftest import TOKYO
from tests.integration.notifier.sending.planned import Enrolled, one_step, plan
from tests.integration.notifier.sending.ways import Scripted

if TYPE_CHECKING:
    from tests.integration.notifier.sending.conftest import Desk

FEW = one_step("mail", most_per_hour=3)
CUSTOMERS = [f"tea-shop/shopify/{number}" for number in range(8)]


async def begin(desk: "Desk") -> Scripted:
    await desk.keep(FEW)
    await desk.know(CUSTOMERS)
    await plan(desk.engine, FEW, [Enrolled(ref, desk.clock.now) for ref in CUSTOMERS], TOKYO)
    return Scripted()


async def halted_because(desk: "Desk") -> str | None:
    async with transaction(desk.engine) as connection:
        standing = await scenarios.find(connection, FEW.key)
    assert standing is not None
    return standing.halted_because


async def test_not_one_message_more_leaves_than_the_hour_allows(desk: "Desk") -> None:
    mail = await begin(desk)
    dispatchers = [desk.dispatcher({"mail": mail}) for _ in range(3)]
    while any(await asyncio.gather(*(dispatcher.turn() for dispatcher in dispatchers))):
        pass
    assert len(mail.got) == 3
    assert await halted_because(desk) == "blast_radius"
    assert sorted(map(str, await desk.states())) == sorted(
        map(str, [("sent", None)] * 3 + [("planned", "halted")] * 5)
    )
    deferred = [event for event in await desk.events() if isinstance(event, ActionDeferred)]
    assert {event.reason for event in deferred} == {"halted"}
    assert metrics.scenario_halted._value.get() == 1


async def test_what_waits_for_it_is_not_looked_at_again_and_again(desk: "Desk") -> None:
    mail = await begin(desk)
    while await desk.dispatcher({"mail": mail}).turn():
        pass
    before = await desk.history()
    desk.later(hours=3)
    assert await desk.dispatcher({"mail": mail}).turn() == 0
    assert await desk.history() == before


async def test_it_goes_on_when_a_person_says_so_and_halts_again_if_it_is_still_too_much(desk: "Desk") -> None:
    mail = await begin(desk)
    while await desk.dispatcher({"mail": mail}).turn():
        pass
    await desk.rows(
        "UPDATE action SET first_sent_at = now() - interval '61 minutes' WHERE state = 'sent' RETURNING id"
    )
    async with transaction(desk.engine) as connection:
        assert await scenarios.resume(connection, FEW.key, "marketer")
    desk.later(minutes=11)
    while await desk.dispatcher({"mail": mail}).turn():
        pass
    assert len(mail.got) == 6
    assert await halted_because(desk) == "blast_radius"


async def test_another_scenario_is_not_held_up(desk: "Desk") -> None:
    mail = await begin(desk)
    other, ref = one_step("mail", key="other"), "tea-shop/shopify/other"
    await desk.keep(other)
    await desk.know([ref])
    await plan(desk.engine, other, [Enrolled(ref, desk.clock.now)], TOKYO)
    while await desk.dispatcher({"mail": mail}).turn():
        pass
    assert await desk.rows("SELECT state FROM action WHERE scenario = 'other'") == [("sent",)]


async def test_the_holdout_counts_for_nothing(desk: "Desk") -> None:
    await desk.keep(FEW)
    await desk.know(CUSTOMERS)
    held = [Enrolled(ref, desk.clock.now, held=True) for ref in CUSTOMERS]
    await plan(desk.engine, FEW, held, TOKYO)
    while await desk.dispatcher({"mail": Scripted()}).turn():
        pass
    assert {reason for _, reason in await desk.states()} == {"holdout"}
    assert await halted_because(desk) is None
