"""What a card tells of a customer: contracts, orders, scores and the timeline, over all of the accounts."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from shared.events.commerce import Line, OrderPaid, OrderPlaced, OrderRefunded
from shared.events.customer import ConsentGranted, ConsentWithdrawn, ContactChanged
from shared.events.engagement import MailOpened, PageViewed, SurveyAnswered
from shared.events.envelope import Envelope
from shared.events.identity import CustomerMerged
from shared.events.money import Money
from shared.events.payment import PaymentFailed
from shared.events.risk import RiskAssessed
from shared.events.subscription import (
    Cycle,
    SubscriptionCancelled,
    SubscriptionPaused,
    SubscriptionSkipped,
    SubscriptionStarted,
)
from shared.postgres.engine import AsyncEngine, transaction

Follow = Callable[..., Awaitable[None]]
Happened = Callable[..., Envelope]
Risk = Callable[..., RiskAssessed]
RaiseAlert = Callable[..., Awaitable[str]]

REF = "demo/shopify/7"
OTHER = "demo/shopify/8"
CONTRACT = "demo/shopify/~subscription/88"
DAY = 24 * 60
HANAKO = ContactChanged(
    name="山田 花子",
    kana="ヤマダ ハナコ",
    mail="hanako@example.jp",
    phone="090-1234-5678",
    prefecture="東京都",
)
STARTED = SubscriptionStarted("88", Cycle("month", 1), 4, "o1")
FIRST = OrderPlaced("o1", Money(1_980, "JPY"), (Line("p1", 1, Money(1_980, "JPY"), "美白ゼリー"),))
SECOND = OrderPlaced("o2", Money(3_980, "JPY"), (Line("p1", 1, Money(3_980, "JPY"), "美白ゼリー"),))


@pytest.fixture
def card(agent: httpx.AsyncClient) -> Callable[[str], Awaitable[dict[str, Any]]]:
    async def of(alert_id: str) -> dict[str, Any]:
        answer = await agent.get(f"/api/alerts/{alert_id}/customer")
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()["customer"]
        return found

    return of


async def subscribe(follow: Follow, happened: Happened) -> None:
    """Two parcels of a contract; the second was charged without naming the customer, as Shopify does."""
    await follow(
        happened(HANAKO, -60 * DAY),
        happened(FIRST, -60 * DAY),
        happened(STARTED, -60 * DAY + 1),
        happened(SECOND, -30 * DAY),
        happened(OrderPaid("o2", subscription="88"), -30 * DAY + 1, subject=CONTRACT),
    )


async def test_a_contract_is_told_with_what_was_said_of_it_without_naming_the_customer(
    follow: Follow, happened: Happened, raise_alert: RaiseAlert, card: Any
) -> None:
    await subscribe(follow, happened)
    await follow(happened(SubscriptionSkipped("88", 3), -DAY, subject=CONTRACT))
    [contract] = (await card(await raise_alert()))["contracts"]
    assert (contract["subscription"], contract["cart"], contract["state"]) == ("88", "demo/shopify", "active")
    assert (contract["deliveries"], contract["min_deliveries"]) == (3, 4)
    assert (contract["skips"], contract["skipped_in_a_row"]) == (1, 1)
    assert (contract["amount"], contract["product"]) == ({"amount": 3980, "currency": "JPY"}, "美白ゼリー")
    assert contract["cycle"] == {"unit": "month", "count": 1}
    assert contract["due"] == "2026-06-16T03:00:00Z"
    assert contract["cutoff"] == "2026-06-12T03:00:00Z"


async def test_who_the_customer_is_and_what_was_bought(
    follow: Follow, happened: Happened, raise_alert: RaiseAlert, card: Any
) -> None:
    await subscribe(follow, happened)
    await follow(happened(OrderRefunded("o2", Money(980, "JPY")), -DAY, subject="demo/shopify/~order/o2"))
    await follow(happened(ConsentGranted("mail"), -DAY), happened(ConsentWithdrawn("line"), -DAY))
    alert = await raise_alert()
    found = await card(alert)
    assert (found["customer_ref"], found["name"], found["kana"]) == (REF, "山田 花子", "ヤマダ ハナコ")
    assert (found["mail"], found["phone"], found["prefecture"]) == ("h•••@•••", "•••-••••-5678", "東京都")
    assert (found["orders"], found["spent"]) == (2, {"amount": 4980, "currency": "JPY"})
    assert found["consents"] == {"mail": True, "line": False, "postal_dm": None, "phone": None}
    assert (found["alert"], found["erased"], found["do_not_contact"]) == (alert, False, False)


async def test_what_was_told_of_the_next_parcel_holds_until_the_contract_moves(
    follow: Follow, happened: Happened, raise_alert: RaiseAlert, card: Any
) -> None:
    await subscribe(follow, happened)
    alert = await raise_alert()
    await follow(happened(PaymentFailed("88", code="card_declined"), 10, subject=CONTRACT))
    [contract] = (await card(alert))["contracts"]
    assert (contract["due"], contract["payment_failures"]) == ("2026-06-16T03:00:00Z", 1)
    await follow(happened(SubscriptionPaused("88"), 20))
    [contract] = (await card(alert))["contracts"]
    assert (contract["state"], contract["pauses"], contract["due"]) == ("paused", 1, None)


async def test_the_timeline_is_told_newest_first_and_looks_at_a_page_once_a_day(
    follow: Follow, happened: Happened, raise_alert: RaiseAlert, card: Any
) -> None:
    await follow(
        happened(PageViewed("cancel"), -DAY - 30),
        happened(PageViewed("cancel"), -DAY),
        happened(PageViewed("cancel"), -3 * DAY),
        happened(MailOpened("weekly-1"), -2 * DAY),
        happened(SurveyAnswered("first", 3, 2, False, "山田です。肌に合いません"), -4 * DAY),
    )
    told = (await card(await raise_alert()))["timeline"]
    assert [one["what"] for one in told if one["what"] not in ("message.planned", "alert.raised")] == [
        "risk.entered",
        "page.viewed",
        "mail.opened",
        "page.viewed",
        "survey.answered",
    ]
    [twice, once] = [one for one in told if one["what"] == "page.viewed"]
    assert (twice["facts"], once["facts"]) == (
        {"page": "cancel", "count": 2},
        {"page": "cancel", "count": 1},
    )
    survey = next(one for one in told if one["what"] == "survey.answered")
    assert survey["facts"] == {"survey": "first", "nps": 3, "satisfaction": 2, "again": False}


async def test_a_planned_message_stands_in_the_timeline_with_its_scenario(
    follow: Follow, happened: Happened, raise_alert: RaiseAlert, card: Any
) -> None:
    told = (await card(await raise_alert()))["timeline"]
    planned = next(one for one in told if one["what"] == "message.planned")
    assert planned["channel"] == "mail"
    assert set(planned["facts"]) >= {"scenario", "step", "reason"}


async def test_the_other_accounts_of_the_person_are_told_of_too(
    follow: Follow, happened: Happened, raise_alert: RaiseAlert, card: Any
) -> None:
    await subscribe(follow, happened)
    await follow(happened(CustomerMerged((REF, OTHER), ("phone",)), subject=REF))
    alert = await raise_alert("e2", OTHER, subscription="99")
    found = await card(alert)
    assert found["name"] == "山田 花子"
    assert found["accounts"] == [OTHER, REF]
    assert {contract["subscription"] for contract in found["contracts"]} == {"88", "99"}


async def test_scores_are_told_oldest_first(
    follow: Follow, happened: Happened, risk: Risk, raise_alert: RaiseAlert, card: Any
) -> None:
    alert = await raise_alert()
    await follow(happened(risk(minutes=5, phase="changed", probability=0.9)))
    assert [score["probability"] for score in (await card(alert))["scores"]] == [0.82, 0.9]


async def test_an_event_is_told_once_however_often_it_comes_and_an_ended_contract_has_no_next_parcel(
    follow: Follow, happened: Happened, raise_alert: RaiseAlert, card: Any
) -> None:
    alert = await raise_alert()
    ended = happened(SubscriptionCancelled("88", "もう要りません。山田"), 5)
    await follow(ended)
    await follow(ended)
    found = await card(alert)
    [contract] = found["contracts"]
    assert (contract["state"], contract["due"]) == ("cancelled", None)
    assert [one["facts"] for one in found["timeline"] if one["what"] == "subscription.cancelled"] == [
        {"subscription": "88"}
    ]


async def test_an_unknown_alert_has_no_customer(agent: httpx.AsyncClient) -> None:
    missing = "00000000-0000-0000-0000-000000000000"
    assert (await agent.get(f"/api/alerts/{missing}/customer")).status_code == 404


async def test_a_look_at_somebody_who_calls_is_written_down_with_its_reason(
    follow: Follow, happened: Happened, agent: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await subscribe(follow, happened)
    answer = await agent.post("/api/customers/look", json={"customer_ref": REF, "why": "inbound"})
    assert answer.json()["customer"]["name"] == "山田 花子"
    async with transaction(engine) as connection:
        rows = await connection.execute(text("SELECT who, what, subject, why FROM audit_entry"))
        looked = [tuple(row) for row in rows if row.what == "customer.looked_at"]
    assert looked == [("misaki", "customer.looked_at", REF, "inbound")]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"customer_ref": "demo/shopify/nobody", "why": "check"}, 404),
        ({"customer_ref": CONTRACT, "why": "check"}, 404),
        ({"customer_ref": REF, "why": "because"}, 422),
        ({"customer_ref": "a\x00b", "why": "check"}, 422),
        ({"customer_ref": "x", "why": "check"}, 404),
    ],
)
async def test_nobody_is_found_by_what_is_no_customer(
    agent: httpx.AsyncClient, follow: Follow, happened: Happened, body: dict[str, str], status: int
) -> None:
    await subscribe(follow, happened)
    assert (await agent.post("/api/customers/look", json=body)).status_code == status


async def test_carts_are_heard_of_and_scoring_is_no_cart(
    follow: Follow, happened: Happened, risk: Risk, engine: AsyncEngine
) -> None:
    await follow(happened(PageViewed("faq"), 1), happened(PageViewed("faq"), 3), happened(risk()))
    await follow(happened(PageViewed("faq"), 2))
    async with transaction(engine) as connection:
        [heard] = (await connection.execute(text("SELECT * FROM cart_heard"))).all()
    assert (heard.cart, heard.events) == ("demo/shopify", 3)
    assert heard.happened_at - heard.received_at == timedelta(minutes=3)
