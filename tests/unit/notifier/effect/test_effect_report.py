"""The report: who is compared, segments that contact harms, words against words, and what is left out."""

from typing import Any

import pytest

from services.notifier.effect.holm import holm
from services.notifier.effect.report import report
from services.notifier.effect.segments import key_of
from services.notifier.effect.unit import Choice, Drawn, Unit


def units(many: int, kept: int, held: bool, **same: Any) -> list[Unit]:
    """So many, of whom so many were retained, each with one order of 1,000."""
    fields = {"orders": 1, "sales": 1_000, "cost": 0.0 if held else 100.0, **same}
    name = f"{held} {same}"
    return [Unit(f"{name} {at}", held, retained=at < kept, **fields) for at in range(many)]


def test_both_arms_are_counted_and_what_cannot_be_told_stands_apart() -> None:
    found = report(
        [
            *units(100, 90, held=False),
            *units(50, 40, held=True),
            *units(7, 7, held=False, ripe=False),
            *units(3, 3, held=True, ripe=False),
            *units(2, 2, held=False, erased=True),
        ],
        Choice(margin=0.5),
    )

    sent, held = found.outcomes.sent, found.outcomes.held
    assert (sent.enrolments, sent.retained, sent.sales, sent.profit, sent.cost) == (
        100,
        90,
        100_000,
        50_000,
        10_000,
    )
    assert (held.enrolments, held.retained) == (50, 40)
    assert found.outcomes.retention.value == pytest.approx(0.1)
    assert found.outcomes.cost.value == pytest.approx(100.0)
    left = found.left
    assert (left.observing_sent, left.observing_held, left.erased_sent, left.erased_held) == (7, 3, 2, 0)


def test_a_second_enrolment_counts_only_where_all_are_asked_for() -> None:
    both = [*units(20, 10, held=False), *units(20, 10, held=True), *units(10, 0, held=False, first=False)]
    assert report(both, Choice()).outcomes.sent.enrolments == 20
    assert report(both, Choice(entries="all")).outcomes.sent.enrolments == 30


def test_whom_no_message_would_have_reached_can_be_left_out_of_both_arms() -> None:
    those = [
        *units(20, 15, held=False),
        *units(10, 10, held=False, reached=False),
        *units(20, 10, held=True),
        *units(5, 5, held=True, reached=False),
    ]
    found = report(those, Choice(part="reached")).outcomes
    assert (found.sent.enrolments, found.held.enrolments) == (20, 20)
    assert found.retention.value == pytest.approx(0.25)


def test_a_segment_that_contact_makes_leave_is_found_and_the_others_are_not() -> None:
    those = [
        *units(300, 200, held=False, reason="bound_ended"),
        *units(100, 95, held=True, reason="bound_ended"),
        *units(300, 270, held=False, reason="skipped"),
        *units(100, 80, held=True, reason="skipped"),
        *units(30, 20, held=False),
    ]
    found = [one for one in report(those, Choice()).segments if one.by == "reason"]
    assert [(one.key, one.sent, one.held, one.harmful) for one in found] == [
        ("bound_ended", 300, 100, True),
        ("skipped", 300, 100, False),
        (None, 30, 0, False),
    ]


@pytest.mark.parametrize(
    ("number", "key"), [(None, None), (1, "1"), (3, "3"), (4, "4-6"), (6, "4-6"), (7, "7+"), (40, "7+")]
)
def test_delivery_numbers_lie_in_bands(number: int | None, key: str | None) -> None:
    assert key_of(Unit("a", False, delivery=number), "delivery", (0, 0)) == key


def test_customers_are_parted_in_three_by_what_they_spent_before() -> None:
    those = [unit for before in (0, 5_000, 20_000) for unit in units(30, 20, held=False, before=before)]
    found = [(one.key, one.sent) for one in report(those, Choice()).segments if one.by == "spent"]
    assert found == [("low", 30), ("middle", 30), ("high", 30)]


def test_words_are_compared_within_a_step_and_a_way() -> None:
    def got(creative: str, way: str = "mail") -> tuple[Drawn, ...]:
        return (Drawn("first", way, creative),)

    those = [
        *units(200, 120, held=False, drawn=got("a")),
        *units(200, 170, held=False, drawn=got("b")),
        *units(200, 120, held=False, drawn=got("c")),
        *units(50, 20, held=False, drawn=got("a", "line")),
    ]
    found = report(those, Choice()).contests
    assert [(one.way, one.base, one.other, one.of_base, one.of_other) for one in found] == [
        ("mail", "a", "b", 200, 200),
        ("mail", "a", "c", 200, 200),
    ]
    assert found[0].retention.value == pytest.approx(0.25)
    assert found[0].p is not None
    assert found[0].p < 0.001
    assert found[1].p == 1.0


def test_of_many_questions_holm_believes_the_surest_least_easily() -> None:
    assert holm([0.01, None, 0.04, 0.03]) == pytest.approx([0.03, None, 0.06, 0.06])


def test_nothing_at_all_is_a_report_too() -> None:
    found = report([], Choice())
    assert found.outcomes.verdict.state == "too_few"
    assert found.outcomes.retention.value is None
    assert (found.segments, found.contests, found.needed) == ([], [], None)
