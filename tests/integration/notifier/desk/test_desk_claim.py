"""Agents and alerts: one winner, an audit row for each change, and facts for the rest of the system."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from services.notifier.alert import Changed, NotYours, Over, TakenBy
from services.notifier.desk import Desk, Missing
from services.notifier.resolution import Resolution
from services.notifier.settings import AgentAccount
from services.notifier.store import cards, changes
from shared.clock import system_clock
from shared.events.action import AlertClaimed, AlertRaised, AlertResolved
from shared.events.customer import ConsentWithdrawn
from shared.events.envelope import Envelope, decode
from shared.postgres.engine import AsyncEngine, transaction

RaiseAlert = Callable[..., Awaitable[str]]


async def told(engine: AsyncEngine) -> list[Envelope]:
    async with transaction(engine) as connection:
        rows = await connection.execute(text("SELECT value FROM outbox ORDER BY id"))
        return [decode(row.value) for row in rows]


async def trail(engine: AsyncEngine, alert_id: str) -> list[str]:
    async with transaction(engine) as connection:
        return [entry.what for entry in reversed(await changes.history(connection, alert_id))]


async def test_of_twenty_agents_who_claim_at_once_one_wins(
    office: Any, engine: AsyncEngine, raise_alert: RaiseAlert
) -> None:
    alert_id = await raise_alert()
    logins = [f"agent{number}" for number in range(20)]
    await office.door.enrol(
        [
            AgentAccount.model_validate({"login": login, "name": login, "password": "long enough"})
            for login in logins
        ]
    )
    outcomes = await asyncio.gather(*(office.desk.claim(alert_id, login) for login in logins))
    won = [outcome for outcome in outcomes if isinstance(outcome, Changed)]
    assert len(won) == 1
    lost = [outcome for outcome in outcomes if isinstance(outcome, TakenBy)]
    assert {outcome.agent for outcome in lost} == {won[0].agent}
    assert len(lost) == 19
    assert await trail(engine, alert_id) == ["raised", "claimed"]
    assert [type(envelope.data) for envelope in await told(engine)] == [AlertRaised, AlertClaimed]


async def test_a_claimed_alert_can_be_taken_over_only_after_its_lease(
    office: Any, raise_alert: RaiseAlert
) -> None:
    alert_id = await raise_alert()
    await office.desk.claim(alert_id, "misaki")
    assert isinstance(await office.desk.claim(alert_id, "ken"), TakenBy)
    assert await office.desk.resolve(alert_id, "ken", Resolution("kept")) == NotYours()
    later: Desk = replace(office.desk, now=lambda: system_clock() + timedelta(minutes=16))
    assert isinstance(await later.claim(alert_id, "ken"), Changed)


async def test_resolving_tells_how_it_ended_and_what_is_closed_stays_closed(
    office: Any, engine: AsyncEngine, raise_alert: RaiseAlert
) -> None:
    alert_id = await raise_alert()
    await office.desk.claim(alert_id, "misaki")
    await office.desk.release(alert_id, "misaki")
    await office.desk.claim(alert_id, "misaki")
    await office.desk.resolve(alert_id, "misaki", Resolution("paused", note="三か月お休み"))
    assert await office.desk.resolve(alert_id, "misaki", Resolution("kept")) == Over("resolved")
    assert await trail(engine, alert_id) == ["raised", "claimed", "released", "claimed", "resolved"]
    last = (await told(engine))[-1]
    assert last.data == AlertResolved(alert_id, "e1", "misaki", "paused", attempt=1)
    assert last.subject == "demo/shopify/7"
    async with transaction(engine) as connection:
        card = await cards.find(connection, alert_id)
        counts = await cards.counts(connection, system_clock() - timedelta(hours=1))
    assert card is not None
    assert (card.state, card.disposition, card.note) == ("resolved", "paused", "三か月お休み")
    assert (counts.raised, counts.claimed, counts.resolved, counts.kept) == (0, 0, 1, 1)
    assert (counts.value_open, counts.value_kept) == (0, 12_800)


async def test_no_contact_wanted_withdraws_every_consent_at_once(
    office: Any, engine: AsyncEngine, raise_alert: RaiseAlert
) -> None:
    alert_id = await raise_alert()
    await office.desk.claim(alert_id, "misaki")
    await office.desk.resolve(alert_id, "misaki", Resolution("dnc"))
    withdrawn = [one.data.channel for one in await told(engine) if isinstance(one.data, ConsentWithdrawn)]
    assert sorted(withdrawn) == ["line", "mail", "phone", "postal_dm"]
    async with transaction(engine) as connection:
        marked = await connection.execute(text("SELECT customer_ref FROM do_not_contact"))
        assert marked.scalars().all() == ["demo/shopify/7"]


async def test_there_is_nothing_to_do_with_an_alert_that_does_not_exist(office: Any) -> None:
    unknown = "00000000-0000-0000-0000-000000000000"
    assert await office.desk.claim(unknown, "misaki") == Missing()
