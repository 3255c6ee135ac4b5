"""Effects: who was enrolled in a scenario, in which arm, and what happened to each in the window after."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import text
from sqlalchemy.engine import Row

from services.notifier.effect.unit import Drawn, Unit
from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Question:
    """Enrolments from `since` to before `until`, of `version` only where one is named; all business time.

    `prices` are by way of a message, `call` is that of a call, in the currency's smallest unit; what an
    action itself says it cost goes first.
    """

    scenario: str
    since: datetime
    until: datetime
    window: timedelta
    now: datetime
    prices: Mapping[str, float]
    call: float
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """A scenario that anybody was ever enrolled in; `title` is its newest, None if it is gone."""

    key: str
    title: str | None
    version: int | None
    enrolled: int
    held: int
    first: datetime


_KNOWN = text(
    "SELECT e.scenario AS key, v.body->>'title' AS title, s.version, count(*) AS enrolled,"
    " count(*) FILTER (WHERE e.held) AS held, min(e.enrolled_at) AS first FROM enrolment AS e"
    " LEFT JOIN scenario AS s ON s.key = e.scenario"
    " LEFT JOIN scenario_version AS v ON v.key = s.key AND v.version = s.version"
    " GROUP BY 1, 2, 3 ORDER BY enrolled DESC, key"
)
_CART = "split_part(h.customer_ref, '/', 1) || '/' || split_part(h.customer_ref, '/', 2)"
# Every account of whoever is asked about: the holdout is drawn for an account, the outcome is a person's.
_WHO = (
    "WITH mine AS MATERIALIZED (SELECT e.*, COALESCE(s.person, e.customer_ref) AS person,"
    " e.enrolled_at + make_interval(secs => :window) AS closes, row_number() OVER (PARTITION BY"
    " COALESCE(s.person, e.customer_ref) ORDER BY e.enrolled_at, e.episode, e.customer_ref) = 1 AS is_first"
    " FROM enrolment AS e LEFT JOIN same_person AS s ON s.account = e.customer_ref"
    " WHERE e.scenario = :scenario),"
    " chosen AS MATERIALIZED (SELECT * FROM mine WHERE enrolled_at >= :since AND enrolled_at < :until"
    " AND (CAST(:version AS int) IS NULL OR version = :version)),"
    " member AS MATERIALIZED (SELECT DISTINCT c.person, COALESCE(s.account, c.customer_ref) AS account"
    " FROM chosen AS c LEFT JOIN same_person AS s ON s.person = c.person),"
)
# Orders that stand, once each, with what was paid back of them taken off; cancellations and refunds may name
# the order alone.
_ORDERS = (
    " placed AS MATERIALIZED (SELECT m.person, {cart} AS cart, h.facts->>'order' AS number, min(h.at) AS at,"
    " (array_agg(h.facts->'total' ORDER BY h.what DESC, h.at)"
    " FILTER (WHERE h.facts#>>'{total,amount}' IS NOT NULL))[1] AS total"
    " FROM member AS m JOIN happening AS h ON h.customer_ref = m.account"
    " WHERE h.what IN ('order.placed', 'order.paid') AND h.facts->>'order' IS NOT NULL GROUP BY 1, 2, 3),"
    " currency AS (SELECT mode() WITHIN GROUP (ORDER BY total->>'currency') AS code FROM placed),"
    " back AS (SELECT cart, number, bool_or(what = 'order.cancelled') AS gone, sum(amount) AS amount FROM"
    " (SELECT {cart} AS cart, h.facts->>'order' AS number, h.what,"
    " CASE WHEN h.what = 'order.refunded' THEN (h.facts#>>'{amount,amount}')::bigint END AS amount"
    " FROM happening AS h WHERE h.what IN ('order.cancelled', 'order.refunded') AND h.customer_ref IN"
    " (SELECT account FROM member UNION SELECT cart || '/~order/' || number FROM placed)) AS said"
    " GROUP BY 1, 2),"
    " standing AS MATERIALIZED (SELECT p.person, p.at, GREATEST(0, CASE WHEN p.total->>'currency' = u.code"
    " THEN (p.total->>'amount')::bigint ELSE 0 END - COALESCE(b.amount, 0)) AS net"
    " FROM placed AS p CROSS JOIN currency AS u LEFT JOIN back AS b USING (cart, number)"
    " WHERE NOT COALESCE(b.gone, false)),"
    " bought AS (SELECT c.customer_ref, c.episode,"
    " count(*) FILTER (WHERE o.at > c.enrolled_at AND o.at <= c.closes) AS orders,"
    " sum(o.net) FILTER (WHERE o.at > c.enrolled_at AND o.at <= c.closes) AS sales,"
    " max(o.at) FILTER (WHERE o.at <= c.closes) AS last,"
    " sum(o.net) FILTER (WHERE o.at <= c.enrolled_at AND o.at > c.enrolled_at - interval '1 year') AS before"
    " FROM chosen AS c JOIN standing AS o USING (person) GROUP BY 1, 2),"
).replace("{cart}", _CART)
# Some carts tell of the end of a contract without saying whose it is.
_ENDS = (
    " named AS (SELECT c.customer_ref, c.episode, m.account FROM chosen AS c JOIN member AS m USING (person)"
    " UNION SELECT customer_ref, episode, cart || '/~subscription/' || subscription FROM chosen),"
    " ended AS (SELECT c.customer_ref, c.episode, max(h.at) AS at FROM chosen AS c"
    " JOIN named AS n USING (customer_ref, episode)"
    " JOIN happening AS h ON h.customer_ref = n.account AND h.facts->>'subscription' = c.subscription"
    " WHERE h.what = 'subscription.cancelled' AND h.at > c.enrolled_at AND h.at <= c.closes GROUP BY 1, 2),"
)
# What was spent in the window for any enrolment of this account in this scenario. Whoever is on the phone for
# an episode is paid by every scenario that has it.
_COSTS = (
    " spent AS (SELECT c.customer_ref, c.episode, sum(COALESCE(NULLIF(a.cost_amount, 0),"
    " (CAST(:prices AS jsonb)->>a.channel)::float, 0)) AS cost FROM chosen AS c JOIN action AS a"
    " ON a.customer_ref = c.customer_ref AND a.scenario = c.scenario AND a.channel <> 'phone'"
    " AND a.state IN ('sent', 'unknown') AND a.began_at >= c.enrolled_at AND a.began_at <= c.closes"
    " GROUP BY 1, 2),"
    " called AS (SELECT c.customer_ref, c.episode, sum(:call + CASE WHEN d.answer = 'accepted'"
    " THEN COALESCE(d.cost_amount, 0) ELSE 0 END) AS cost FROM chosen AS c"
    " JOIN mine AS m USING (customer_ref) JOIN alert AS t ON t.episode = m.episode"
    " JOIN disposition AS d ON d.alert = t.id AND d.business_at >= c.enrolled_at"
    " AND d.business_at <= c.closes GROUP BY 1, 2),"
)
# Whom a message was let out to, or would have been but for the holdout, which is asked last of all. What a
# provider or a batch then said against it the held could never hear.
_MESSAGES = (
    " told AS (SELECT c.customer_ref, c.episode,"
    " json_agg(json_build_array(a.step, a.channel, a.creative) ORDER BY a.step)"
    " FILTER (WHERE a.began_at IS NOT NULL AND a.creative IS NOT NULL) AS drawn FROM chosen AS c"
    " JOIN action AS a USING (customer_ref, scenario, episode) WHERE a.channel <> 'phone'"
    " AND (a.began_at IS NOT NULL OR (a.state = 'suppressed' AND a.reason IN ('holdout', 'bad_address',"
    " 'quota', 'quota_reserve', 'refused'))) GROUP BY 1, 2),"
)
# What was agreed to before anything was sent: which way a message then took is not known of the held.
_AGREED = (
    " word AS (SELECT DISTINCT ON (c.customer_ref, c.episode, k.channel) c.customer_ref, c.episode,"
    " k.channel, k.granted FROM chosen AS c JOIN member AS m USING (person) JOIN consent_history AS k"
    " ON k.customer_ref = m.account AND k.at <= c.enrolled_at"
    " ORDER BY c.customer_ref, c.episode, k.channel, k.at DESC, k.granted),"
    " agreed AS (SELECT customer_ref, episode, CASE WHEN bool_or(granted AND channel = 'line') THEN 'line'"
    " WHEN bool_or(granted AND channel = 'mail') THEN 'mail'"
    " WHEN bool_or(granted AND channel = 'postal_dm') THEN 'postal_dm' END AS way FROM word GROUP BY 1, 2)"
)
_UNITS = text(
    _WHO  # noqa: S608 - our own words
    + _ORDERS
    + _ENDS
    + _COSTS
    + _MESSAGES
    + _AGREED
    + " SELECT c.customer_ref AS ref, c.person AS customer,"
    " c.held, c.is_first AS first, c.reason, c.delivery_number AS delivery, c.closes <= :now AS ripe,"
    " EXISTS (SELECT FROM customer_mark AS k WHERE k.customer_ref = c.customer_ref"
    " AND k.erased_at IS NOT NULL) AS erased,"
    " COALESCE(b.orders, 0) AS orders, COALESCE(b.sales, 0)::bigint AS sales,"
    " COALESCE(b.before, 0)::bigint AS before,"
    " CASE WHEN c.subscription IS NULL THEN COALESCE(b.orders, 0) > 0"
    " ELSE x.at IS NULL OR COALESCE(b.last > x.at, false) END AS retained,"
    " (COALESCE(s.cost, 0) + COALESCE(l.cost, 0))::float AS cost,"
    " t.customer_ref IS NOT NULL AS reached, y.way, t.drawn::text AS drawn,"
    " (SELECT r.band FROM assessment AS r WHERE r.customer_ref = c.customer_ref AND r.episode = c.episode"
    " ORDER BY r.at LIMIT 1) AS band, (SELECT code FROM currency) AS currency"
    " FROM chosen AS c LEFT JOIN bought AS b USING (customer_ref, episode)"
    " LEFT JOIN ended AS x USING (customer_ref, episode) LEFT JOIN spent AS s USING (customer_ref, episode)"
    " LEFT JOIN called AS l USING (customer_ref, episode) LEFT JOIN told AS t USING (customer_ref, episode)"
    " LEFT JOIN agreed AS y USING (customer_ref, episode)"
    " ORDER BY c.enrolled_at, c.customer_ref, c.episode"
)
# The planner takes the parts for a few rows each, and would go through all of one for every row of another.
_WHOLE = text("SET LOCAL enable_nestloop = off")
_FIELDS = tuple(name for name in Unit.__slots__ if name != "drawn")


async def known(connection: AsyncConnection) -> list[Known]:
    """Every scenario with enrolments, the largest first."""
    return [Known(**row._mapping) for row in await connection.execute(_KNOWN)]


async def units(connection: AsyncConnection, question: Question) -> tuple[list[Unit], str | None]:
    """All enrolments that are asked about, ripe or not, and the currency of their money.

    A contract is retained unless it was cancelled in the window, or if its customer bought again after that;
    where there is no contract, who ordered in the window was retained.
    """
    await connection.execute(_WHOLE)
    rows = (await connection.execute(_UNITS, _given(question))).all()
    currency: str | None = rows[0].currency if rows else None
    return [_unit(row) for row in rows], currency


def _given(question: Question) -> dict[str, object]:
    return {
        "scenario": question.scenario,
        "since": question.since,
        "until": question.until,
        "window": question.window.total_seconds(),
        "now": question.now,
        "prices": msgspec.json.encode(dict(question.prices)).decode(),
        "call": question.call,
        "version": question.version,
    }


def _unit(row: Row[tuple[object, ...]]) -> Unit:
    values = {name: row._mapping[name] for name in _FIELDS}
    drawn = msgspec.json.decode(row.drawn, type=list[tuple[str, str, str]]) if row.drawn else []
    return Unit(**values, drawn=tuple(Drawn(*one) for one in drawn))
