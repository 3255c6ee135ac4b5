"""Subscription: deliveries, the bound, skips, pauses and when the next parcel is due."""

from collections.abc import Callable
from datetime import datetime
from math import isnan

import pytest

from services.scoring.features.contract import MOST_SKIPS, due
from services.scoring.features.days import moment
from services.scoring.features.subscription import REMEMBERED, Subscriptions, at_risk, find, read, update
from shared.events.catalogue import Event
from shared.events.commerce import OrderPaid, OrderPlaced
from shared.events.envelope import Envelope
from shared.events.money import Money
from shared.events.payment import PaymentFailed, PaymentRecovered
from shared.events.subscription import (
    Cycle,
    SubscriptionCancelled,
    SubscriptionCancelRequested,
    SubscriptionChanged,
    SubscriptionExpired,
    SubscriptionPaused,
    SubscriptionResumed,
    SubscriptionSkipped,
    SubscriptionStarted,
    SubscriptionUnskipped,
)

Fact = Callable[..., Envelope]
Day = Callable[[float], datetime]

MONTHLY = Cycle("day", 30)


def folded(*events: Envelope) -> Subscriptions:
    state = Subscriptions()
    for event in events:
        state = update(state, event)
    return state


def started(fact: Fact, on: float = 0, contract: str = "c", bound: int | None = None) -> Envelope:
    return fact(SubscriptionStarted(contract, MONTHLY, bound, order=f"{contract}-first"), on)


def paid(fact: Fact, on: float, contract: str = "c") -> Envelope:
    return fact(OrderPaid(f"{contract}-{on}", subscription=contract), on)


def next_due(state: Subscriptions) -> datetime | None:
    contract = at_risk(state)
    when = None if contract is None else due(contract)
    return None if when is None else moment(when)


def test_the_first_order_and_every_paid_one_is_a_delivery(fact: Fact, day: Day) -> None:
    state = folded(started(fact), paid(fact, 30), paid(fact, 60))
    seen = read(state, day(70))
    assert seen["deliveries"] == 3
    assert seen["days_since_delivery"] == 10
    assert seen["cycles_since_delivery"] == pytest.approx(1 / 3)
    assert next_due(state) == day(90)


def test_an_order_told_of_twice_is_one_delivery(fact: Fact, day: Day) -> None:
    twice = [
        fact(OrderPlaced("o", Money(1000, "JPY"), subscription="c"), 30),
        fact(OrderPaid("o", subscription="c"), 33),
        fact(OrderPaid("c-first", subscription="c"), 34),
    ]
    assert read(folded(started(fact), *twice), day(40))["deliveries"] == 2


def test_a_cart_that_numbers_its_deliveries_knows_better(fact: Fact, day: Day) -> None:
    numbered = OrderPlaced("o", Money(1000, "JPY"), subscription="c", delivery_number=7)
    assert read(folded(fact(numbered, 0)), day(1))["deliveries"] == 7


def test_the_promise_is_kept_with_its_last_delivery(fact: Fact, day: Day) -> None:
    bound = folded(started(fact, bound=3), paid(fact, 30))
    assert read(bound, day(40))["bound_left"] == 1
    assert isnan(read(bound, day(40))["deliveries_since_bound"])
    kept = update(bound, paid(fact, 60))
    assert read(kept, day(65))["bound_left"] == 0
    assert read(kept, day(65))["deliveries_since_bound"] == 0
    assert read(kept, day(65))["days_since_bound"] == 5
    assert isnan(read(folded(started(fact)), day(1))["bound_left"])


def test_the_bound_is_measured_in_days_too_and_so_is_the_first_time_after_it(fact: Fact, day: Day) -> None:
    bound = folded(started(fact, bound=3), paid(fact, 30))
    first, second = read(folded(started(fact, bound=3)), day(10)), read(bound, day(40))
    assert first["days_bound"] == pytest.approx(50)
    assert second["days_bound"] == pytest.approx(20)
    assert isnan(second["days_just_free"])
    kept = read(update(bound, paid(fact, 60)), day(65))
    assert kept["days_bound"] == 0
    assert kept["days_just_free"] == pytest.approx(25)
    later = read(update(update(bound, paid(fact, 60)), paid(fact, 90)), day(95))
    assert (later["days_bound"], isnan(later["days_just_free"])) == (0, True)
    free = read(folded(started(fact)), day(1))
    assert isnan(free["days_bound"])
    assert isnan(free["days_just_free"])


