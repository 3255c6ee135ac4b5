"""Engagement: pages, mails and LINE; what no source told of is unknown."""

from collections.abc import Callable
from datetime import datetime
from math import isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.features.days import calendar_day, moment, seconds
from services.scoring.features.engagement import (
    MAIL_NAMES,
    PAGE_NAMES,
    REMEMBERED_DAYS,
    Engagement,
    read,
    update,
)
from shared.events.engagement import (
    LineBlocked,
    LineFollowed,
    MailBounced,
    MailClicked,
    MailOpened,
    Page,
    PageViewed,
)
from shared.events.envelope import Envelope

Fact = Callable[..., Envelope]
Day = Callable[[float], datetime]


def folded(*events: Envelope) -> Engagement:
    state = Engagement()
    for event in events:
        state = update(state, event)
    return state


def test_where_no_source_ever_told_of_the_customer_all_is_unknown(day: Day) -> None:
    seen = read(Engagement(), day(0))
    assert seen.pop("knows_engagement") == 0
    assert all(isnan(value) for value in seen.values())


def test_a_shop_without_the_sites_tag_knows_its_mails_alone(fact: Fact, day: Day) -> None:
    seen = read(folded(fact(MailOpened(), 1)), day(2))
    assert seen["knows_engagement"] == 1
    assert all(isnan(seen[name]) for name in (*PAGE_NAMES, "line_blocked"))
    assert seen["mail_clicks_30"] == 0
    assert isnan(seen["days_since_mail_click"])


def test_views_of_the_cancellation_page_are_counted_by_the_day_and_decay(fact: Fact, day: Day) -> None:
    """Days begin at nine in UTC: at 15:00 the day after, in Tokyo, it was yesterday."""
    views = [fact(PageViewed("cancel"), at) for at in (2.0, 9.05, 9.1)]
    state = folded(*views, fact(PageViewed("product"), 9.2))
    seen = read(state, day(10.25))
    assert seen["cancel_views_last"] == 2
    assert seen["cancel_views_week"] == 2
    assert seen["days_since_cancel_page"] == pytest.approx(1.15)
    assert seen["cancel_pages_7"] == pytest.approx(sum(0.5 ** (age / 7) for age in (8.25, 1.2, 1.15)))
    assert seen["pages_30"] == pytest.approx(sum(0.5 ** (age / 30) for age in (8.25, 1.2, 1.15, 1.05)))
    later = read(state, day(30))
    assert (later["cancel_views_week"], later["cancel_views_last"]) == (0, 2)


@given(st.lists(st.integers(0, 40 * 24), max_size=60).map(sorted), st.integers(0, 20 * 24))
def test_the_counted_views_are_those_a_person_would_count(hours: list[int], later: int) -> None:
    times = [hour * 3600.0 for hour in hours]
    state = Engagement()
    for at in times:
        state = update(state, _viewed(at))
    now = max(times, default=0.0) + later * 3600.0
    seen = read(state, moment(now))
    if times:
        days = [calendar_day(at) for at in times]
        assert seen["cancel_views_last"] == days.count(days[-1])
        week = range(calendar_day(now) - REMEMBERED_DAYS + 1, calendar_day(now) + 1)
        assert seen["cancel_views_week"] == sum(each in week for each in days)


def _viewed(at: float) -> Envelope:
    return Envelope(
        id=str(at),
        source="/shops/shop/site",
        subject="shop/shopify/1",
        time=moment(at),
        shop="shop",
        receivedat=moment(at),
        correlationid="webhook",
        data=PageViewed("cancel"),
    )


@pytest.mark.parametrize("page", ["skip", "account", "faq"])
def test_each_page_has_a_counter_of_its_own(page: Page, fact: Fact, day: Day) -> None:
    seen = read(folded(fact(PageViewed(page), 0)), day(30))
    assert seen[f"{page}_pages_30"] == pytest.approx(0.5)
    assert seen["cancel_pages_30"] == 0
    assert isnan(seen["days_since_cancel_page"])
    assert seen["cancel_views_last"] == 0


def test_the_days_without_an_opened_mail_are_counted(fact: Fact, day: Day) -> None:
    seen = read(folded(fact(MailOpened(), 1), fact(MailClicked(), 2), fact(MailOpened(), 10)), day(70))
    assert seen["days_since_mail_open"] == 60
    assert seen["days_since_mail_click"] == 68
    assert seen["mail_opens_30"] == pytest.approx(0.25 + 0.5 ** (69 / 30))


def test_a_dead_address_is_alive_once_a_mail_is_opened_from_it(fact: Fact, day: Day) -> None:
    full = folded(fact(MailBounced(permanent=False), 1))
    assert read(full, day(2))["mail_dead"] == 0
    assert all(name in read(full, day(2)) for name in MAIL_NAMES)
    dead = update(full, fact(MailBounced(), 2))
    assert read(update(dead, fact(MailBounced(permanent=False), 3)), day(4))["mail_dead"] == 1
    assert read(update(dead, fact(MailOpened(), 3)), day(4))["mail_dead"] == 0


def test_who_blocks_on_line_and_comes_back_is_a_friend_again(fact: Fact, day: Day) -> None:
    blocked = folded(fact(LineFollowed(), 1), fact(LineBlocked(), 5), fact(LineBlocked(), 6))
    assert read(blocked, day(17))["line_blocked"] == 1
    assert read(blocked, day(17))["days_since_line_block"] == 12
    again = read(update(blocked, fact(LineFollowed(), 20)), day(21))
    assert again["line_blocked"] == 0
    assert isnan(again["days_since_line_block"])


def test_a_moment_of_the_evening_in_utc_is_of_the_next_day_in_tokyo(day: Day) -> None:
    assert calendar_day(seconds(day(0.7))) == calendar_day(seconds(day(0))) + 1
