"""Contracts folded from what happened: whatever the order of arrival, and as a person would count."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.contract import Contract, contracts, state_of
from services.notifier.happening import Happening

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
CYCLE = {"unit": "month", "count": 1}
STARTED = ("subscription.started", {"cycle": CYCLE, "min_deliveries": 4, "order": "o1"})


def happened(what: str, day: float, facts: dict[str, Any] | None = None, ref: str = "s/c/7") -> Happening:
    full = {"subscription": "88", **(facts or {})}
    return Happening(f"{what} {day} {sorted(full.items())}", ref, what, BEGAN + timedelta(days=day), full)


def one(*told: tuple[str, float, dict[str, Any]] | tuple[str, float]) -> Contract:
    [contract] = contracts([happened(*each) for each in told])
    return contract


def standing(*told: tuple[str, float, dict[str, Any]] | tuple[str, float]) -> tuple[str, float]:
    state, since = state_of(one(*told))
    return state, (since - BEGAN) / timedelta(days=1)


def test_each_delivery_counts_once_and_the_cart_that_numbers_them_knows_better() -> None:
    told: list[tuple[str, float, dict[str, Any]]] = [
        ("subscription.started", 0, STARTED[1]),
        ("order.placed", 30, {"order": "o2"}),
        ("order.paid", 31, {"order": "o2"}),
        ("order.paid", 60, {"order": "o3"}),
    ]
    assert one(*told).deliveries == 3
    assert one(*told, ("order.placed", 90, {"order": "o9", "delivery_number": 9})).deliveries == 9


def test_how_a_contract_stands_and_since_when() -> None:
    started = ("subscription.started", 0, STARTED[1])
    paused, resumed = ("subscription.paused", 5), ("subscription.resumed", 9)
    assert standing(started) == ("active", 0)
    assert standing(started, paused) == ("paused", 5)
    assert standing(started, paused, resumed) == ("active", 9)
    assert standing(started, paused, ("subscription.cancelled", 7)) == ("cancelled", 7)
    assert standing(started, ("subscription.expired", 7)) == ("expired", 7)
    assert standing(started, ("subscription.cancelled", 7), resumed) == ("active", 9)


def test_who_changes_a_contract_has_taken_the_wish_to_leave_back() -> None:
    asked = ("subscription.cancel_requested", 3)
    assert standing(asked) == ("cancel_requested", 3)
    assert standing(asked, ("subscription.changed", 4, {"cycle": CYCLE})) == ("active", 3)
    assert standing(asked, ("subscription.resumed", 5)) == ("active", 5)


def test_a_charge_given_up_stops_the_contract_until_money_comes() -> None:
    failed = ("payment.failed", 1, {"final": False})
    stopped = ("payment.failed", 2, {"final": True})
    assert one(failed, stopped).payment_failures == 2
    assert standing(failed, stopped) == ("payment_stopped", 2)
    assert standing(failed, stopped, ("payment.recovered", 4, {})) == ("active", 4)
    assert one(failed, stopped, ("order.paid", 4, {"order": "o1"})).payment_failures == 0


def test_skips_in_a_row_end_with_a_delivery_but_for_those_still_to_come() -> None:
    told: list[tuple[str, float, dict[str, Any]]] = [
        ("subscription.skipped", 1, {"cycle_index": 2}),
        ("subscription.skipped", 1.5, {"cycle_index": 2}),
        ("subscription.skipped", 2, {"cycle_index": 9, "due": (BEGAN + timedelta(days=90)).isoformat()}),
    ]
    assert len(one(*told).in_a_row) == 2
    delivered = one(*told, ("order.paid", 30, {"order": "o2"}))
    assert (len(delivered.skipped), len(delivered.in_a_row)) == (2, 1)
    undone = one(*told, ("subscription.unskipped", 31, {"cycle_index": 9}))
    assert [name for name, _ in undone.skipped] == ["cycle 2"]


def test_contracts_of_the_same_number_in_two_carts_are_two() -> None:
    paused = [happened("subscription.paused", 1), happened("subscription.paused", 2, ref="s/other/7")]
    ended = happened("subscription.cancelled", 3, ref="s/other/~subscription/88")
    assert [(each.cart, state_of(each)[0]) for each in contracts([*paused, ended])] == [
        ("s/c", "paused"),
        ("s/other", "cancelled"),
    ]


def test_what_names_no_contract_or_changes_none_is_passed_over() -> None:
    mail = Happening("m", "s/c/7", "mail.opened", BEGAN, {})
    bought = Happening("o", "s/c/7", "order.placed", BEGAN, {"order": "o1"})
    assert contracts([mail, bought]) == []


def facts_of(what: str, number: int) -> dict[str, Any]:
    match what.split("."):
        case ["order", _]:
            return {"order": f"o{number}"}
        case [_, "started" | "changed"]:
            return {"cycle": {"unit": "month", "count": number}}
        case [_, "skipped" | "unskipped"]:
            return {"cycle_index": number}
        case _:
            return {"final": number == 2}


names = st.sampled_from(
    ["order.placed", "order.paid", "payment.failed", "payment.recovered"]
    + [f"subscription.{verb}" for verb in ("started", "changed", "skipped", "unskipped", "paused", "resumed")]
    + [f"subscription.{verb}" for verb in ("cancel_requested", "cancelled", "expired")]
)
histories = st.lists(
    st.builds(
        lambda what, day, number: happened(what, day, facts_of(what, number)),
        names,
        st.integers(0, 9),
        st.integers(1, 3),
    ),
    max_size=12,
)


@given(histories, st.randoms(use_true_random=False))
def test_the_order_of_arrival_and_repetition_change_nothing(history: list[Happening], random: Any) -> None:
    again = [*history, *history[:3]]
    random.shuffle(again)
    assert contracts(again) == contracts(history)


@given(histories)
def test_counts_are_never_below_nothing_and_skips_in_a_row_are_among_all(history: list[Happening]) -> None:
    for contract in contracts(history):
        assert set(contract.in_a_row) <= set(contract.skipped)
        assert min(contract.pauses, contract.payment_failures, contract.deliveries) >= 0
        assert contract.started <= state_of(contract)[1] <= contract.touched
        assert contract.moved <= contract.touched
