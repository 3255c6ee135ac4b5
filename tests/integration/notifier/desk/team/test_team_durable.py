"""Whom a call kept for good: two more parcels paid, and no cancellation before."""

from datetime import date, timedelta
from typing import Any

from services.notifier.supervisor import Supervisor
from services.notifier.team import Figures, Period
from tests.integration.notifier.desk.team.conftest import NOW, Insert

DAY = timedelta(days=1)
SPRING = Period(date(2026, 3, 1), date(2026, 6, 10))


async def total(supervisor: Supervisor) -> Figures:
    return (await supervisor.figures(SPRING, "reason"))[0].total


async def test_durable_is_who_was_paid_two_parcels_and_did_not_cancel_before(
    supervisor: Supervisor, alert: Any, talk: Any, event: Any
) -> None:
    long_ago = NOW - 100 * DAY
    names = ("stayed", "left", "stayed then left", "one parcel twice", "said no", "nobody there")
    for name in names:
        await alert(name, raised_at=long_ago, due=long_ago + 6 * DAY)
        outcome = {"said no": "cancelled", "nobody there": "no_answer"}.get(name, "kept")
        await talk(name, outcome, at=long_ago)
    for name in ("stayed", "stayed then left"):
        await event(name, "order.paid", long_ago + 6 * DAY, ', "order": "o1"')
        await event(name, "order.paid", long_ago + 36 * DAY, ', "order": "o2"')
    await event("stayed then left", "subscription.cancelled", long_ago + 50 * DAY)
    await event("left", "order.paid", long_ago + 6 * DAY, ', "order": "o1"')
    await event("left", "subscription.cancelled", long_ago + 10 * DAY)
    await event("one parcel twice", "order.paid", long_ago + 6 * DAY, ', "order": "o1"')
    await event("one parcel twice", "order.paid", long_ago + 7 * DAY, ', "order": "o1"')
    found = await total(supervisor)
    # Of the five who were reached one has not come so far, though there was time: he is watched further.
    assert (found.durable.hits, found.durable.of, found.counts.observing) == (2, 4, 1)


async def test_who_could_not_have_had_two_parcels_is_observed_whatever_was_said(
    supervisor: Supervisor, alert: Any, talk: Any, event: Any
) -> None:
    for name, outcome in (("young", "kept"), ("young and gone", "cancelled")):
        await alert(name, due=NOW + 5 * DAY)
        await talk(name, outcome, at=NOW - DAY)
    found = await total(supervisor)
    assert (found.durable.of, found.counts.observing) == (0, 1)


async def test_a_long_cycle_is_given_its_time(
    supervisor: Supervisor, alert: Any, talk: Any, event: Any
) -> None:
    long_ago = NOW - 100 * DAY
    for name in ("monthly", "quarterly"):
        await alert(name, raised_at=long_ago, due=long_ago + 6 * DAY)
        await talk(name, "cancelled", at=long_ago)
    await event(
        "quarterly", "subscription.started", long_ago - DAY, ', "cycle": {"unit": "month", "count": 3}'
    )
    assert (await total(supervisor)).durable.of == 1


async def test_who_is_erased_or_whose_contract_ran_out_says_nothing_about_durability(
    supervisor: Supervisor, alert: Any, talk: Any, event: Any, insert: Insert
) -> None:
    long_ago = NOW - 100 * DAY
    for name in ("erased", "ran out"):
        await alert(name, raised_at=long_ago)
        await talk(name, "kept", at=long_ago)
    await insert("customer_mark", customer_ref="demo/shopify/erased", erased_at=NOW)
    await event("ran out", "subscription.expired", long_ago + 3 * DAY)
    found = await total(supervisor)
    assert (found.durable.of, found.counts.observing, found.kept.hits) == (0, 0, 2)
