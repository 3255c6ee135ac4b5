"""The checker of fault runs: it tells each way in which an acknowledgement can turn out to be a lie."""

from collections.abc import Sequence

import pytest

from tests.kafka.ingest_faults.checker import Delivered, Told, judge
from tests.kafka.ingest_faults.places import Place

CONTACTS = "customer-contacts"
ORDER = Place("customer-events", "order")
REVIEW = Place("customer-events", "review")
SEEN = Place(CONTACTS, "seen")
MOVED = Place(CONTACTS, "moved")
ERASED = Place(CONTACTS, "tombstone of 1")


def one_after_the_other(*places: Place, unacknowledged: Sequence[Place] = ()) -> Told:
    """What one customer's sender knows after these were acknowledged in this order."""
    acknowledged = [Delivered(place.id, 1, (place,)) for place in places]
    still_open = [Delivered(place.id, 1, (place,)) for place in unacknowledged]
    return Told({each.id: each for each in [*acknowledged, *still_open]}, acknowledged)


def test_what_is_there_in_order_is_good_and_copies_are_only_counted() -> None:
    found = judge(one_after_the_other(ORDER, REVIEW), [ORDER, REVIEW, ORDER, REVIEW, REVIEW])
    assert found.good
    assert (found.acknowledged, found.copies) == (2, 3)


@pytest.mark.parametrize("log", [[ORDER], [ORDER, REVIEW]], ids=["absent", "there"])
def test_what_was_never_acknowledged_may_be_there_or_not(log: Sequence[Place]) -> None:
    found = judge(one_after_the_other(ORDER, unacknowledged=[REVIEW]), log)
    assert found.good
    assert (found.open, found.open_but_there) == (1, len(log) - 1)


def test_what_was_acknowledged_and_is_not_there_is_lost() -> None:
    assert judge(one_after_the_other(ORDER, REVIEW), [REVIEW]).lost == ["order"]


def test_what_nobody_sent_is_strange() -> None:
    assert judge(one_after_the_other(ORDER), [ORDER, REVIEW]).strange == ["review"]


def test_what_stands_before_what_was_acknowledged_before_it_is_out_of_order() -> None:
    assert judge(one_after_the_other(ORDER, REVIEW), [REVIEW, ORDER, REVIEW]).disordered == ["review"]


def test_a_tombstone_must_stand_behind_what_it_erases() -> None:
    told = one_after_the_other(SEEN, ERASED)
    assert judge(told, [SEEN, ERASED]).good
    assert judge(told, [ERASED, SEEN]).disordered == [ERASED.id]


def test_a_late_copy_that_would_bring_an_erased_contact_back_is_told() -> None:
    told = one_after_the_other(SEEN, MOVED, ERASED)
    assert judge(told, [SEEN, MOVED, ERASED]).undone == []
    assert judge(told, [SEEN, MOVED, ERASED, MOVED]).undone == [1]


def test_a_newer_contact_that_was_not_acknowledged_may_stand_on_top() -> None:
    assert judge(one_after_the_other(SEEN, unacknowledged=[MOVED]), [SEEN, MOVED]).good
