"""The team's rates: shares with Wilson's interval, periods in the shop's days, tables made of parts."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.team import Part, Period, Point, period_of, rate, table, wilson

TOKYO = ZoneInfo("Asia/Tokyo")
TODAY = date(2026, 6, 10)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    # Worked out by hand from Wilson's formula with z = 1.96.
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (81, 263, 0.2553, 0.3662)],
)
def test_the_interval_is_wilsons(hits: int, of: int, low: float, high: float) -> None:
    assert wilson(hits, of) == pytest.approx((low, high), abs=1e-4)


@given(st.integers(1, 10_000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_the_interval_holds_the_share_and_stays_within_nothing_and_all(case: tuple[int, int]) -> None:
    hits, of = case
    low, high = wilson(hits, of)
    assert 0 <= low <= hits / of <= high <= 1


@given(st.integers(1, 500), st.integers(1, 500))
def test_more_cases_make_it_narrower(hits: int, more: int) -> None:
    low, high = wilson(hits, 2 * hits)
    lower, higher = wilson(hits + more, 2 * (hits + more))
    assert higher - lower <= high - low


def test_of_nothing_there_is_no_share() -> None:
    nothing = rate(0, 0)
    assert (nothing.share, nothing.low, nothing.high, nothing.few) == (None, None, None, True)


def test_below_twenty_is_few() -> None:
    assert rate(5, 19).few
    assert not rate(5, 20).few


def test_a_span_ends_today() -> None:
    assert period_of("today", None, None, TODAY) == Period(TODAY, TODAY)
    assert period_of("7", None, None, TODAY) == Period(date(2026, 6, 4), TODAY)
    assert period_of("28", None, None, TODAY) == Period(date(2026, 5, 14), TODAY)


def test_two_days_are_a_period_with_both_of_them() -> None:
    period = period_of(None, date(2026, 6, 1), date(2026, 6, 2), TODAY)
    assert period.bounds(TOKYO) == (
        datetime(2026, 5, 31, 15, tzinfo=UTC),
        datetime(2026, 6, 2, 15, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (None, None),
        (date(2026, 6, 1), None),
        (date(2026, 6, 2), date(2026, 6, 1)),
        (date(2025, 1, 1), date(2026, 6, 1)),
        (date(1, 1, 1), date(1, 1, 2)),
        (date(2100, 12, 31), date(2101, 1, 1)),
        (date(9999, 1, 1), date(9999, 12, 31)),
    ],
)
def test_what_is_no_period_is_refused(first: date | None, last: date | None) -> None:
    with pytest.raises(ValueError, match="not a period"):
        period_of(None, first, last, TODAY)


def test_a_month_is_drawn_by_days_and_a_quarter_by_weeks_from_monday() -> None:
    month, quarter = period_of("28", None, None, TODAY), period_of("90", None, None, TODAY)
    assert (month.unit, len(month.buckets())) == ("day", 28)
    assert quarter.unit == "week"
    assert all(at.weekday() == 0 for at in quarter.buckets())
    assert quarter.buckets()[0] <= quarter.first


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 365))
def test_every_day_of_a_period_has_its_bucket(first: date, days: int) -> None:
    last = date.fromordinal(first.toordinal() + days)
    period = Period(first, last)
    buckets = period.buckets()
    step = 1 if period.unit == "day" else 7
    assert buckets[0] <= first
    assert (last - buckets[-1]).days < step


def part(key: str | None, bucket: date | None = None, whole: bool = False, **counts: float) -> Part:
    return Part(whole, key, bucket, counts)


def test_parts_of_several_statements_become_one_row_each_and_a_total() -> None:
    made = table(
        [
            part("a", calls=10, reached=4, kept=1),
            part("b", calls=30, reached=20, kept=5),
            part("b", alerts=9, minutes=12.5),
            part(None, alerts=100),
            part(None, whole=True, calls=40, reached=24, kept=6),
            part("b", TODAY, reached=20, kept=5),
        ],
        Period(date(2026, 6, 9), TODAY),
        "reason",
    )
    assert [row.key for row in made.rows] == ["b", "a", None]
    first = made.rows[0].figures
    assert (first.counts.alerts, first.counts.minutes, first.reach.share) == (9, 12.5, 20 / 30)
    assert first.trend == [Point(date(2026, 6, 9), 0, 0), Point(TODAY, 20, 5)]
    assert (made.total.kept.hits, made.total.kept.of) == (6, 24)


def test_days_and_delivery_numbers_stand_in_their_order() -> None:
    parts = [part("10", calls=9), part("2", calls=1), part(None, calls=5), part("1", calls=3)]
    rows = table(parts, Period(TODAY, TODAY), "delivery").rows
    assert [row.key for row in rows] == ["1", "2", "10", None]
