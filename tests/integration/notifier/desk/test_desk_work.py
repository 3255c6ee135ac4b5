"""Work that is done later, handed on, or said twice: never two calls, and no promise is lost."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.notifier.alert import Changed, Engaged, NotYours, Over, TakenBy, TooEarly
from services.notifier.desk import Desk, Nobody, Repeated
from services.notifier.resolution import Resolution
from services.notifier.store import cards
from services.notifier.store.audit import Entry
from services.notifier.store.cards import Card
from shared.clock import system_clock
from shared.events.action import AlertClaimed, AlertResolved
from shared.events.customer import ContactChanged
from shared.events.envelope import Envelope, decode
from shared.events.identity import CustomerMerged
from shared.postgres.engine import AsyncEngine, transaction

RaiseAlert = Callable[..., Awaitable[str]]
Follow = Callable[..., Awaitable[None]]
Happened = Callable[..., Envelope]

LATER = timedelta(hours=2)
MISAKI = Entry("misaki", "agent", "alert.transferred")
BOSS = Entry("ken", "supervisor", "alert.assigned")


async def rows(engine: AsyncEngine, query: str) -> list[tuple[Any, ...]]:
    async with transaction(engine) as connection:
        return [tuple(row) for row in await connection.execute(text(query))]


async def card(engine: AsyncEngine, alert_id: str) -> Card:
    async with transaction(engine) as connection:
        found = await cards.find(connection, alert_id)
    assert found is not None
    return found


async def facts(engine: AsyncEngine) -> list[object]:
    return [decode(value).data for (value,) in await rows(engine, "SELECT value FROM outbox ORDER BY id")]


def at(office: Any, moment: datetime) -> Desk:
    desk: Desk = office.desk
    return replace(desk, now=lambda: moment)


async def calls(engine: AsyncEngine) -> list[tuple[Any, ...]]:
    return await rows(engine, "SELECT attempt, agent, disposition FROM disposition ORDER BY attempt")


async def test_a_promised_call_back_waits_in_the_queue_for_its_time_and_its_agent(
    office: Any, engine: AsyncEngine, raise_alert: RaiseAlert
) -> None:
    alert_id, now = await raise_alert(), system_clock()
    await office.desk.claim(alert_id, "misaki")
    promised = Resolution("callback", callback_at=now + LATER, note="夕方ならご在宅")
    assert isinstance(await office.desk.resolve(alert_id, "misaki", promised), Changed)
    shown = await card(engine, alert_id)
    assert (shown.state, shown.agent, shown.note) == ("raised", None, "夕方ならご在宅")
    assert (shown.attempts, shown.call_from, shown.call_because) == (1, now + LATER, "callback")
    assert shown.promised_by == "misaki"
    assert await office.desk.claim(alert_id, "ken") == TooEarly(now + LATER)
    assert isinstance(await at(office, now + LATER).claim(alert_id, "ken"), Changed)


async def test_who_does_not_answer_is_called_again_hours_later_and_in_the_end_given_up(
    office: Any, engine: AsyncEngine, raise_alert: RaiseAlert
) -> None:
    alert_id, moment = await raise_alert(), datetime.fromisoformat("2026-11-21T18:30:00+09:00")
    waits = []
    for _ in range(3):
        desk = at(office, moment)
        assert isinstance(await desk.claim(alert_id, "misaki"), Changed)
        await desk.resolve(alert_id, "misaki", Resolution("no_answer"))
        waiting = await card(engine, alert_id)
        waits.append(waiting.call_from)
        moment = waiting.call_from or moment
    # A Saturday evening, then a Sunday and a holiday: the next calls are on Tuesday.
    tuesday = datetime.fromisoformat("2026-11-24T09:00:00+09:00")
    assert waits == [tuesday, tuesday + timedelta(hours=3), None]
    assert (waiting.state, waiting.disposition, waiting.attempts) == ("resolved", "no_answer", 3)
    assert await calls(engine) == [(number, "misaki", "no_answer") for number in (1, 2, 3)]
    told = [one for one in await facts(engine) if isinstance(one, AlertResolved)]
    assert [(one.attempt, one.again) for one in told] == [(1, True), (2, True), (3, False)]


async def test_a_result_that_is_sent_twice_is_one_result(
    office: Any, engine: AsyncEngine, raise_alert: RaiseAlert
) -> None:
    alert_id = await raise_alert()
    await office.desk.claim(alert_id, "misaki")
    said = Resolution("kept", note="続けます")
    tabs = await asyncio.gather(*(office.desk.resolve(alert_id, "misaki", said) for _ in range(4)))
    assert sum(isinstance(one, Changed) for one in tabs) == 1
    assert tabs.count(Repeated()) == 3
    assert await office.desk.resolve(alert_id, "misaki", replace(said, note="やはり")) == Over("resolved")
    assert await office.desk.resolve(alert_id, "ken", said) == Over("resolved")
    assert await calls(engine) == [(1, "misaki", "kept")]


async def test_a_call_back_that_is_sent_twice_is_one_promise_until_the_next_call_begins(
    office: Any, engine: AsyncEngine, raise_alert: RaiseAlert
) -> None:
    alert_id, now = await raise_alert(), system_clock()
    await office.desk.claim(alert_id, "misaki")
    said = Resolution("callback", callback_at=now + LATER)
    await office.desk.resolve(alert_id, "misaki", said)
    assert await office.desk.resolve(alert_id, "misaki", said) == Repeated()
    other = replace(said, callback_at=now + LATER * 2)
    assert await office.desk.resolve(alert_id, "misaki", other) == NotYours()
    await office.desk.claim(alert_id, "ken", early=True)
    assert await office.desk.resolve(alert_id, "misaki", said) == NotYours()
    assert await calls(engine) == [(1, "misaki", "callback")]


async def test_whose_lease_ends_during_the_call_sees_no_number_any_more_and_is_told_so_in_the_end(
    office: Any, engine: AsyncEngine, raise_alert: RaiseAlert, follow: Follow, happened: Happened
) -> None:
    await follow(happened(ContactChanged(phone="0312345678")))
    alert_id = await raise_alert()
    await office.desk.claim(alert_id, "misaki")
    later = at(office, system_clock() + timedelta(minutes=16))
    assert await later.contact(alert_id, MISAKI) == NotYours()
    tabs = [later.claim(alert_id, "ken"), later.claim(alert_id, "ken"), later.claim(alert_id, "misaki")]
    await asyncio.gather(*tabs)
    holder = (await card(engine, alert_id)).agent
    other = "misaki" if holder == "ken" else "ken"
    assert await later.resolve(alert_id, other, Resolution("kept", note="長い話")) == NotYours()
    assert await later.prolong(alert_id, other) == NotYours()
    assert isinstance(await later.resolve(alert_id, str(holder), Resolution("kept")), Changed)
    assert await calls(engine) == [(1, holder, "kept")]


async def test_a_heartbeat_keeps_others_away_for_as_long_as_the_call_lasts(
    office: Any, raise_alert: RaiseAlert
) -> None:
    alert_id, start = await raise_alert(), system_clock()
    await office.desk.claim(alert_id, "misaki")
    for minutes in (10, 20, 30):
        beating = at(office, start + timedelta(minutes=minutes))
        assert isinstance(await beating.prolong(alert_id, "misaki"), Changed)
        assert isinstance(await beating.claim(alert_id, "ken"), TakenBy)


async def test_a_transfer_changes_hands_at_once_and_is_written_down(
    office: Any, engine: AsyncEngine, raise_alert: RaiseAlert
) -> None:
    alert_id = await raise_alert()
    assert await office.desk.transfer(alert_id, MISAKI, "ken", None) == NotYours()
    await office.desk.claim(alert_id, "misaki")
    assert await office.desk.transfer(alert_id, MISAKI, "nobody", None) == Nobody()
    assert await office.desk.transfer(alert_id, MISAKI, "gone", None) == Nobody()
    await office.desk.transfer(alert_id, MISAKI, "ken", "お詫びが必要です")
    shown = await card(engine, alert_id)
    assert (shown.state, shown.agent, shown.note) == ("claimed", "ken", "お詫びが必要です")
    assert isinstance(await office.desk.claim(alert_id, "misaki"), TakenBy)
    claimed = [one.agent for one in await facts(engine) if isinstance(one, AlertClaimed)]
    assert claimed == ["misaki", "ken"]
    written = await rows(engine, "SELECT who, what, subject, CAST(alert AS text), detail FROM audit_entry")
    assert written == [("misaki", "alert.transferred", "demo/shopify/7", alert_id, "ken")]


async def test_a_supervisor_takes_it_from_one_and_gives_it_to_another(
    office: Any, engine: AsyncEngine, raise_alert: RaiseAlert
) -> None:
    alert_id = await raise_alert()
    await office.desk.assign(alert_id, BOSS, "misaki")
    assert (await card(engine, alert_id)).agent == "misaki"
    await office.desk.assign(alert_id, BOSS, "ken")
    assert await office.desk.resolve(alert_id, "misaki", Resolution("kept")) == NotYours()
    written = await rows(engine, "SELECT who, what, detail FROM audit_entry ORDER BY id")
    assert written == [("ken", "alert.assigned", "misaki"), ("ken", "alert.assigned", "ken")]


async def test_who_wants_no_contact_leaves_the_queue_with_every_alert_even_an_open_one(
    office: Any, engine: AsyncEngine, raise_alert: RaiseAlert
) -> None:
    first, second = await raise_alert("e1"), await raise_alert("e2", subscription="99")
    await office.desk.claim(first, "misaki")
    await office.desk.claim(second, "misaki")
    await office.desk.resolve(first, "misaki", Resolution("dnc"))
    assert (await card(engine, second)).state == "withdrawn"
    third = await raise_alert("e3", subscription="77")
    assert await rows(engine, f"SELECT state FROM alert WHERE id = '{third}'") == []  # noqa: S608


async def test_of_two_alerts_of_one_person_two_agents_never_have_one_each(
    office: Any, engine: AsyncEngine, raise_alert: RaiseAlert, follow: Follow, happened: Happened
) -> None:
    first, second = await raise_alert("e1"), await raise_alert("e2", subject="demo/shopify/8")
    await follow(happened(CustomerMerged(("demo/shopify/7", "demo/shopify/8"), ("phone",))))
    claims = [office.desk.claim(first, "misaki"), office.desk.claim(second, "ken")]
    outcomes = await asyncio.gather(*claims)
    assert sum(isinstance(one, Changed) for one in outcomes) == 1
    [lost] = [one for one in outcomes if isinstance(one, Engaged)]
    assert isinstance(await office.desk.claim(first, lost.agent), Changed | TakenBy)
    assert isinstance(await office.desk.claim(second, lost.agent), Changed | TakenBy)
    held = await rows(engine, "SELECT DISTINCT agent FROM alert WHERE state = 'claimed'")
    assert held == [(lost.agent,)]


@pytest.mark.parametrize("answer", ["no_answer", "wrong_number"])
async def test_twenty_tabs_of_one_agent_end_one_call_once(
    office: Any, engine: AsyncEngine, raise_alert: RaiseAlert, answer: Any
) -> None:
    alert_id = await raise_alert()
    await office.desk.claim(alert_id, "misaki")
    outcomes = await asyncio.gather(
        *(office.desk.resolve(alert_id, "misaki", Resolution(answer)) for _ in range(20))
    )
    assert sum(isinstance(one, Changed) for one in outcomes) == 1
    assert await calls(engine) == [(1, "misaki", answer)]
