"""The number to call: told to who holds the claim and to nobody else, and every telling is written down."""

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.notifier.alert import NotYours
from services.notifier.store import cards
from services.notifier.store.audit import Entry
from services.notifier.stream import frame_of
from shared.clock import system_clock
from shared.events.customer import ConsentWithdrawn, ContactChanged, CustomerErased
from shared.events.envelope import Envelope
from shared.postgres.engine import AsyncEngine, transaction

RaiseAlert = Callable[..., Awaitable[str]]
Follow = Callable[..., Awaitable[None]]
Happened = Callable[..., Envelope]

MISAKI = Entry("misaki", "agent", "contact.shown")
HANAKO = ContactChanged(name="山田 花子", mail="hanako@example.jp", phone="+819012345678")
SECRETS = ("12345678", "1234-5678", "hanako@")


@pytest.fixture
async def alert_id(raise_alert: RaiseAlert, follow: Follow, happened: Happened) -> str:
    alert_id = await raise_alert()
    await follow(happened(HANAKO))
    return alert_id


async def views(engine: AsyncEngine) -> list[Any]:
    async with transaction(engine) as connection:
        rows = await connection.execute(
            text("SELECT agent, CAST(alert AS text), customer_ref, shown, at FROM contact_view ORDER BY id")
        )
        return [tuple(row) for row in rows]


async def everything_written(engine: AsyncEngine) -> str:
    async with transaction(engine) as connection:
        rows = [
            *(await connection.execute(text("SELECT to_jsonb(t) FROM contact_view AS t"))).scalars(),
            *(await connection.execute(text("SELECT to_jsonb(t) FROM alert_change AS t"))).scalars(),
            *(await connection.execute(text("SELECT CAST(value AS text) FROM outbox"))).scalars(),
        ]
    return json.dumps(rows, default=str)


async def test_who_holds_the_claim_is_told_all_and_it_is_written_down_without_the_values(
    agent: httpx.AsyncClient, alert_id: str, engine: AsyncEngine
) -> None:
    path = f"/api/alerts/{alert_id}"
    before = system_clock()
    await agent.post(f"{path}/claim")
    answer = await agent.post(f"{path}/contact")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.json()["contact"] == {
        "name": "山田 花子",
        "phone": {"text": "090-1234-5678", "dial": "09012345678"},
        "mail": "hanako@example.jp",
    }
    [(login, viewed, customer, shown, at)] = await views(engine)
    assert (login, viewed, customer, shown) == ("misaki", alert_id, "demo/shopify/7", ["phone", "mail"])
    assert before <= at <= system_clock()
    written = await everything_written(engine)
    assert not any(secret in written for secret in SECRETS)


async def test_every_look_is_a_line_of_its_own_with_only_what_was_there(
    agent: httpx.AsyncClient, alert_id: str, engine: AsyncEngine, follow: Follow, happened: Happened
) -> None:
    path = f"/api/alerts/{alert_id}"
    await agent.post(f"{path}/claim")
    await agent.post(f"{path}/contact")
    await follow(happened(ContactChanged(name="山田 花子", phone="0312345678"), 1))
    answer = (await agent.post(f"{path}/contact")).json()["contact"]
    assert (answer["phone"]["text"], answer["mail"]) == ("03-1234-5678", None)
    assert [shown for _, _, _, shown, _ in await views(engine)] == [["phone", "mail"], ["phone"]]


async def test_without_a_claim_with_anothers_or_after_ones_own_there_is_nothing_to_see(
    agent: httpx.AsyncClient, office: Any, alert_id: str, engine: AsyncEngine
) -> None:
    path = f"/api/alerts/{alert_id}"
    refusals = [await agent.post(f"{path}/contact")]
    await office.desk.claim(alert_id, "ken")
    refusals.append(await agent.post(f"{path}/contact"))
    await office.desk.release(alert_id, "ken")
    await agent.post(f"{path}/claim")
    await agent.post(f"{path}/release")
    refusals.append(await agent.post(f"{path}/contact"))
    assert [(one.status_code, one.json()["problem"]) for one in refusals] == [(409, "not_yours")] * 3
    await agent.post(f"{path}/claim")
    await agent.post(f"{path}/resolve", json={"disposition": "kept"})
    over = await agent.post(f"{path}/contact")
    assert (over.status_code, over.json()["problem"]) == (409, "over")
    assert not any(secret in one.text for one in [*refusals, over] for secret in SECRETS)
    assert await views(engine) == []