def test_a_skip_moves_the_parcel_by_a_cycle_and_a_delivery_ends_the_row(fact: Fact, day: Day) -> None:
    skipped = folded(started(fact), fact(SubscriptionSkipped("c"), 25), fact(SubscriptionSkipped("c"), 55))
    assert next_due(skipped) == day(90)
    assert read(skipped, day(60))["skips_in_a_row"] == 2
    assert read(skipped, day(60))["days_since_skip"] == 5
    delivered = read(update(skipped, paid(fact, 90)), day(91))
    assert delivered["skips_in_a_row"] == 0
    assert delivered["skips"] == 2
    assert delivered["skip_share"] == 0.5


def test_a_parcel_skipped_ahead_leaves_the_next_one_due(fact: Fact, day: Day) -> None:
    state = folded(started(fact), fact(SubscriptionSkipped("c", due=day(60)), 5))
    assert next_due(state) == day(30)
    assert next_due(update(state, paid(fact, 30))) == day(90)


def test_the_same_parcel_is_skipped_once(fact: Fact, day: Day) -> None:
    skips = [fact(SubscriptionSkipped("c", due=day(30)), at) for at in (20, 21)]
    assert read(folded(started(fact), *skips), day(25))["skips"] == 1


def test_a_skip_can_be_taken_back(fact: Fact, day: Day) -> None:
    state = folded(started(fact), fact(SubscriptionSkipped("c"), 20), fact(SubscriptionUnskipped("c"), 21))
    seen = read(state, day(22))
    assert (seen["skips"], seen["skips_in_a_row"], seen["unskips"]) == (0, 0, 1)
    assert next_due(state) == day(30)


def test_a_skip_is_of_lately_for_three_cycles_unless_it_is_taken_back(fact: Fact, day: Day) -> None:
    skips = [fact(SubscriptionSkipped("c", due=day(due)), due - 5) for due in (30, 60, 150)]
    state = folded(started(fact), *skips)
    assert read(state, day(146))["skips_3_cycles"] == 1
    assert read(state, day(146))["days_since_skip"] == 1
    undone = read(update(state, fact(SubscriptionUnskipped("c", due=day(150)), 146)), day(147))
    assert (undone["skips_3_cycles"], undone["days_since_skip"]) == (0, 92)


def test_skips_without_end_are_not_all_remembered(fact: Fact, day: Day) -> None:
    skips = [fact(SubscriptionSkipped("c", due=day(30 * at)), at) for at in range(1, MOST_SKIPS + 7)]
    (contract,) = folded(started(fact), *skips).contracts
    assert contract.skips == len(skips)
    assert len(contract.open_skips) == len(contract.skipped) == MOST_SKIPS


def test_the_cut_off_of_the_next_parcel_is_a_week_before_it(fact: Fact, day: Day) -> None:
    state = folded(started(fact))
    assert read(state, day(20))["days_to_cutoff"] == 3
    assert read(state, day(25))["days_to_cutoff"] == 0
    assert isnan(read(folded(paid(fact, 10)), day(15))["days_to_cutoff"])


def test_a_parcel_that_does_not_come_is_overdue(fact: Fact, day: Day) -> None:
    state = folded(started(fact))
    assert read(state, day(20))["days_to_due"] == 10
    assert read(state, day(20))["days_overdue"] == 0
    assert read(state, day(35))["days_overdue"] == 5
    assert read(state, day(35))["days_to_due"] == 0


def test_a_parcel_that_only_waits_for_its_money_is_not_overdue(fact: Fact, day: Day) -> None:
    failing = folded(started(fact), fact(PaymentFailed("c"), 30))
    assert read(failing, day(35))["days_overdue"] == 0
    settled = update(failing, fact(PaymentRecovered("c"), 36))
    assert read(settled, day(37))["days_overdue"] == 7
    assert read(update(failing, paid(fact, 36)), day(70))["days_overdue"] == 4


