"""What a fan-out remembers: enough for who was away for a moment, and no name longer than it may."""

from datetime import UTC, datetime
from typing import Any

from services.notifier.recent import Recent
from services.notifier.store.cards import Card, Told
from shared.events.money import Money

NOW = datetime(2026, 6, 10, 15, 30, tzinfo=UTC)


def told(seq: int, alert: str = "a", what: str = "raised", **changes: Any) -> Told:
    wanted = {"id": alert, "state": "raised", "name": "山田 花子", "value": Money(1, "JPY"), **changes}
    fields = {field: None for field in Card.__struct_fields__} | wanted
    return Told(seq, what, Card(**fields))


def remembering(*changes: Told, most: int = 10) -> Recent:
    recent = Recent(0, most)
    for change in changes:
        recent.add(change)
    return recent


def test_who_was_away_is_told_each_change_once_in_order() -> None:
    recent = remembering(told(1), told(2, "b"), told(3, what="claimed"), told(4, "b"))

    missed = recent.between(1, 3) or []

    assert [(one.seq, one.what, one.card.id) for one in missed] == [(2, "raised", "b"), (3, "claimed", "a")]


def test_an_old_change_is_told_with_the_alert_as_it_is_now() -> None:
    recent = remembering(told(1, probability=0.5), told(2, what="refreshed", probability=0.9))

    assert [one.card.probability for one in recent.between(0, 2) or []] == [0.9, 0.9]


def test_of_a_closed_alert_no_name_is_remembered() -> None:
    recent = remembering(told(1), told(2, what="resolved", state="resolved"))

    assert [one.card.name for one in recent.between(0, 2) or []] == ["山•••", "山•••"]


def test_who_was_away_for_longer_must_be_told_by_the_database() -> None:
    recent = remembering(*[told(seq, str(seq)) for seq in range(1, 6)], most=3)

    assert recent.between(1, 5) is None
    assert [one.seq for one in recent.between(2, 5) or []] == [3, 4, 5]
    assert recent.between(9, 5) is None
