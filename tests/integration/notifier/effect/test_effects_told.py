"""What a marketer is told of a scenario, and whom contact makes leave is spared, on a real PostgreSQL."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from services.notifier.effects import Asked, Effects, Prices
from services.notifier.store.audit import Entry
from shared.postgres.engine import AsyncEngine
from tests.integration.notifier.effect.conftest import NOW, Shop

ENTRY = Entry("marie", "marketer", "do_not_wake", why="holdout_showed")
ASKED = Asked("churn_warning")
TOKYO = ZoneInfo("Asia/Tokyo")
_MANY = (
    "INSERT INTO enrolment (customer_ref, scenario, episode, version, kind, reason, cart, subscription,"
    " enrolled_at, held) SELECT 'demo/shopify/' || n, 'churn_warning', 'e' || n, 1 + n % 2, 'subscription',"
    " CASE WHEN n % 2 = 0 THEN 'bound_ended' ELSE 'skipped' END, 'demo/shopify', 's' || n,"
    " CAST(:now AS timestamptz) - make_interval(days => 70 + n % 3), n % 4 < 2"
    " FROM generate_series(1, 800) AS n"
)
# Of those who are sent to and came for the end of the promised deliveries, half leave; of all others a tenth.
_LEAVE = (
    "INSERT INTO happening (event_id, customer_ref, what, at, received_at, facts) SELECT gen_random_uuid(),"
    " customer_ref, 'subscription.cancelled', enrolled_at + interval '5 days', enrolled_at,"
    " jsonb_build_object('subscription', subscription) FROM (SELECT *,"
    " split_part(customer_ref, '/', 3)::int / 4 AS luck FROM enrolment) AS e WHERE CASE WHEN NOT held"
    " AND reason = 'bound_ended' THEN luck % 2 = 0 ELSE luck % 10 = 0 END"
)


@pytest.fixture
def effects(engine: AsyncEngine) -> Effects:
    prices = Prices({"mail": 0.2}, 350.0, 0.6)
    return Effects(engine, lambda: NOW, lambda: NOW, TOKYO, prices)


@pytest.fixture
async def many(shop: Shop) -> Shop:
    await shop.run(_MANY, now=NOW)
    await shop.run(_LEAVE)
    return shop


async def test_nobody_enrolled_is_nothing_told(effects: Effects) -> None:
    assert await effects.known() == []
    assert await effects.tell(ASKED) is None


async def test_both_arms_and_the_days_they_are_of_are_told(many: Shop, effects: Effects) -> None:
    told = await effects.tell(ASKED)

    assert told is not None
    outcomes = told.report.outcomes
    assert (outcomes.sent.enrolments, outcomes.held.enrolments) == (400, 400)
    assert outcomes.retention.value == pytest.approx(-0.2, abs=0.02)
    assert outcomes.verdict.state == "harmful"
    assert told.first == (NOW - timedelta(days=72)).astimezone(TOKYO).date()
    assert told.last == NOW.astimezone(TOKYO).date()
    assert (told.currency, told.scenario.enrolled, told.scenario.held) == ("JPY", 800, 400)


async def test_a_span_of_days_and_a_longer_window_leave_some_out(many: Shop, effects: Effects) -> None:
    day = (NOW - timedelta(days=70)).astimezone(TOKYO).date()
    of_a_day = await effects.tell(Asked("churn_warning", "own", day, day))
    watched = await effects.tell(replace(ASKED, days=90))

    assert of_a_day is not None
    assert of_a_day.report.outcomes.sent.enrolments + of_a_day.report.outcomes.held.enrolments == 266
    assert watched is not None
    assert (watched.report.left.observing_sent, watched.report.left.observing_held) == (400, 400)
    assert watched.report.outcomes.verdict.state == "too_few"


async def test_a_harmed_segment_is_spared_and_that_is_written_down(many: Shop, effects: Effects) -> None:
    added = await effects.spare(ASKED, "reason", "bound_ended", ENTRY)

    assert added == 400
    rows = await many.rows(
        "SELECT DISTINCT w.because, w.by, e.reason FROM do_not_wake AS w JOIN enrolment AS e"
        " USING (customer_ref)"
    )
    assert [tuple(row) for row in rows] == [("holdout_showed", "marie", "bound_ended")]
    written = await many.rows("SELECT who, what, why FROM audit_entry")
    assert [tuple(row) for row in written] == [("marie", "do_not_wake", "holdout_showed")]


async def test_a_segment_that_is_not_harmed_is_not_spared(many: Shop, effects: Effects) -> None:
    assert await effects.spare(ASKED, "reason", "skipped", ENTRY) is None
    assert await effects.spare(ASKED, "reason", "no such", ENTRY) is None
    assert await many.rows("SELECT 1 FROM do_not_wake") == []
    assert await many.rows("SELECT 1 FROM audit_entry") == []
