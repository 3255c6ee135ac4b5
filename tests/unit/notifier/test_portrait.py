"""How a contract is shown: by the cart's word of its end, and before it by what was asked for at the desk."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.notifier.contract import Contract
from services.notifier.portrait import Agreed, Leaving, Parcel, agreed
from services.notifier.purchases import Order, Purchases
from shared.events.money import Money

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
ACTIVE = Contract("s/c", "88", BEGAN, BEGAN, BEGAN, BEGAN)


def day(number: int) -> datetime:
    return BEGAN + timedelta(days=number)


def leaving(state: str, asked: int = 5) -> Leaving:
    return Leaving("K-1", day(asked), "unknown", state, None if state == "requested" else day(9))  # type: ignore[arg-type]


def shown(contract: Contract, left: Leaving | None = None, *parcels: Parcel) -> Agreed:
    return agreed(contract, Purchases({}), parcels, left)


@pytest.mark.parametrize(
    ("contract", "left", "state", "since"),
    [
        (ACTIVE, None, "active", 0),
        (ACTIVE, leaving("requested"), "cancel_requested", 5),
        (replace(ACTIVE, paused=day(3)), leaving("requested"), "cancel_requested", 5),
        (ACTIVE, leaving("done"), "cancelled", 9),
        (replace(ACTIVE, active_since=day(7)), leaving("done"), "active", 7),
        (replace(ACTIVE, requested=day(5)), leaving("taken_back"), "active", 0),
        (replace(ACTIVE, requested=day(6)), leaving("taken_back"), "cancel_requested", 6),
        (replace(ACTIVE, paused=day(3)), leaving("taken_back"), "paused", 3),
        (replace(ACTIVE, ended=("expired", day(8))), leaving("requested"), "expired", 8),
    ],
)
def test_how_it_stands(contract: Contract, left: Leaving | None, state: str, since: int) -> None:
    found = shown(contract, left)
    assert (found.state, found.state_since, found.cancellation) == (state, day(since), left)


def test_what_was_said_last_of_the_next_parcel_holds_until_the_contract_moves() -> None:
    old, new = Parcel(day(1), 2, 4, day(20), day(18)), Parcel(day(2), 3, None, day(30), day(28))
    found = shown(ACTIVE, None, new, old)
    assert (found.due, found.cutoff, found.deliveries) == (day(30), day(28), 3)
    moved = shown(replace(ACTIVE, moved=day(3)), None, old, new)
    assert (moved.due, moved.cutoff, moved.deliveries) == (None, None, 3)


def test_the_price_is_that_of_the_last_parcel() -> None:
    orders = {
        ("s/c", "o1"): Order(day(1), Money(980, "JPY"), "ゼリー"),
        ("s/c", "o2"): Order(day(2), None, None),
    }
    one = replace(ACTIVE, orders=("o1",))
    assert agreed(one, Purchases(orders), [], None).amount == Money(980, "JPY")
    assert agreed(replace(one, orders=("o1", "o2")), Purchases(orders), [], None).amount is None