def test_while_paused_nothing_is_due_and_afterwards_a_cycle_begins(fact: Fact, day: Day) -> None:
    paused = folded(started(fact), fact(SubscriptionPaused("c"), 25), fact(SubscriptionPaused("c"), 26))
    assert next_due(paused) is None
    assert read(paused, day(40))["paused"] == 1
    assert read(paused, day(40))["days_paused"] == 15
    assert read(paused, day(40))["pauses"] == 1
    resumed = update(paused, fact(SubscriptionResumed("c"), 80))
    assert next_due(resumed) == day(110)
    assert read(resumed, day(82))["days_since_resume"] == 2


def test_a_short_pause_does_not_move_the_parcel(fact: Fact, day: Day) -> None:
    state = folded(started(fact), fact(SubscriptionPaused("c"), 5), fact(SubscriptionResumed("c"), 9))
    assert next_due(state) == day(30)


def test_only_another_cycle_is_a_change(fact: Fact, day: Day) -> None:
    same = folded(started(fact), fact(SubscriptionChanged("c", MONTHLY), 5))
    assert read(same, day(6))["cycle_changes"] == 0
    longer = read(update(same, fact(SubscriptionChanged("c", Cycle("day", 60)), 7)), day(8))
    assert longer["cycle_changes"] == 1
    assert longer["cycle_longer"] == 1
    assert longer["days_since_cycle_change"] == 1


def test_the_wish_to_leave_is_remembered(fact: Fact, day: Day) -> None:
    state = folded(started(fact), *(fact(SubscriptionCancelRequested("c"), at) for at in (5, 6)))
    assert read(state, day(7))["days_since_request"] == 2


@pytest.mark.parametrize(
    "end", [SubscriptionCancelled("c"), SubscriptionExpired("c"), PaymentFailed("c", final=True)]
)
def test_an_ended_contract_is_not_at_risk(end: Event, fact: Fact, day: Day) -> None:
    state = folded(started(fact), fact(end, 5))
    assert at_risk(state) is None
    seen = read(state, day(6))
    assert (seen["contracts"], seen["contracts_ended"]) == (0, 1)
    assert isnan(seen["deliveries"])


@pytest.mark.parametrize(
    "success",
    [PaymentRecovered("c"), OrderPaid("o", subscription="c"), SubscriptionResumed("c")],
)
def test_a_contract_that_failed_to_pay_can_come_back(success: Event, fact: Fact) -> None:
    state = folded(started(fact), fact(PaymentFailed("c", final=True), 5), fact(success, 6))
    assert at_risk(state) is not None


def test_a_cancelled_contract_stays_cancelled_when_its_last_parcel_is_paid(fact: Fact) -> None:
    assert at_risk(folded(started(fact), fact(SubscriptionCancelled("c"), 5), paid(fact, 6))) is None


def test_of_several_contracts_the_one_being_given_up_is_described(fact: Fact, day: Day) -> None:
    both = folded(
        started(fact), started(fact, 1, "d"), fact(SubscriptionSkipped("c"), 20), paid(fact, 25, "d")
    )
    assert read(both, day(26))["contracts"] == 2
    contract = at_risk(both)
    assert contract is not None
    assert contract.id == "c"


def test_a_contract_we_never_saw_start_counts_all_the_same(fact: Fact, day: Day) -> None:
    seen = read(folded(paid(fact, 10)), day(15))
    assert (seen["contracts"], seen["deliveries"]) == (1, 1)
    assert isnan(seen["days_to_due"])
    assert isnan(seen["cycle_days"])


def test_the_contract_that_ended_longest_ago_is_forgotten_first(fact: Fact) -> None:
    ended = [
        event
        for number in range(REMEMBERED)
        for event in (
            started(fact, number, f"c{number}"),
            fact(SubscriptionCancelled(f"c{number}"), 10 + number),
        )
    ]
    state = folded(*sorted(ended, key=lambda each: each.time), started(fact, 50, "new"))
    assert len(state.contracts) == REMEMBERED
    assert find(state, "c0") is None
    assert find(state, "new") is not None
