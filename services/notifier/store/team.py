"""Team: counts of the desk's calls, alerts and requests to leave, by slice and by day or week."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import TextClause, text

from services.notifier.alert import KEPT
from services.notifier.team import MOST_DELIVERIES, UNREACHED, Part, Slice, Unit
from shared.postgres.engine import AsyncConnection

# Days after the second parcel was due, for it to be paid; and the cycle of a contract of which none was told.
GRACE_DAYS = 14
USUAL_CYCLE_DAYS = 30


@dataclass(frozen=True, slots=True)
class Question:
    """What to count: real time `since` to `until`; `today` is the shop's day in business time."""

    since: datetime
    until: datetime
    by: Slice
    unit: Unit
    zone: str
    business_now: datetime
    today: date


# Some carts tell of a contract without saying whose it is: then the contract itself is the reference.
_OF_CONTRACT = (
    "h.customer_ref IN ({of}.customer_ref, {of}.cart || '/~subscription/' || {of}.subscription)"
    " AND h.facts->>'subscription' = {of}.subscription"
)
_PRODUCT = (
    "(SELECT COALESCE(p.facts->'lines'->0->>'title', p.facts->'lines'->0->>'product')"
    " FROM happening AS p WHERE p.customer_ref = {of}.customer_ref AND p.what = 'order.placed'"
    " AND p.facts->'lines'->0 IS NOT NULL AND (p.facts->>'subscription' = {of}.subscription"
    " OR p.facts->>'order' IN (SELECT h.facts->>'order' FROM happening AS h WHERE {contract}))"
    " ORDER BY p.at DESC LIMIT 1)"
).replace("{contract}", _OF_CONTRACT)
# The slice's value of a call (d), of an alert (a) with its first call (f), and of a request to leave (c).
_SLICES: dict[Slice, tuple[str, str, str]] = {
    "day": ("{day}", "{day}", "{day}"),
    "reason": ("d.top_reason", "a.reasons->0->>'code'", "a.reasons->0->>'code'"),
    "call_reason": ("d.reason", "f.reason", "c.reason"),
    "kind": ("d.kind", "a.kind", "COALESCE(a.kind, 'subscription')"),
    "product": (_PRODUCT.format(of="d"), _PRODUCT.format(of="a"), _PRODUCT.format(of="c")),
    "delivery": ("{delivery}", "{delivery}", "{delivery}"),
    "agent": ("d.agent", "f.agent", "c.agent"),
    "band": ("d.band", "a.band", "a.band"),
}
_GROUPED = (
    "GROUPING(slice) = 1 AS whole, GROUPING(bucket) = 1 AS every, slice, bucket"
    " FROM counted GROUP BY GROUPING SETS ((), (bucket), (slice), (slice, bucket))"
)
# What became of the contract after a call. A call is ripe once two parcels could have been paid since and it
# is clear whether they were; a contract that goes on without them, skipped or paused, is observed further.
_FATE = (
    " LEFT JOIN LATERAL (SELECT"
    " COALESCE((SELECT (h.facts->'cycle'->>'count')::float * CASE h.facts->'cycle'->>'unit'"
    " WHEN 'day' THEN 1 WHEN 'week' THEN 7 WHEN 'month' THEN 30.44 ELSE 365.25 END"
    " FROM happening AS h WHERE {contract} AND h.facts->'cycle' IS NOT NULL AND h.at <= d.business_at"
    " ORDER BY h.at DESC LIMIT 1), :usual_cycle) AS cycle,"
    " (SELECT paid.at FROM (SELECT min(h.at) AS at FROM happening AS h"
    " WHERE {contract} AND h.what = 'order.paid' AND h.at > d.business_at"
    " GROUP BY h.facts->>'order' ORDER BY 1 OFFSET 1 LIMIT 1) AS paid) AS second,"
    " (SELECT min(h.at) FROM happening AS h WHERE {contract}"
    " AND h.what = 'subscription.cancelled' AND h.at > d.business_at) AS cancelled,"
    " EXISTS (SELECT FROM happening AS h WHERE {contract} AND h.what = 'subscription.expired') AS expired,"
    " EXISTS (SELECT FROM customer_mark AS m WHERE m.customer_ref = d.customer_ref"
    " AND m.erased_at IS NOT NULL) AS erased"
    ") AS x ON d.subscription IS NOT NULL AND d.disposition <> ALL(:unreached)"
).replace("{contract}", _OF_CONTRACT.format(of="d"))
_STAYED = "(x.second IS NOT NULL AND (x.cancelled IS NULL OR x.cancelled > x.second))"
_CALLS = (
    "WITH called AS (SELECT {slice} AS slice, {bucket} AS bucket, d.*,"
    " d.disposition <> ALL(:unreached) AS reached, d.disposition = ANY(:kept) AS is_kept,"
    " COALESCE(a.due, d.business_at + make_interval(secs => x.cycle * 86400))"
    " + make_interval(secs => (x.cycle + :grace) * 86400) <= :business_now AS is_old,"
    " d.disposition = ANY(:kept) AND {stayed} AS stayed,"
    " d.disposition <> ALL(:kept) OR {stayed} OR x.cancelled IS NOT NULL AS is_clear,"
    " x.expired OR x.erased AS untold"
    " FROM disposition AS d JOIN alert AS a ON a.id = d.alert{fate}"
    " WHERE d.at >= :since AND d.at < :until),"
    " counted AS (SELECT *, NOT untold AND is_old AND is_clear AS is_ripe FROM called)"
    " SELECT count(*) AS calls, count(*) FILTER (WHERE reached) AS reached,"
    " count(*) FILTER (WHERE is_kept) AS kept, count(*) FILTER (WHERE is_ripe) AS ripe,"
    " count(*) FILTER (WHERE is_ripe AND stayed) AS durable,"
    " count(*) FILTER (WHERE is_kept AND NOT untold AND NOT (is_old AND is_clear)) AS observing,"
    " count(offer) AS offers, count(*) FILTER (WHERE answer = 'accepted') AS accepted,"
    " COALESCE(sum(cost_amount) FILTER (WHERE answer = 'accepted'), 0)::bigint AS cost,"
    " max(value_currency) AS currency, {grouped}"
)
_ALERTS = (
    "WITH counted AS (SELECT {slice} AS slice, {bucket} AS bucket,"
    " extract(epoch FROM f.claimed_at - a.raised_at) / 60 AS waited,"
    " a.cutoff IS NOT NULL AND (f.business_at IS NOT NULL OR (a.cutoff <= :business_now"
    " AND a.state <> 'withdrawn' AND NOT a.parked)) AS is_due, f.business_at <= a.cutoff AS is_in_time"
    " FROM alert AS a LEFT JOIN LATERAL (SELECT * FROM disposition AS d WHERE d.alert = a.id"
    " ORDER BY d.attempt LIMIT 1) AS f ON true WHERE a.raised_at >= :since AND a.raised_at < :until)"
    " SELECT count(*) AS alerts, count(*) FILTER (WHERE is_due) AS due,"
    " count(*) FILTER (WHERE is_due AND is_in_time) AS in_time,"
    " percentile_cont(0.5) WITHIN GROUP (ORDER BY waited)::float AS minutes, {grouped}"
)
_REQUESTS = (
    "WITH counted AS (SELECT {slice} AS slice, {bucket} AS bucket, c.state,"
    " (c.requested_at AT TIME ZONE :zone)::date AS day,"
    " (c.done_at AT TIME ZONE :zone)::date AS done FROM cancellation AS c"
    " LEFT JOIN alert AS a ON a.id = c.alert WHERE c.recorded_at >= :since AND c.recorded_at < :until)"
    " SELECT count(*) AS requests, count(*) FILTER (WHERE state <> 'requested') AS ended,"
    " count(*) FILTER (WHERE state = 'taken_back') AS taken_back,"
    " count(*) FILTER (WHERE state = 'done' OR (state = 'requested' AND day < :today)) AS dated,"
    " count(*) FILTER (WHERE state = 'done' AND done = day) AS same_day, {grouped}"
)


