"""The check: what was sent against what stands at the end of the path, in one snapshot of the database."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from deploy.local.ledger import Expected

_EVENTS_MISSING = """
SELECT count(*) FROM unnest($1::uuid[]) AS wanted (id)
WHERE NOT EXISTS (SELECT FROM scoring.event_log WHERE event_id = wanted.id)
"""
_CONTACTS_MISSING = """
SELECT count(*) FROM unnest($1::text[]) AS wanted (ref)
WHERE NOT EXISTS (SELECT FROM notifier.contact WHERE customer_ref = wanted.ref)
  AND NOT EXISTS (SELECT FROM notifier.customer_mark AS m
                  WHERE m.customer_ref = wanted.ref AND m.erased_at IS NOT NULL)
"""
# Whoever may not be called or is left alone to measure against, or whose contract was over or was asked to be
# over already, rightly got no alert. All of a person's accounts count.
_UNALERTED = """
WITH person AS (SELECT ref, person FROM scoring.account)
SELECT count(*) FILTER (WHERE NOT withheld) AS lost, count(*) FILTER (WHERE withheld) AS withheld
FROM (
  SELECT EXISTS (
           SELECT FROM notifier.customer_mark AS m LEFT JOIN person AS of_m ON of_m.ref = m.customer_ref
           WHERE COALESCE(of_m.person, m.customer_ref) = COALESCE(of_r.person, r.customer_ref)
           AND (m.erased_at IS NOT NULL OR m.phone_refused_at > COALESCE(m.phone_allowed_at, '-infinity'))
         ) OR EXISTS (
           SELECT FROM notifier.do_not_contact AS d LEFT JOIN person AS of_d ON of_d.ref = d.customer_ref
           WHERE COALESCE(of_d.person, d.customer_ref) = COALESCE(of_r.person, r.customer_ref)
         ) OR EXISTS (
           SELECT FROM notifier.action AS h
           WHERE h.episode = r.episode AND h.channel = 'phone' AND h.reason = 'holdout'
         ) OR EXISTS (
           SELECT FROM notifier.cancellation AS k LEFT JOIN person AS of_k ON of_k.ref = k.customer_ref
           WHERE COALESCE(of_k.person, k.customer_ref) = COALESCE(of_r.person, r.customer_ref)
             AND k.state <> 'taken_back'
         ) OR EXISTS (
           SELECT FROM scoring.object_owner AS o JOIN notifier.ended_subscription AS e
             ON o.ref LIKE '%/~subscription/' || e.subscription
           LEFT JOIN person AS of_o ON of_o.ref = o.customer_ref
           WHERE COALESCE(of_o.person, o.customer_ref) = COALESCE(of_r.person, r.customer_ref)
             AND e.ended_at >= r.assessed_at
         ) AS withheld
  FROM scoring.risk_event AS r LEFT JOIN person AS of_r ON of_r.ref = r.customer_ref
  WHERE r.phase = 'entered' AND r.recorded_at <= $1
    AND NOT EXISTS (SELECT FROM notifier.alert AS a WHERE a.episode = r.episode)
) AS unalerted
"""
_ALERTS = "SELECT id::text FROM notifier.alert WHERE raised_at <= $1"
_FOLDED = """
SELECT COALESCE(sum(GREATEST(logged - folded, 0)), 0)::bigint AS too_seldom,
       COALESCE(sum(GREATEST(folded - logged, 0)), 0)::bigint AS too_often
FROM (SELECT COALESCE(l.events, 0) AS logged, COALESCE(s.events, 0) AS folded
      FROM (SELECT COALESCE(a.person, e.customer_ref) AS person, count(*) AS events
            FROM scoring.event_log AS e LEFT JOIN scoring.account AS a ON a.ref = e.customer_ref
            WHERE e.customer_ref IS NOT NULL GROUP BY 1) AS l
      FULL JOIN scoring.customer_state AS s ON s.customer_ref = l.person) AS person
