"""Frequency cap: the first moment at which one more message keeps every limit."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.scenarios.cap import CAPS, Cap, free_at, longest

NOW = datetime(2026, 3, 10, tzinfo=UTC)
ago = st.timedeltas(timedelta(), timedelta(days=40))


def days(count: float) -> timedelta:
    return timedelta(days=count)


def test_who_got_nothing_is_free_now() -> None:
    assert free_at(CAPS, [], NOW) == NOW


def test_the_strictest_cap_decides() -> None:
    sends = [NOW - days(1), NOW - days(10), NOW - days(20), NOW - days(22)]
    assert free_at(CAPS, sends, NOW) == NOW + days(8)


def test_without_caps_everyone_is_free() -> None:
    assert free_at([], [NOW] * 9, NOW) == NOW
    assert longest([]) == timedelta()


def test_the_facts_must_reach_as_far_back_as_the_longest_cap() -> None:
    assert longest(CAPS) == days(30)
    assert longest([Cap(2, days(7))]) == days(7)


@given(st.lists(ago, max_size=8))
def test_the_free_moment_is_the_first_that_keeps_every_cap(gaps: list[timedelta]) -> None:
    sends = [NOW - gap for gap in gaps]
    free = free_at(CAPS, sends, NOW)

    def kept(moment: datetime) -> bool:
        return all(sum(moment - sent < cap.within for sent in sends) < cap.count for cap in CAPS)

    assert kept(free)
    assert free == NOW or not kept(free - timedelta(microseconds=1))


@given(st.lists(ago, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_the_sends_does_not_matter(gaps: list[timedelta], random: object) -> None:
    sends = [NOW - gap for gap in gaps]
    assert free_at(CAPS, sends, NOW) == free_at(CAPS, sends[::-1], NOW)