async def test_a_claim_whose_lease_has_run_out_shows_nothing_until_it_is_renewed(
    office: Any, alert_id: str, engine: AsyncEngine
) -> None:
    await office.desk.claim(alert_id, "misaki")
    later = replace(office.desk, now=lambda: system_clock() + timedelta(minutes=16))
    assert await later.contact(alert_id, MISAKI) == NotYours()
    await later.claim(alert_id, "misaki")
    assert (await later.contact(alert_id, MISAKI)).phone == HANAKO.phone
    assert len(await views(engine)) == 1


@pytest.mark.parametrize("ending", [CustomerErased("7"), ConsentWithdrawn("phone")])
async def test_a_customer_who_is_erased_or_wants_no_calls_meanwhile_is_not_shown(
    agent: httpx.AsyncClient,
    alert_id: str,
    engine: AsyncEngine,
    follow: Follow,
    happened: Happened,
    ending: CustomerErased | ConsentWithdrawn,
) -> None:
    path = f"/api/alerts/{alert_id}"
    await agent.post(f"{path}/claim")
    await follow(happened(ending, 5))
    answer = await agent.post(f"{path}/contact")
    assert (answer.status_code, answer.json()["problem"]) == (409, "over")
    assert not any(secret in answer.text for secret in SECRETS)
    assert await views(engine) == []


async def test_where_nothing_is_known_nothing_is_shown_and_nothing_is_written_down(
    agent: httpx.AsyncClient, raise_alert: RaiseAlert, engine: AsyncEngine
) -> None:
    path = f"/api/alerts/{await raise_alert()}"
    await agent.post(f"{path}/claim")
    answer = await agent.post(f"{path}/contact")
    assert answer.json() == {"contact": {"name": None, "phone": None, "mail": None}}
    assert await views(engine) == []


async def test_it_is_a_call_that_changes_something_with_all_its_guards(
    agent: httpx.AsyncClient, alert_id: str, engine: AsyncEngine
) -> None:
    path = f"/api/alerts/{alert_id}"
    await agent.post(f"{path}/claim")
    assert (await agent.get(f"{path}/contact")).status_code == 405
    assert (await agent.post(f"{path}/contact", headers={"x-csrf-token": "made up"})).status_code == 403
    unknown = "/api/alerts/00000000-0000-0000-0000-000000000000/contact"
    assert (await agent.post(unknown)).status_code == 404
    await agent.delete("/api/session")
    assert (await agent.post(f"{path}/contact")).status_code == 401
    assert await views(engine) == []


async def test_no_stream_and_no_log_hears_of_it(
    agent: httpx.AsyncClient,
    alert_id: str,
    engine: AsyncEngine,
    office: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await agent.post(f"/api/alerts/{alert_id}/claim")
    async with transaction(engine) as connection:
        changes = text("SELECT count(*) FROM alert_change")
        before = (await connection.execute(changes)).scalar_one()
    with caplog.at_level(logging.DEBUG):
        await agent.post(f"/api/alerts/{alert_id}/contact")
    assert not any(secret in caplog.text for secret in SECRETS)
    async with transaction(engine) as connection:
        assert (await connection.execute(changes)).scalar_one() == before
        await connection.execute(text("UPDATE alert_change SET seq = id"))
        told = await cards.after(connection, 0, 100, 100)
    assert not any(secret in frame_of(one).decode() for one in told for secret in SECRETS)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE contact_view SET agent = 'ken'", "DELETE FROM contact_view", "TRUNCATE contact_view"],
)
async def test_what_was_written_down_stays(
    agent: httpx.AsyncClient, alert_id: str, engine: AsyncEngine, statement: str
) -> None:
    await agent.post(f"/api/alerts/{alert_id}/claim")
    await agent.post(f"/api/alerts/{alert_id}/contact")
    with pytest.raises(DBAPIError, match="append-only"):
        async with transaction(engine) as connection:
            await connection.execute(text(statement))
    assert len(await views(engine)) == 1
