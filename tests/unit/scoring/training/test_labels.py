"""Labels: who may leave, and who did."""

from collections.abc import Callable, Sequence
from datetime import datetime

import pytest

from services.scoring.features.state import refold
from services.scoring.training.labels import left, population
from shared.events.catalogue import Event
from shared.events.commerce import OrderCancelled, OrderPaid, OrderPlaced
from shared.events.envelope import Envelope
from shared.events.money import Money
from shared.events.payment import PaymentFailed, PaymentRecovered
from shared.events.subscription import (
    Cycle,
    SubscriptionCancelled,
    SubscriptionExpired,
    SubscriptionPaused,
    SubscriptionResumed,
    SubscriptionSkipped,
    SubscriptionStarted,
)

Fact = Callable[..., Envelope]
Day = Callable[[float], datetime]

STARTED = SubscriptionStarted("c", Cycle("day", 30), order="o")


def outcome(
    before: Sequence[Envelope], cutoff: datetime, after: Sequence[Envelope], ripe: datetime
) -> bool | None:
    state = refold(before)
    kind = population(state, cutoff)
    assert kind is not None
    return left(kind, state, cutoff, refold([*before, *after]), ripe)


@pytest.mark.parametrize("end", [SubscriptionCancelled("c"), PaymentFailed("c", final=True)])
def test_a_contract_cancelled_or_finally_unpaid_is_left(end: Event, fact: Fact, day: Day) -> None:
    assert outcome([fact(STARTED, 0)], day(7), [fact(end, 36)], day(37)) is True


def test_a_contract_that_goes_on_is_kept(fact: Fact, day: Day) -> None:
    paid = fact(OrderPaid("p", subscription="c"), 31)
    assert outcome([fact(STARTED, 0)], day(7), [paid], day(37)) is False


def test_a_parcel_missed_by_more_than_the_grace_is_leaving(fact: Fact, day: Day) -> None:
    assert outcome([fact(STARTED, 0)], day(14), [], day(44)) is False
    assert outcome([fact(STARTED, 0)], day(15), [], day(45)) is True


@pytest.mark.parametrize("state", [SubscriptionSkipped("c"), SubscriptionPaused("c")])
def test_a_skip_or_a_pause_is_no_leaving(state: Event, fact: Fact, day: Day) -> None:
    assert outcome([fact(STARTED, 0)], day(20), [fact(state, 25)], day(50)) is False


@pytest.mark.parametrize(
    ("end", "undone"),
    [
        (SubscriptionCancelled("c"), SubscriptionResumed("c")),
        (PaymentFailed("c", final=True), PaymentRecovered("c")),
    ],
)
def test_who_came_back_within_the_horizon_did_not_leave(
    end: Event, undone: Event, fact: Fact, day: Day
) -> None:
    assert outcome([fact(STARTED, 0)], day(7), [fact(end, 10), fact(undone, 20)], day(37)) is False


def test_a_contract_that_ran_its_course_says_nothing(fact: Fact, day: Day) -> None:
    assert outcome([fact(STARTED, 0)], day(7), [fact(SubscriptionExpired("c"), 20)], day(37)) is None


def test_who_has_already_missed_a_parcel_is_not_asked_about(fact: Fact, day: Day) -> None:
    state = refold([fact(STARTED, 0)])
    assert population(state, day(44)) == "subscription"
    assert population(state, day(45)) is None


def test_without_a_contract_leaving_is_not_ordering(fact: Fact, day: Day) -> None:
    before = [fact(OrderPlaced("o", Money(1000, "JPY")), 0)]
    again = fact(OrderPlaced("p", Money(1000, "JPY")), 50)
    assert outcome(before, day(7), [], day(67)) is True
    assert outcome(before, day(7), [again], day(67)) is False
    assert outcome(before, day(7), [again, fact(OrderCancelled("p"), 51)], day(67)) is True