async def counted(connection: AsyncConnection, question: Question) -> list[Part]:
    """Everything that `Counts` holds, in parts that are to be put together."""
    given = {
        "since": question.since,
        "until": question.until,
        "zone": question.zone,
        "unit": question.unit,
    }
    now = {"business_now": question.business_now}
    ways = {"unreached": list(UNREACHED), "kept": sorted(KEPT)}
    fate = {"grace": float(GRACE_DAYS), "usual_cycle": float(USUAL_CYCLE_DAYS)}
    return [
        *await _read(connection, _statement(_CALLS, question, 0), given | now | ways | fate),
        *await _read(connection, _statement(_ALERTS, question, 1), given | now),
        *await _read(connection, _statement(_REQUESTS, question, 2), given | {"today": question.today}),
    ]


async def _read(connection: AsyncConnection, statement: TextClause, given: dict[str, Any]) -> list[Part]:
    found = []
    for row in await connection.execute(statement, given):
        counts = {name: value for name, value in row._mapping.items() if name not in _PLACE}
        found.append(Part(row.whole, row.slice, None if row.every else row.bucket, counts))
    return found


_PLACE = ("whole", "every", "slice", "bucket")
_TIMES = ("d.at", "a.raised_at", "c.recorded_at")
_DELIVERIES = ("d.delivery_number", "a.delivery_number", "a.delivery_number")


def _statement(template: str, question: Question, which: int) -> TextClause:
    """Put together from our own words only."""
    words = {
        "{slice}": _SLICES[question.by][which],
        "{bucket}": f"date_trunc(:unit, {_TIMES[which]} AT TIME ZONE :zone)::date",
        "{grouped}": _GROUPED,
        "{fate}": _FATE,
        "{stayed}": _STAYED,
        "{day}": f"({_TIMES[which]} AT TIME ZONE :zone)::date::text",
        "{delivery}": f"LEAST({_DELIVERIES[which]}, {MOST_DELIVERIES})::text",
    }
    for word, meaning in words.items():
        template = template.replace(word, meaning)
    return text(template)
