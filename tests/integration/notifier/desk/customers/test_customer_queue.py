"""What the queue's cards tell beside the alert: the last contact, refusals, calls, and the band before."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from sqlalchemy import text

from shared.events.customer import ConsentGranted, ConsentWithdrawn
from shared.events.envelope import Envelope
from shared.events.identity import CustomerMerged
from shared.postgres.engine import AsyncEngine, transaction

Follow = Callable[..., Awaitable[None]]
Happened = Callable[..., Envelope]
RaiseAlert = Callable[..., Awaitable[str]]

REF = "demo/shopify/7"
OTHER = "demo/shopify/8"


async def card_of(agent: httpx.AsyncClient, alert: str) -> dict[str, Any]:
    found: dict[str, Any] = (await agent.get(f"/api/alerts/{alert}")).json()["alert"]
    return found


async def run(engine: AsyncEngine, statement: str) -> None:
    async with transaction(engine) as connection:
        await connection.execute(text(statement))


async def test_a_new_alert_has_no_contact_no_refusal_and_no_call(
    agent: httpx.AsyncClient, raise_alert: RaiseAlert
) -> None:
    card = await card_of(agent, await raise_alert())
    assert (card["last_contact"], card["refused"], card["attempts"]) == (None, [], 0)
    assert (card["call_from"], card["call_because"], card["promised_by"]) == (None, None, None)
    assert (card["parked"], card["previous_band"]) == (False, "medium")


async def test_the_last_contact_is_the_newest_of_messages_that_left_and_calls_on_any_account(
    agent: httpx.AsyncClient, follow: Follow, happened: Happened, raise_alert: RaiseAlert, engine: AsyncEngine
) -> None:
    await follow(happened(CustomerMerged((REF, OTHER), ("phone",))))
    alert = await raise_alert()
    await raise_alert("e2", OTHER, subscription="99")
    await run(
        engine,
        "UPDATE action SET state = 'sent', began_at = '2026-06-09T01:00Z', provider_key = 'k', attempt = 1"
        " WHERE customer_ref = 'demo/shopify/8'",
    )
    contacted = (await card_of(agent, alert))["last_contact"]
    assert contacted == {"at": "2026-06-09T01:00:00Z", "channel": "mail", "what": "sent"}
    await agent.post(f"/api/alerts/{alert}/claim")
    answer = await agent.post(f"/api/alerts/{alert}/resolve", json={"disposition": "no_answer"})
    card = answer.json()["alert"]
    assert card["last_contact"] == {"at": "2026-06-10T03:00:00Z", "channel": "phone", "what": "no_answer"}
    assert (card["attempts"], card["call_because"], card["state"]) == (1, "no_answer", "raised")


async def test_a_message_that_did_not_leave_is_no_contact(
    agent: httpx.AsyncClient, raise_alert: RaiseAlert, engine: AsyncEngine
) -> None:
    alert = await raise_alert()
    await run(engine, "UPDATE action SET state = 'suppressed', reason = 'quiet'")
    assert (await card_of(agent, alert))["last_contact"] is None


async def test_refusals_are_the_persons_on_whatever_account(
    agent: httpx.AsyncClient, follow: Follow, happened: Happened, raise_alert: RaiseAlert, engine: AsyncEngine
) -> None:
    alert = await raise_alert()
    await follow(
        happened(CustomerMerged((REF, OTHER), ("phone",))),
        happened(ConsentWithdrawn("mail"), 1, subject=OTHER),
        happened(ConsentWithdrawn("line"), 1),
        happened(ConsentGranted("line"), 2, subject=OTHER),
    )
    assert (await card_of(agent, alert))["refused"] == ["mail"]
    await run(engine, "INSERT INTO do_not_contact VALUES ('demo/shopify/8', now())")
    assert (await card_of(agent, alert))["refused"] == ["line", "mail", "phone", "postal_dm"]
