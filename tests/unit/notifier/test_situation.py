"""The situation of a customer at an occasion: what segments ask about, as of that moment."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.notifier.happening import Happening
from services.notifier.scenarios.occasion import Occasion, Silent, What
from services.notifier.scenarios.segment import Profile, Range, Segment
from services.notifier.situation import Situation, is_so, situation
from shared.events.commerce import OrderPlaced
from shared.events.engagement import SurveyAnswered
from shared.events.money import Money
from shared.events.payment import PaymentFailed
from shared.events.risk import RiskAssessed
from shared.events.subscription import SubscriptionSkipped

NOW = datetime(2026, 3, 10, 3, tzinfo=UTC)
HANAKO = "tea-shop/shopify/1"
YEN = {"amount": 3980, "currency": "JPY"}


def did(what: str, days_ago: float, **facts: Any) -> Happening:
    return Happening(f"{what} {days_ago}", HANAKO, what, NOW - timedelta(days=days_ago), facts)


def placed(number: str, days_ago: float, product: str = "tea", **facts: Any) -> Happening:
    line = {"product": product, "quantity": 1, "amount": YEN, "title": f"{product}セット"}
    return did("order.placed", days_ago, order=number, total=YEN, lines=[line], **facts)


def started(days_ago: float = 100, **facts: Any) -> Happening:
    cycle = {"unit": "day", "count": 30}
    return did("subscription.started", days_ago, subscription="s1", cycle=cycle, **facts)


def seen(what: What, *told: Happening, **named: str) -> Situation:
    return situation(Occasion(HANAKO, "e1", NOW, what, "c", "c", **named), told)


ORDER = OrderPlaced("o3", Money(3980, "JPY"))


def test_orders_are_counted_up_to_the_occasion() -> None:
    known = seen(ORDER, placed("o1", 60, "soap"), placed("o3", 0), placed("o4", -3), order="o3").profile
    assert (known.orders, known.spent, known.amount) == (2, 7960, 3980)
    assert known.products == {"soap", "tea"}
    assert (known.customer_days, known.silent_days) == (60, 0)


def test_what_was_cancelled_was_not_bought() -> None:
    gone = did("order.cancelled", 50, order="o1")
    known = seen(ORDER, placed("o1", 60, "soap"), gone, placed("o3", 0), order="o3").profile
    assert (known.orders, known.products) == (1, frozenset({"tea"}))


def test_where_the_customer_came_from_is_the_first_order_s() -> None:
    known = seen(ORDER, placed("o1", 60, media="google"), placed("o3", 0, media="line")).profile
    assert known.media == "google"


@pytest.mark.parametrize(("number", "left"), [(3, 1), (4, 0), (6, -2)])
def test_what_is_left_of_the_promised_minimum(number: int, left: int) -> None:
    parcel = OrderPlaced("o3", Money(3980, "JPY"), subscription="s1", delivery_number=number)
    told = [started(min_deliveries=4), placed("o3", 0, subscription="s1", delivery_number=number)]
    known = seen(parcel, *told, subscription="s1", order="o3")
    assert (known.profile.delivery_number, known.profile.bound_left) == (number, left)
    assert known.profile.contract


def test_the_next_parcel_is_expected_after_a_cycle() -> None:
    told = [started(), placed("o3", 0, subscription="s1")]
    assert seen(ORDER, *told, subscription="s1").due == NOW + timedelta(days=30)
    skip = SubscriptionSkipped("s1", due=NOW + timedelta(days=5))
    assert seen(skip, *told, subscription="s1").due == NOW + timedelta(days=35)


def test_who_has_no_contract_has_no_next_parcel() -> None:
    over = did("subscription.cancelled", 1, subscription="s1")
    known = seen(ORDER, started(), over, placed("o3", 0), subscription="s1")
    assert (known.due, known.profile.contract) == (None, False)


def test_a_payment_that_names_nothing_is_of_the_only_contract() -> None:
    assert seen(PaymentFailed(), started()).subscription == "s1"
    other = did("subscription.started", 50, subscription="s2", cycle={"unit": "month", "count": 1})
    assert seen(PaymentFailed(), started(), other).subscription is None


def test_facts_tell_of_the_order_the_contract_and_the_answer_and_nothing_that_is_unknown() -> None:
    answered = seen(SurveyAnswered("nps", nps=9, reason="taste"), placed("o1", 60))
    assert answered.facts == {
        "product": "tea",
        "product_title": "teaセット",
        "score": 9,
        "answer": "taste",
        "days_silent": 60,
        "amount": 3980,
    }


def test_a_risk_tells_of_its_own_shipment() -> None:
    cutoff = NOW + timedelta(days=2)
    risk = RiskAssessed(
        kind="subscription",
        probability=0.7,
        band="high",
        previous_band="low",
        phase="entered",
        episode="e1",
        priority=1.0,
        value_at_risk=Money(1, "JPY"),
        reasons=(),
        model="m",
        horizon_days=30.0,
        assessed_at=NOW,
        noticed_at=NOW,
        subscription="s1",
        delivery_number=3,
        cutoff=cutoff,
    )
    known = seen(risk, subscription="s1")
    assert (known.cutoff, known.due, known.delivery_number, known.subscription) == (cutoff, None, 3, "s1")
    assert known.facts["cutoff"] == cutoff.isoformat()


def test_silent_is_who_has_no_contract_and_ordered_nothing() -> None:
    occasion = Occasion(HANAKO, "e1", NOW, Silent(30), "c", "c")
    assert is_so(occasion, situation(occasion, [placed("o1", 30)]))
    assert not is_so(occasion, situation(occasion, [placed("o1", 29)]))
    assert not is_so(occasion, situation(occasion, [placed("o1", 60), started()]))


@pytest.mark.parametrize(
    ("segment", "holds"),
    [
        (Segment(), True),
        (Segment(products=frozenset({"tea", "soap"})), True),
        (Segment(products=frozenset({"soap"})), False),
        (Segment(not_products=frozenset({"tea"})), False),
        (Segment(media=frozenset({"google"})), True),
        (Segment(media=frozenset({"line"})), False),
        (Segment(prefectures=frozenset({"東京都"})), False),
        (Segment(orders=Range(2, 2)), True),
        (Segment(orders=Range(3)), False),
        (Segment(spent=Range(most=100)), False),
        (Segment(amount=Range(1)), False),
        (Segment(delivery_numbers=frozenset({3})), True),
        (Segment(delivery_numbers=frozenset({4})), False),
        (Segment(bound_left=Range(0, 0)), False),
        (Segment(contract=True), True),
        (Segment(contract=False), False),
    ],
)
def test_a_segment_asks_for_all_of_it_and_what_is_unknown_lies_in_no_range(
    segment: Segment, holds: bool
) -> None:
    profile = Profile(
        products=frozenset({"tea"}), media="google", orders=2, spent=8000, delivery_number=3, contract=True
    )
    assert segment.holds(profile) == holds
