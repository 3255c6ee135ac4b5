"""Filters narrow: each option takes away what it does not name."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from deploy.dead_letters.letter import Letter
from deploy.dead_letters.selection import Selection
from shared.kafka.replayed import Replayed

Parked = Callable[..., Letter]

RECEIVED = datetime(2026, 4, 2, 3, 4, 5, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("selection", "taken"),
    [
        (Selection(), True),
        (Selection(services=("ingest",)), True),
        (Selection(services=("scoring", "notifier")), False),
        (Selection(shop="kirei"), True),
        (Selection(shop="kire"), False),
        (Selection(cart="shopify", reasons=frozenset({"not_json", "wrong_shape"})), True),
        (Selection(cart="standard"), False),
        (Selection(reasons=frozenset({"not_json"})), False),
        (Selection(since=RECEIVED), True),
        (Selection(since=RECEIVED + SECOND), False),
        (Selection(until=RECEIVED), False),
        (Selection(since=RECEIVED - SECOND, until=RECEIVED + SECOND), True),
        (Selection(offsets=frozenset({16, 17})), True),
        (Selection(offsets=frozenset({16})), False),
    ],
)
def test_a_letter_is_taken_if_all_that_is_asked_is_true_of_it(
    webhook: Parked, selection: Selection, taken: bool
) -> None:
    assert selection.takes(webhook(), {}) is taken


def test_what_was_replayed_is_taken_only_if_asked_for(webhook: Parked) -> None:
    letter = webhook()
    notes = {letter.place: Replayed("replayed", 0, 17, RECEIVED, "translated", 1)}
    assert not Selection().takes(letter, notes)
    assert Selection(replayed_too=True).takes(letter, notes)


def test_a_note_about_the_same_offset_of_another_service_closes_nothing(webhook: Parked) -> None:
    notes = {("scoring", 0, 17): Replayed("replayed", 0, 17, RECEIVED, "put_back", 1)}
    assert Selection().takes(webhook(), notes)


def test_what_has_no_time_or_shop_is_in_no_time_and_no_shop(foreign: Letter) -> None:
    assert Selection().takes(foreign, {})
    assert not Selection(shop="kirei").takes(foreign, {})
