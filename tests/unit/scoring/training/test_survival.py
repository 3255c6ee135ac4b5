"""Survival: from how all stand today to the share that goes on at each delivery."""

from collections.abc import Callable
from datetime import datetime
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.features.state import CustomerState, refold
from services.scoring.training.survival import STEPS, Course, counted, fit_sbg, retention, smoothed, survival
from shared.events.commerce import OrderPaid, OrderPlaced
from shared.events.envelope import Envelope
from shared.events.money import Money
from shared.events.payment import PaymentFailed
from shared.events.subscription import (
    Cycle,
    SubscriptionCancelled,
    SubscriptionExpired,
    SubscriptionPaused,
    SubscriptionStarted,
)

Fact = Callable[..., Envelope]
Day = Callable[[float], datetime]

# Fader & Hardie (2007): customers left of 1,000 after each year, "Regular"; the first seven are fitted.
REGULAR = (1000, 631, 468, 382, 326, 289, 262, 241)
LATER = (223, 207, 194, 183, 173)


def test_the_curve_published_for_the_regular_customers_comes_out_again() -> None:
    went_on = np.array(REGULAR[1:], dtype=float)
    stopped = -np.diff(np.array(REGULAR, dtype=float))
    alpha, beta = fit_sbg(went_on, stopped)
    assert alpha == pytest.approx(0.704, abs=0.001)
    assert beta == pytest.approx(1.182, abs=0.001)
    after = 241 * np.cumprod(retention(alpha, beta, 12)[7:])
    assert after == pytest.approx(LATER, abs=4)


def test_who_may_still_go_on_is_not_counted_at_that_step() -> None:
    courses = [Course(1, True), Course(1, False), Course(2, False), Course(3, True)]
    went_on, stopped = counted(courses)
    assert went_on[:3].tolist() == [2, 1, 0]
    assert stopped[:3].tolist() == [1, 0, 1]


@given(st.lists(st.builds(Course, st.integers(1, 60), st.booleans()), min_size=1, max_size=80))
def test_shares_lie_between_nothing_and_all_whatever_was_seen(courses: list[Course]) -> None:
    shares = smoothed(*counted(courses))
    assert len(shares) == STEPS
    assert all(0 < share < 1 for share in shares)


def test_many_customers_are_believed_and_few_are_not() -> None:
    """Half stop at the second delivery, which no curve of this family knows; the tail is the curve's."""
    random, courses = Random(1), []
    for _ in range(4000):
        number = 1
        while number < STEPS and random.random() < (0.5 if number == 2 else 0.95):
            number += 1
        courses.append(Course(number, number < STEPS))
    shares = smoothed(*counted([*courses, Course(STEPS, True)]))
    assert shares[1] == pytest.approx(0.5, abs=0.03)
    assert shares[2] == pytest.approx(0.95, abs=0.02)
    few = smoothed(*counted([*courses[:40], Course(STEPS - 1, True)]))
    assert few[-2] > 0.7


def subscriber(fact: Fact, parcels: int, *end: Envelope) -> CustomerState:
    paid = [
        fact(OrderPaid(f"o{number}", subscription="c"), 30 * number + 0.1) for number in range(1, parcels)
    ]
    return refold([fact(SubscriptionStarted("c", Cycle("day", 30), order="o0"), 0), *paid, *end])


def test_contracts_that_ended_or_were_missed_stopped_and_others_may_go_on(fact: Fact, day: Day) -> None:
    """Many of each stand at the second parcel: the cancelled, unpaid and missed stop there."""
    last = day(76)
    kept = subscriber(fact, 3)
    cancelled = subscriber(fact, 2, fact(SubscriptionCancelled("c"), 40))
    unpaid = subscriber(fact, 2, fact(PaymentFailed("c", final=True), 70))
    missed = subscriber(fact, 2)
    expired = subscriber(fact, 2, fact(SubscriptionExpired("c"), 40))
    paused = subscriber(fact, 2, fact(SubscriptionPaused("c"), 40))
    all_of_them = survival("subscription", [kept, cancelled, unpaid, missed, expired, paused] * 300, last)
    assert all_of_them[0] > 0.97
    assert all_of_them[1] == pytest.approx(1 / 4, abs=0.03)
    assert all_of_them == survival("payment", [kept, cancelled, unpaid, missed, expired, paused] * 300, last)


def test_a_contract_whose_beginning_nobody_saw_is_no_evidence(fact: Fact, day: Day) -> None:
    stray = refold([fact(OrderPaid("o", subscription="c"), 0)])
    assert survival("subscription", [stray] * 200, day(10)) == ()


def test_without_a_contract_silence_beyond_dormancy_is_the_end(fact: Fact, day: Day) -> None:
    once = refold([fact(OrderPlaced("o", Money(1000, "JPY")), 0)])
    lately = refold([fact(OrderPlaced("o", Money(1000, "JPY")), 100)])
    twice = refold([fact(OrderPlaced(f"o{on}", Money(1000, "JPY")), on) for on in (0, 50)])
    shares = survival("repeat", [once, lately, twice] * 200, day(125))
    assert shares[0] == pytest.approx(0.5, abs=0.05)


def test_few_customers_make_no_table(fact: Fact, day: Day) -> None:
    assert survival("subscription", [subscriber(fact, 2)] * 29, day(200)) == ()
