"""What carts tell of wishes to leave stands in the same list, and settles what was recorded at the desk."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from shared.events.envelope import Envelope
from shared.events.subscription import (
    Cycle,
    SubscriptionCancelled,
    SubscriptionCancelRequested,
    SubscriptionChanged,
    SubscriptionExpired,
    SubscriptionResumed,
    SubscriptionStarted,
)

Follow = Callable[..., Awaitable[None]]
Happened = Callable[..., Envelope]
RaiseAlert = Callable[..., Awaitable[str]]

CHANGED = SubscriptionChanged("88", Cycle("month", 2))
STARTED = SubscriptionStarted("88", Cycle("month", 1))


async def listed(agent: httpx.AsyncClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await agent.get("/api/cancellations")).json()["cancellations"]
    return found


async def states(agent: httpx.AsyncClient) -> list[str]:
    return [one["state"] for one in await listed(agent)]


async def cancel(agent: httpx.AsyncClient, alert_id: str) -> None:
    assert (await agent.post(f"/api/alerts/{alert_id}/cancel", json={})).status_code == 201


async def test_a_request_at_the_cart_is_listed_and_takes_the_alert_away(
    agent: httpx.AsyncClient, follow: Follow, happened: Happened, raise_alert: RaiseAlert
) -> None:
    alert_id = await raise_alert()
    asked = happened(SubscriptionCancelRequested("88", "もう要りません"), 5)
    await follow(asked)
    await follow(asked)
    [one] = await listed(agent)
    assert (one["id"], one["source"], one["agent_name"]) == (asked.id, "cart", None)
    assert (one["reason"], one["next_parcel"], one["effective_delivery"]) == (None, "stopped", 4)
    assert (await agent.get(f"/api/alerts/{alert_id}")).json()["alert"]["state"] == "withdrawn"


async def test_a_contract_named_alone_finds_its_customer(
    agent: httpx.AsyncClient, follow: Follow, happened: Happened, raise_alert: RaiseAlert
) -> None:
    await raise_alert()
    await follow(happened(SubscriptionCancelRequested("88"), 5, subject="demo/shopify/~subscription/88"))
    assert [one["customer_ref"] for one in await listed(agent)] == ["demo/shopify/7"]


@pytest.mark.parametrize("end", [SubscriptionCancelled("88"), SubscriptionExpired("88")])
async def test_what_the_cart_has_ended_is_done_wherever_it_was_asked_for(
    agent: httpx.AsyncClient, follow: Follow, happened: Happened, raise_alert: RaiseAlert, end: Any
) -> None:
    await cancel(agent, await raise_alert())
    await follow(happened(end, 30))
    [one] = await listed(agent)
    assert (one["state"], one["done_by"], one["overdue"]) == ("done", None, False)


async def test_an_end_of_long_before_settles_no_request_of_today(
    agent: httpx.AsyncClient, follow: Follow, happened: Happened, raise_alert: RaiseAlert
) -> None:
    await cancel(agent, await raise_alert())
    await follow(happened(SubscriptionCancelled("88"), -3 * 24 * 60))
    assert await states(agent) == ["requested"]


@pytest.mark.parametrize("word", [CHANGED, STARTED, SubscriptionResumed("88")])
async def test_what_goes_on_at_the_cart_takes_the_carts_request_back(
    agent: httpx.AsyncClient, follow: Follow, happened: Happened, word: Any
) -> None:
    await follow(happened(SubscriptionCancelRequested("88"), 5))
    await follow(happened(word, 4))
    assert await states(agent) == ["requested"]
    await follow(happened(word, 6))
    assert await states(agent) == ["taken_back"]


@pytest.mark.parametrize("word", [CHANGED, SubscriptionResumed("88")])
async def test_no_edit_at_the_cart_loses_what_a_customer_told_a_person(
    agent: httpx.AsyncClient, follow: Follow, happened: Happened, raise_alert: RaiseAlert, word: Any
) -> None:
    await cancel(agent, await raise_alert())
    await follow(happened(word, 30))
    assert await states(agent) == ["requested"]


async def test_asked_and_ended_in_one_breath_it_is_done(
    agent: httpx.AsyncClient, follow: Follow, happened: Happened
) -> None:
    await follow(happened(SubscriptionCancelRequested("88"), 5), happened(SubscriptionCancelled("88"), 6))
    assert await states(agent) == ["done"]


async def test_a_wish_heard_of_after_the_end_waits_for_nobody(
    agent: httpx.AsyncClient, follow: Follow, happened: Happened
) -> None:
    await follow(happened(SubscriptionCancelled("88"), 6))
    await follow(happened(SubscriptionCancelRequested("88"), 5))
    assert await states(agent) == ["done"]


async def test_a_contract_taken_up_again_after_its_end_may_be_called_about_again(
    agent: httpx.AsyncClient, follow: Follow, happened: Happened, raise_alert: RaiseAlert
) -> None:
    await cancel(agent, await raise_alert())
    await follow(happened(SubscriptionCancelled("88"), 30))
    await raise_alert("e2", minutes=60)
    assert (await agent.get("/api/alerts")).json()["alerts"] == []
    await follow(happened(SubscriptionResumed("88"), 90))
    await raise_alert("e3", minutes=120)
    assert len((await agent.get("/api/alerts")).json()["alerts"]) == 1
    assert await states(agent) == ["taken_back"]
