"""The whole state: any arrival, repetition or interruption gives the same; nothing looks past the cut-off."""

from collections.abc import Callable
from datetime import datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.features.state import (
    DORMANT_DAYS,
    EMPTY,
    LAPSED_DAYS,
    LAYOUT,
    NAMES,
    SCHEMA_HASH,
    CustomerState,
    OutOfOrder,
    comes_after,
    fold,
    from_bytes,
    in_order,
    readings,
    refold,
    schema_hash,
    standing,
    to_bytes,
    vector,
)
from shared.events.commerce import OrderPlaced
from shared.events.customer import CustomerErased, CustomerSeen
from shared.events.envelope import Envelope
from shared.events.money import Money
from shared.events.subscription import Cycle, SubscriptionCancelled, SubscriptionStarted
from tests.unit.scoring.features.histories import histories, moments

Fact = Callable[..., Envelope]
Day = Callable[[float], datetime]


def folded(history: list[Envelope], state: CustomerState = EMPTY) -> CustomerState:
    for each in history:
        state = fold(state, each)
    return state


@given(histories, st.integers())
def test_any_arrival_with_any_repetition_gives_the_same_state(history: list[Envelope], seed: int) -> None:
    rng = Random(seed)
    arrived = [each for each in history for _ in range(rng.randint(1, 3))]
    rng.shuffle(arrived)
    assert refold(arrived) == folded(in_order(history))


@given(histories, st.integers(0, 40))
def test_a_state_kept_as_bytes_goes_on_as_if_it_never_stopped(history: list[Envelope], at: int) -> None:
    ordered = in_order(history)
    kept = from_bytes(to_bytes(folded(ordered[:at])))
    assert folded(ordered[at:], kept) == refold(history)


@given(histories, moments)
def test_what_happens_later_changes_nothing_before(history: list[Envelope], cutoff: datetime) -> None:
    past = [each for each in history if each.time <= cutoff]
    seen = refold(past)
    assert all(comes_after(seen, each) for each in history if each.time > cutoff)
    assert repr(vector(seen, cutoff)) == repr(vector(folded(in_order(past)), cutoff))


@given(histories, moments)
def test_every_reading_has_its_place(history: list[Envelope], cutoff: datetime) -> None:
    state = refold(each for each in history if each.time <= cutoff)
    assert tuple(readings(state, cutoff)) == NAMES
    assert len(vector(state, cutoff)) == len(NAMES)


def test_the_schema_hash_changes_with_a_name_its_place_and_the_layout() -> None:
    assert schema_hash(LAYOUT, NAMES) == SCHEMA_HASH
    others = [(LAYOUT + 1, NAMES), (LAYOUT, NAMES[::-1]), (LAYOUT, (*NAMES, "another")), (LAYOUT, NAMES[1:])]
    assert len({SCHEMA_HASH, *(schema_hash(layout, names) for layout, names in others)}) == 5


def test_a_late_event_is_refused_and_refolded(fact: Fact) -> None:
    late, early = fact(CustomerSeen("1"), 5), fact(OrderPlaced("o", Money(1, "JPY")), 1)
    state = fold(EMPTY, late)
    assert not comes_after(state, early)
    assert not comes_after(state, late)
    with pytest.raises(OutOfOrder):
        fold(state, early)
    assert refold([late, early]).events == 2


def test_of_two_events_at_one_moment_the_id_says_which_comes_first(fact: Fact) -> None:
    first = fact(CustomerSeen("1"), 1, id="a")
    second = fact(CustomerSeen("1"), 1, id="b")
    assert comes_after(fold(EMPTY, first), second)
    assert not comes_after(fold(EMPTY, second), first)


def test_the_newest_fact_is_known_in_utc(fact: Fact, day: Day) -> None:
    state = fold(EMPTY, fact(CustomerSeen("1"), 5, id="x"))
    assert state.last_time == day(5)
    assert (state.events, state.last_id) == (1, "x")


def test_an_ordinary_state_is_small(small_shop: list[Envelope]) -> None:
    lives: dict[str, list[Envelope]] = {}
    for each in small_shop:
        lives.setdefault(each.subject, []).append(each)
    assert max(len(to_bytes(refold(life))) for life in lives.values()) < 1500


class TestStanding:
    placed = OrderPlaced("o", Money(1000, "JPY"))
    started = SubscriptionStarted("c", Cycle("day", 30), order="o")

    def test_nobody_known_stands_nowhere(self, fact: Fact, day: Day) -> None:
        assert standing(EMPTY, day(0)) == "unknown"
        assert standing(refold([fact(CustomerSeen("1"), 0)]), day(1)) == "unknown"

    def test_an_order_without_a_contract_is_repeat_purchase_until_dormant(self, fact: Fact, day: Day) -> None:
        state = refold([fact(self.placed, 0)])
        assert standing(state, day(DORMANT_DAYS)) == "repeat"
        assert standing(state, day(DORMANT_DAYS + 1)) == "gone"

    def test_an_active_contract_comes_first(self, fact: Fact, day: Day) -> None:
        assert standing(refold([fact(self.placed, 0), fact(self.started, 0.1)]), day(1)) == "subscription"

    def test_an_ended_contract_is_gone_unless_there_are_orders_after_it(self, fact: Fact, day: Day) -> None:
        ended = [fact(self.placed, 0), fact(self.started, 0.1), fact(SubscriptionCancelled("c"), 10)]
        assert standing(refold(ended), day(11)) == "gone"
        again = fact(OrderPlaced("later", Money(1000, "JPY")), 40)
        assert standing(refold([*ended, again]), day(41)) == "repeat"

    def test_a_contract_long_overdue_has_lapsed(self, fact: Fact, day: Day) -> None:
        state = refold([fact(self.started, 0)])
        assert standing(state, day(30 + LAPSED_DAYS)) == "subscription"
        assert standing(state, day(31 + LAPSED_DAYS)) == "gone"

    def test_who_was_erased_is_gone(self, fact: Fact, day: Day) -> None:
        assert standing(refold([fact(self.placed, 0), fact(CustomerErased("1"), 1)]), day(2)) == "gone"