"""
_ALERTED_TWICE = "SELECT count(*) - count(DISTINCT episode) FROM notifier.alert"
_ACTIONS = "SELECT id::text, provider_key FROM notifier.action"
_WAITING = """
SELECT (SELECT count(*) FROM scoring.outbox WHERE created_at <= $1)
     + (SELECT count(*) FROM notifier.outbox WHERE created_at <= $1)
     + (SELECT count(*) FROM notifier.action
        WHERE state IN ('planned', 'claimed', 'sending', 'retry_at') AND due_at <= $2
          AND COALESCE(retry_from, '-infinity') <= $1)
"""
_TOTALS = """
SELECT (SELECT count(*) FROM scoring.event_log WHERE customer_ref IS NOT NULL) AS events_scored,
       (SELECT count(*) FROM scoring.risk_event) AS risk_events,
       (SELECT count(*) FROM notifier.alert) AS alerts
"""


_PROBABILITIES = """
SELECT COALESCE(a.ref, s.customer_ref) AS customer_ref, s.probability
FROM scoring.customer_state AS s LEFT JOIN scoring.account AS a ON a.person = s.customer_ref
WHERE s.kind = 'subscription' AND s.probability IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Until:
    """The end of the run: what came later is still under way. `real` and `business` are the same moment."""

    real: datetime
    business: datetime


@dataclass(frozen=True, slots=True)
class Received:
    """What came out at the other ends: mails and pieces of post by the action they name, LINE by its key."""

    mails: Sequence[str | None] = ()
    line: Sequence[str | None] = ()
    post: Sequence[str | None] = ()


@dataclass(frozen=True, slots=True)
class Findings:
    """Counts by cause, all zero when all is well; `waiting` is what is still under way."""

    lost: dict[str, int]
    doubled: dict[str, int]
    withheld: int
    waiting: int
    events_scored: int
    risk_events: int
    alerts: int

    def settled(self) -> bool:
        return self.waiting == 0 and sum(self.lost.values()) == 0


async def check(
    dsn: str, expected: Expected, until: Until, seen: Collection[str], received: Received
) -> Findings:
    """`seen` are the alerts that came over the live stream."""
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            unalerted = await connection.fetchrow(_UNALERTED, until.real)
            raised = [row["id"] for row in await connection.fetch(_ALERTS, until.real)]
            folded = await connection.fetchrow(_FOLDED)
            totals = await connection.fetchrow(_TOTALS)
            actions = await connection.fetch(_ACTIONS)
            ids, keys = {row["id"] for row in actions}, {row["provider_key"] for row in actions}
            return Findings(
                lost={
                    "events": await connection.fetchval(_EVENTS_MISSING, list(expected.events)),
                    "contacts": await connection.fetchval(_CONTACTS_MISSING, list(expected.customers)),
                    "folds": folded["too_seldom"],
                    "alerts": unalerted["lost"],
                    "on_the_stream": sum(1 for alert in raised if alert not in seen),
                },
                doubled={
                    "folds": folded["too_often"],
                    "alerts": await connection.fetchval(_ALERTED_TWICE),
                    "mails": beyond_one(received.mails, ids),
                    "line": beyond_one(received.line, keys),
                    "post": beyond_one(received.post, ids),
                },
                withheld=unalerted["withheld"],
                waiting=await connection.fetchval(_WAITING, until.real, until.business),
                **dict(totals),
            )
    finally:
        await connection.close()


async def probabilities(dsn: str) -> dict[str, float]:
    """What scoring says of each subscriber now, under each account that is known to be theirs."""
    connection = await asyncpg.connect(dsn)
    try:
        return {row["customer_ref"]: row["probability"] for row in await connection.fetch(_PROBABILITIES)}
    finally:
        await connection.close()


def beyond_one(received: Sequence[str | None], ours: Collection[str]) -> int:
    """Messages beyond one for each of our actions; one of no action of ours is one too many."""
    return len(received) - len(set(received) & set(ours))
