"""The team's figures on PostgreSQL: small cases, counted by hand."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.notifier.supervisor import Supervisor
from services.notifier.team import Figures, Period, Slice, Table
from shared.events.ids import derived_id
from tests.integration.notifier.desk.team.conftest import NOW, Insert

TODAY = Period(date(2026, 6, 10), date(2026, 6, 10))
DAY = timedelta(days=1)


async def total(supervisor: Supervisor, period: Period = TODAY, by: Slice = "reason") -> Figures:
    return (await table(supervisor, by, period)).total


async def table(supervisor: Supervisor, by: Slice, period: Period = TODAY) -> Table:
    return (await supervisor.figures(period, by))[0]


def rates(found: Table) -> dict[str | None, tuple[int, int]]:
    return {row.key: (row.figures.kept.hits, row.figures.kept.of) for row in found.rows}


async def test_without_calls_every_figure_is_empty(supervisor: Supervisor) -> None:
    found = await total(supervisor)
    assert found.counts.calls == 0
    assert (found.reach.share, found.counts.minutes) == (None, None)


async def test_reach_and_kept_are_counted_over_calls(supervisor: Supervisor, alert: Any, talk: Any) -> None:
    outcomes = (
        "kept",
        "kept_modified",
        "paused",
        "cancelled",
        "callback",
        "dnc",
        "no_answer",
        "wrong_number",
    )
    for outcome in outcomes:
        await alert(outcome)
        await talk(outcome, outcome)
    found = await total(supervisor)
    assert (found.reach.hits, found.reach.of) == (6, 8)
    assert (found.kept.hits, found.kept.of) == (3, 6)


async def test_the_period_is_of_the_shops_days(supervisor: Supervisor, alert: Any, talk: Any) -> None:
    midnight = datetime(2026, 6, 9, 15, tzinfo=UTC)
    for name, at in (("before", midnight - timedelta(seconds=1)), ("after", midnight)):
        await alert(name)
        await talk(name, "kept", at=at)
    assert (await total(supervisor)).counts.calls == 1
    both = await table(supervisor, "day", Period(date(2026, 6, 9), date(2026, 6, 10)))
    assert rates(both) == {"2026-06-09": (1, 1), "2026-06-10": (1, 1)}
    assert [(point.reached, point.kept) for point in both.total.trend] == [(1, 1), (1, 1)]


async def test_each_slice_puts_calls_and_alerts_where_they_belong(
    supervisor: Supervisor, alert: Any, talk: Any, event: Any
) -> None:
    await alert("1", delivery_number=3)
    await talk("1", "kept", delivery_number=3, reason="too_much")
    await alert("2", delivery_number=14, band="critical", kind="repeat")
    await talk("2", "cancelled", delivery_number=14, band="critical", kind="repeat", agent="ken")
    await event("1", "order.paid", NOW - 30 * DAY, ', "order": "o1"', "demo/shopify/~subscription/s1")
    await event("1", "order.placed", NOW - 30 * DAY, ', "order": "o1", "lines": [{"title": "青汁"}]')
    kept, left = (1, 1), (0, 1)
    assert rates(await table(supervisor, "delivery")) == {"3": kept, "12": left}
    assert rates(await table(supervisor, "band")) == {"high": kept, "critical": left}
    assert rates(await table(supervisor, "kind")) == {"subscription": kept, "repeat": left}
    assert rates(await table(supervisor, "agent")) == {"misaki": kept, "ken": left}
    assert rates(await table(supervisor, "call_reason")) == {"too_much": kept, None: left}
    assert rates(await table(supervisor, "product")) == {"青汁": kept, None: left}
    assert rates(await table(supervisor, "reason")) == {"skipped": (1, 2)}


async def test_the_first_call_is_measured_from_the_alert_and_against_its_cut_off(
    supervisor: Supervisor, alert: Any, talk: Any
) -> None:
    raised = NOW - timedelta(hours=2)
    await alert("in time", cutoff=NOW + DAY)
    await talk("in time", "no_answer", at=raised + timedelta(minutes=16))
    await talk("in time", "kept", attempt=2, at=raised + timedelta(minutes=90))
    await alert("too late", cutoff=raised + timedelta(minutes=5))
    await talk("too late", "kept", at=raised + timedelta(minutes=36))
    await alert("never", cutoff=NOW - timedelta(minutes=1))
    await alert("still open", cutoff=NOW + DAY)
    await alert("no parcel")
    await alert("parked", cutoff=NOW - timedelta(minutes=1), parked=True)
    await alert("gone", cutoff=NOW - timedelta(minutes=1), state="withdrawn", closed_at=NOW)
    found = await total(supervisor)
    assert found.counts.alerts == 7
    assert (found.in_time.hits, found.in_time.of) == (1, 3)
    assert found.counts.minutes == 20  # of 10 and 30, for a call begins with the claim


async def test_offers_count_with_the_cost_of_those_accepted(
    supervisor: Supervisor, alert: Any, talk: Any
) -> None:
    for name, answer in (("1", "accepted"), ("2", "accepted"), ("3", "declined")):
        await alert(name)
        await talk(name, "kept", offer="gift", answer=answer, cost_amount=300)
    found = await total(supervisor)
    assert (found.accepted.hits, found.accepted.of) == (2, 3)
    assert (found.counts.cost, found.counts.currency) == (600, "JPY")


async def test_requests_to_leave_are_counted_apart_from_talks(
    supervisor: Supervisor, insert: Insert, alert: Any
) -> None:
    kept_alert = await alert("1", delivery_number=2)
    yesterday = NOW - DAY
    requests = [
        ("done today", NOW, "done", NOW + timedelta(hours=1)),
        ("done a day later", yesterday, "done", NOW),
        ("taken back", NOW, "taken_back", NOW),
        ("waiting since yesterday", yesterday, "requested", None),
        ("waiting since today", NOW, "requested", None),
    ]
    for number, recorded, state, done in requests:
        await insert(
            "cancellation",
            id=derived_id("cancellation", number),
            number=number,
            customer_ref="demo/shopify/1",
            cart="demo/shopify",
            subscription=number,
            source="desk",
            agent="misaki",
            alert=kept_alert,
            requested_at=recorded,
            recorded_at=recorded,
            next_parcel="unknown",
            state=state,
            done_at=done,
        )
    found = await table(supervisor, "delivery", Period(date(2026, 6, 9), date(2026, 6, 10)))
    (row,) = found.rows
    assert row.key == "2"
    assert (found.total.saved.hits, found.total.saved.of, found.total.counts.requests) == (1, 3, 5)
    assert (found.total.same_day.hits, found.total.same_day.of) == (1, 3)
    assert row.figures.saved == found.total.saved
