"""What is read of each enrolment: its arm, what the customer did in the window, and what it cost."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from services.notifier.effect.unit import Drawn, Unit
from services.notifier.store import effects as store
from services.notifier.store.effects import Question
from shared.postgres.engine import AsyncEngine, transaction
from tests.integration.notifier.effect.conftest import NOW, Shop, ref_of

Units = Callable[..., Awaitable[dict[str, Unit]]]


@pytest.fixture
def units(engine: AsyncEngine) -> Units:
    """Of the scenario's last year, by the customer's name; the last enrolment of each."""

    async def look(**changes: Any) -> dict[str, Unit]:
        fields: dict[str, Any] = {
            "scenario": "churn_warning",
            "since": NOW - timedelta(days=365),
            "until": NOW,
            "window": timedelta(days=60),
            "now": NOW,
            "prices": {"mail": 0.2, "line": 3.0, "postal_dm": 110.0},
            "call": 350.0,
        }
        async with transaction(engine) as connection:
            found, _ = await store.units(connection, Question(**(fields | changes)))
        return {one.ref.rsplit("/", 1)[1]: one for one in found}

    return look


async def test_a_contract_is_retained_unless_it_is_cancelled_in_the_window(shop: Shop, units: Units) -> None:
    for name in ("stays", "leaves", "leaves late", "comes back"):
        await shop.enrol(name, days=70)
    await shop.cancel("leaves", days=50)
    await shop.cancel("leaves late", days=9)
    await shop.cancel("comes back", days=50)
    await shop.order("comes back", days=30)

    found = await units()

    kept = {name: one.retained for name, one in found.items()}
    assert kept == {"stays": True, "leaves": False, "leaves late": True, "comes back": True}


async def test_an_end_that_names_only_the_contract_is_found(shop: Shop, units: Units) -> None:
    await shop.enrol("a")
    whose = "demo/shopify/~subscription/contract a"
    await shop.happen(whose, "subscription.cancelled", days=50, subscription="contract a")

    assert not (await units())["a"].retained


async def test_without_a_contract_who_orders_in_the_window_is_retained(shop: Shop, units: Units) -> None:
    for name in ("buys", "does not", "bought before"):
        await shop.enrol(name, subscription=None)
    await shop.order("buys", days=20)
    await shop.order("bought before", days=75)

    kept = {name: one.retained for name, one in (await units()).items()}

    assert kept == {"buys": True, "does not": False, "bought before": False}


async def test_orders_and_sales_are_those_of_the_window_without_what_was_undone(
    shop: Shop, units: Units
) -> None:
    await shop.enrol("a", days=70)
    await shop.order("a", days=80, amount=9_000)
    await shop.order("a", days=60, amount=4_000)
    paid_twice = await shop.order("a", days=40, amount=5_000)
    await shop.happen("a", "order.paid", days=39, order=paid_twice)
    cancelled = await shop.order("a", days=30, amount=7_000)
    await shop.happen("demo/shopify/~order/" + cancelled, "order.cancelled", days=29, order=cancelled)
    refunded = await shop.order("a", days=20, amount=6_000)
    back = {"amount": 2_000, "currency": "JPY"}
    await shop.happen("a", "order.refunded", days=18, order=refunded, amount=back)
    await shop.order("a", days=5, amount=8_000)

    found = (await units())["a"]

    assert (found.orders, found.sales, found.before) == (3, 4_000 + 5_000 + 4_000, 9_000)


async def test_money_of_another_currency_is_not_added(shop: Shop, units: Units) -> None:
    await shop.enrol("a")
    await shop.order("a", days=60)
    await shop.order("a", days=50)
    total = {"amount": 99, "currency": "USD"}
    await shop.happen("a", "order.placed", days=40, order="abroad", total=total)

    found = (await units())["a"]

    assert (found.orders, found.sales) == (3, 8_000)


async def test_whose_window_is_open_is_observed_and_who_was_erased_is_lost(shop: Shop, units: Units) -> None:
    await shop.enrol("old", days=60)
    await shop.enrol("new", days=59)
    await shop.enrol("gone", days=80)
    await shop.run(
        "INSERT INTO customer_mark (customer_ref, erased_at) VALUES (:ref, :at)", ref=ref_of("gone"), at=NOW
    )

    found = await units()

    assert {name: one.ripe for name, one in found.items()} == {"old": True, "new": False, "gone": True}
    assert [name for name, one in found.items() if one.erased] == ["gone"]


async def test_costs_are_messages_calls_and_offers_that_were_taken(shop: Shop, units: Units) -> None:
    await shop.enrol("a", days=70)
    await shop.act("a", step="one")
    await shop.act("a", step="two", way="line", state="unknown", days=60)
    await shop.act("a", step="three", way="postal_dm", cost=190, days=50)
    await shop.act("a", step="four", state="suppressed", reason="no_consent", days=40)
    await shop.act("a", step="five", way="phone", days=40)
    await shop.act("a", step="late", days=5)
    await shop.call("a", days=65, offer_cost=500)

    assert (await units())["a"].cost == pytest.approx(0.2 + 3 + 190 + 350 + 500)


async def test_reached_is_who_got_a_message_and_who_would_have(shop: Shop, units: Units) -> None:
    for name, held in (("got", False), ("no consent", False), ("held back", True), ("held, none", True)):
        await shop.enrol(name, held=held)
    await shop.act("got", creative="short", way="line")
    await shop.act("no consent", state="suppressed", reason="no_consent")
    await shop.act("held back", state="suppressed", reason="holdout", way="line")
    await shop.act("held, none", state="suppressed", reason="no_consent")
    await shop.act("held, none", step="call", way="phone", state="suppressed", reason="holdout")

    found = await units()

    reached = {name: one.reached for name, one in found.items()}
    assert reached == {"got": True, "no consent": False, "held back": True, "held, none": False}
    assert found["got"].drawn == (Drawn("mail", "line", "short"),)


async def test_the_way_is_what_was_agreed_to_before_the_enrolment(shop: Shop, units: Units) -> None:
    for name, channel, days, granted in (
        ("line", "mail", 90, True),
        ("line", "line", 90, True),
        ("mail", "mail", 90, True),
        ("mail", "line", 60, True),
        ("none", "mail", 90, True),
        ("none", "mail", 80, False),
    ):
        await shop.consent(name, channel, days, granted)
    for name in ("line", "mail", "none"):
        await shop.enrol(name, days=70)

    ways = {name: one.way for name, one in (await units()).items()}

    assert ways == {"line": "line", "mail": "mail", "none": None}


async def test_all_accounts_of_a_person_are_one_customer(shop: Shop, units: Units) -> None:
    await shop.enrol("a", days=90)
    await shop.enrol("b", days=80)
    for account in ("a", "b", "c"):
        await shop.run(
            "INSERT INTO same_person (account, person, told_at) VALUES (:account, :person, :at)",
            account=ref_of(account),
            person=ref_of("a"),
            at=NOW,
        )
    await shop.order("c", days=50, amount=3_000)

    found = await units()

    assert found["a"].customer == found["b"].customer == ref_of("a")
    assert (found["a"].first, found["b"].first) == (True, False)
    assert (found["a"].sales, found["b"].sales) == (3_000, 3_000)


async def test_a_first_enrolment_before_the_period_makes_a_later_one_no_first(
    shop: Shop, units: Units
) -> None:
    await shop.enrol("a", days=300, episode="long ago")
    await shop.enrol("a", days=70)

    found = await units(since=NOW - timedelta(days=90))

    assert not found["a"].first


async def test_a_version_and_a_band_are_told_apart(shop: Shop, units: Units) -> None:
    await shop.enrol("a")
    await shop.enrol("b", version=2)
    await shop.run(
        "INSERT INTO assessment (event_id, customer_ref, kind, episode, phase, probability, band, priority,"
        " at) VALUES (gen_random_uuid(), :ref, 'subscription', 'episode b', 'entered', .9, 'critical', 1,"
        " :at)",
        ref=ref_of("b"),
        at=NOW - timedelta(days=70),
    )

    found = await units(version=2)

    assert {name: one.band for name, one in found.items()} == {"b": "critical"}
