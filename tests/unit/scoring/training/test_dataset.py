"""The data set: weekly rows through the fold that serves, none whose outcome is not yet known."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np

from services.scoring.features.state import refold, vector
from services.scoring.training.dataset import Dataset, looks
from services.scoring.training.owners import grouped
from shared.events.action import ActionSent
from shared.events.commerce import OrderPlaced
from shared.events.envelope import Envelope
from shared.events.money import Money
from shared.events.risk import RiskKind
from shared.events.subscription import Cycle, SubscriptionCancelled, SubscriptionStarted

Fact = Callable[..., Envelope]
Day = Callable[[float], datetime]

HORIZONS: dict[RiskKind, float] = {"subscription": 30.0, "repeat": 60.0, "payment": 30.0}


def silent(stage: str, done: int, total: int) -> None:
    """Nobody watches a test's progress."""


def datasets(
    histories: Mapping[str, Sequence[Envelope]], until: datetime | None = None
) -> Mapping[RiskKind, Dataset]:
    return looks(histories, HORIZONS, silent, until).datasets


def test_a_row_is_what_serving_would_have_seen_at_that_moment(small_shop: list[Envelope]) -> None:
    histories = grouped(small_shop).by_customer
    for data in datasets(histories).values():
        for row in range(0, len(data.left), 97):
            history = histories[data.refs[data.customers[row]]]
            cutoff = data.cutoffs[row]
            seen = vector(refold(each for each in history if each.time <= cutoff), cutoff)
            assert np.array_equal(data.features[row], seen, equal_nan=True)


def test_no_row_lies_within_a_horizon_of_the_end(fact: Fact, day: Day) -> None:
    life = [
        fact(OrderPlaced("o", Money(1000, "JPY")), 0),
        fact(SubscriptionStarted("c", Cycle("day", 90), order="o"), 0.1),
        fact(SubscriptionCancelled("c"), 80),
    ]
    data = datasets({"shop/shopify/1": life}, until=day(84))["subscription"]
    assert max(data.cutoffs) == day(49)
    assert max(data.cutoffs) + timedelta(days=30) <= day(84)
    assert data.left.tolist() == [False] * 7
    later = datasets({"shop/shopify/1": life}, until=day(90))["subscription"]
    assert later.left.tolist() == [False] * 7 + [True]


def test_a_kind_that_nobody_is_of_is_empty(fact: Fact) -> None:
    life = [fact(OrderPlaced(f"o{on}", Money(1000, "JPY")), on) for on in (0, 100)]
    assert len(datasets({"shop/shopify/1": life})["subscription"].left) == 0


def test_progress_is_told_customer_by_customer(fact: Fact) -> None:
    told: list[tuple[str, int, int]] = []
    life = [fact(OrderPlaced("o", Money(1000, "JPY")), 0)]
    looks({"a/b/1": life, "a/b/2": life}, HORIZONS, lambda *step: told.append(step))
    assert told == [("rows", 1, 2), ("rows", 2, 2)]


def test_a_subscriber_gives_a_row_of_each_cause_at_the_same_look(small_shop: list[Envelope]) -> None:
    found = datasets(grouped(small_shop).by_customer)
    given_up, unpaid = found["subscription"], found["payment"]
    assert given_up.cutoffs == unpaid.cutoffs
    assert np.array_equal(given_up.features, unpaid.features, equal_nan=True)
    assert given_up.left.any()
    assert not unpaid.left.any()


def test_rows_around_a_message_are_flagged_and_no_others(fact: Fact, day: Day) -> None:
    life = [fact(OrderPlaced(f"o{on}", Money(1000, "JPY")), on) for on in range(0, 300, 30)]
    sent = fact(ActionSent("a", "mail", "scenario", "episode", "step"), 150.5)
    data = datasets({"shop/shopify/1": [*life, sent]}, until=day(300))["repeat"]
    flagged = [cutoff for cutoff, done in zip(data.cutoffs, data.treated, strict=True) if done]
    assert flagged == [cutoff for cutoff in data.cutoffs if day(90.5) <= cutoff < day(180.5)]
    assert 0 < len(flagged) < len(data.cutoffs)


def test_the_states_at_the_end_are_of_everything_that_happened(small_shop: list[Envelope]) -> None:
    histories = grouped(small_shop).by_customer
    looked = looks(histories, HORIZONS, silent)
    assert looked.states[5] == refold(list(histories.values())[5])
    assert looked.last == small_shop[-1].time


def test_chosen_rows_keep_everything_that_belongs_to_them(small_shop: list[Envelope]) -> None:
    data = datasets(grouped(small_shop).by_customer)["repeat"]
    some = data.rows(data.left == 1)
    assert some.left.all()
    assert len(some.cutoffs) == data.left.sum()
    assert np.array_equal(some.features, data.features[data.left == 1], equal_nan=True)
