"""What a customer bought and spent, as the card says it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.notifier.happening import Happening
from services.notifier.purchases import purchases
from shared.events.money import Money

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def happened(what: str, day: int, order: str, **facts: Any) -> Happening:
    return Happening(
        f"{what} {day} {order}", "s/c/7", what, BEGAN + timedelta(days=day), {"order": order, **facts}
    )


def yen(amount: int, currency: str = "JPY") -> dict[str, object]:
    return {"amount": amount, "currency": currency}


def test_an_order_that_was_cancelled_was_not_bought_and_what_was_paid_back_was_not_spent() -> None:
    made = purchases(
        [
            happened("order.placed", 1, "a", total=yen(1_000), lines=[{"product": "p", "title": "ゼリー"}]),
            happened("order.placed", 2, "b", total=yen(2_000)),
            happened("order.placed", 3, "c", total=yen(4_000)),
            happened("order.cancelled", 4, "c"),
            happened("order.refunded", 5, "c", amount=yen(4_000)),
            happened("order.refunded", 6, "b", amount=yen(500)),
            happened("order.refunded", 7, "b"),
        ]
    )
    assert list(made.orders) == [("s/c", "a"), ("s/c", "b")]
    assert made.spent == Money(2_500, "JPY")
    assert made.orders["s/c", "a"].product == "ゼリー"


def test_an_order_of_which_only_the_payment_was_told_counts_with_the_amount_that_any_of_them_told() -> None:
    made = purchases(
        [
            happened("order.paid", 1, "a", subscription="88"),
            happened("order.paid", 2, "a", total=yen(3_000)),
        ]
    )
    assert (len(made.orders), made.spent) == (1, Money(3_000, "JPY"))


def test_amounts_in_another_currency_than_the_newest_order_are_not_added() -> None:
    made = purchases(
        [
            happened("order.placed", 1, "a", total=yen(9_900, "USD")),
            happened("order.placed", 2, "b", total=yen(1_000)),
        ]
    )
    assert made.spent == Money(1_000, "JPY")


def test_who_bought_nothing_has_spent_nothing_that_is_known() -> None:
    assert purchases([]).spent is None
    assert purchases([happened("order.paid", 1, "a")]).spent is None
