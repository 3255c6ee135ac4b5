"""Labels: who may leave, and who did."""

from collections.abc import Callable, Sequence
from datetime import datetime

import pytest

from services.scoring.features.state import refold
from services.scoring.training.labels import left, populations
from shared.events.catalogue import Event
from shared.events.commerce import OrderCancelled, OrderPaid, OrderPlaced
from shared.events.envelope import Envelope
from shared.events.money import Money
from shared.events.payment import PaymentFailed, PaymentRecovered
from shared.events.risk import RiskKind
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
    before: Sequence[Envelope],
    cutoff: datetime,
    after: Sequence[Envelope],
    ripe: datetime,
    kind: RiskKind = "subscription",
) -> bool | None:
    state = refold(before)
    assert kind in populations(state, cutoff)
    return left(kind, state, cutoff, refold([*before, *after]), ripe)


def test_a_contract_is_asked_about_both_causes_of_its_end(fact: Fact, day: Day) -> None:
    assert populations(refold([fact(STARTED, 0)]), day(7)) == ("subscription", "payment")
    assert populations(refold([fact(OrderPlaced("o", Money(1000, "JPY")), 0)]), day(7)) == ("repeat",)


@pytest.mark.parametrize(
    ("end", "given_up", "unpaid"),
    [
        (SubscriptionCancelled("c"), True, False),
        (PaymentFailed("c", final=True), False, True),
    ],
)
def test_a_contract_ends_of_one_cause(end: Event, given_up: bool, unpaid: bool, fact: Fact, day: Day) -> None:
    known = [fact(STARTED, 0)], day(7), [fact(end, 36)], day(37)
    assert outcome(*known) is given_up
    assert outcome(*known, kind="payment") is unpaid


def test_the_cause_that_came_first_counts(fact: Fact, day: Day) -> None:
    failed, cancelled = fact(PaymentFailed("c", final=True), 20), fact(SubscriptionCancelled("c"), 25)
    assert outcome([fact(STARTED, 0)], day(7), [failed, cancelled], day(37)) is False
    assert outcome([fact(STARTED, 0)], day(7), [failed, cancelled], day(37), "payment") is True


@pytest.mark.parametrize("contract", ["c", None])
def test_a_parcel_missed_for_want_of_payment_was_not_given_up(
    contract: str | None, fact: Fact, day: Day
) -> None:
    failing = [fact(PaymentFailed(contract), on) for on in (30, 33)]
    assert outcome([fact(STARTED, 0)], day(15), failing, day(45)) is False
    assert outcome([fact(STARTED, 0)], day(15), failing, day(45), "payment") is True


def test_a_charge_that_fails_within_the_grace_is_no_end_yet(fact: Fact, day: Day) -> None:
    failing = [fact(PaymentFailed("c"), 30)]
    assert outcome([fact(STARTED, 0)], day(14), failing, day(44), "payment") is False


def test_a_contract_that_goes_on_is_kept(fact: Fact, day: Day) -> None:
    paid = fact(OrderPaid("p", subscription="c"), 31)
    assert outcome([fact(STARTED, 0)], day(7), [paid], day(37)) is False


def test_a_parcel_missed_by_more_than_the_grace_is_leaving(fact: Fact, day: Day) -> None:
    assert outcome([fact(STARTED, 0)], day(14), [], day(44)) is False
    assert outcome([fact(STARTED, 0)], day(15), [], day(45)) is True


@pytest.mark.parametrize("state", [SubscriptionSkipped("c"), SubscriptionPaused("c")])
def test_a_skip_or_a_pause_is_no_leaving(state: Event, fact: Fact, day: Day) -> None:
    assert outcome([fact(STARTED, 0)], day(20), [fact(state, 25)], day(50)) is False


@pytest.mark.parametrize("kind", ["subscription", "payment"])
@pytest.mark.parametrize(
    ("end", "undone"),
    [
        (SubscriptionCancelled("c"), SubscriptionResumed("c")),
        (PaymentFailed("c", final=True), PaymentRecovered("c")),
    ],
)
def test_who_came_back_within_the_horizon_did_not_leave(
    end: Event, undone: Event, kind: RiskKind, fact: Fact, day: Day
) -> None:
    after = [fact(end, 10), fact(undone, 20)]
    assert outcome([fact(STARTED, 0)], day(7), after, day(37), kind) is False


@pytest.mark.parametrize("kind", ["subscription", "payment"])
def test_a_contract_that_ran_its_course_says_nothing(kind: RiskKind, fact: Fact, day: Day) -> None:
    assert outcome([fact(STARTED, 0)], day(7), [fact(SubscriptionExpired("c"), 20)], day(37), kind) is None


def test_who_has_already_missed_a_parcel_is_not_asked_about(fact: Fact, day: Day) -> None:
    state = refold([fact(STARTED, 0)])
    assert populations(state, day(44)) == ("subscription", "payment")
    assert populations(state, day(45)) == ()


def test_without_a_contract_leaving_is_not_ordering(fact: Fact, day: Day) -> None:
    before = [fact(OrderPlaced("o", Money(1000, "JPY")), 0)]
    again = fact(OrderPlaced("p", Money(1000, "JPY")), 50)
    assert outcome(before, day(7), [], day(67), "repeat") is True
    assert outcome(before, day(7), [again], day(67), "repeat") is False
    assert outcome(before, day(7), [again, fact(OrderCancelled("p"), 51)], day(67), "repeat") is True
