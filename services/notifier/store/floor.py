"""Floor: how the queue stands now, and what each agent has in hand and has done today."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from services.notifier.alert import KEPT
from services.notifier.rights import Role
from services.notifier.team import UNREACHED
from shared.postgres.engine import AsyncConnection

MOST_WAITING = 8
# An open page shows itself at least this often.
LATELY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Moment:
    """`now` (real time) is what an SLA counts by, `business_now` a cut-off.

    The agents' day began at `since` (real time), the shop's at `business_since` (business time).
    """

    now: datetime
    business_now: datetime
    since: datetime
    business_since: datetime
    sla_minutes: int


@dataclass(frozen=True, slots=True)
class Queue:
    """Alerts to be called now, by the time left to their cut-off; and those put off, or parked."""

    waiting: int
    oldest: datetime | None
    late: int
    within_day: int
    within_three: int
    later: int
    past: int
    undated: int
    deferred: int
    parked: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """An alert nobody has."""

    id: str
    name: str | None
    band: str
    value_amount: int
    value_currency: str
    cutoff: datetime | None
    raised_at: datetime
    call_from: datetime | None


@dataclass(frozen=True, slots=True)
class Held:
    """An alert in an agent's hands, since the claim."""

    id: str
    agent: str
    name: str | None
    since: datetime
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class OnDuty:
    """An agent, and the calls of today."""

    login: str
    name: str
    role: str
    here: bool
    calls: int
    reached: int
    kept: int


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests to leave that nobody has carried out yet."""

    waiting: int
    oldest: datetime | None
    overdue: int


_FREE = "state = 'raised' AND NOT parked AND (call_from IS NULL OR call_from <= :now)"
# A call that was put off waits from the moment it may be made.
_SINCE = "GREATEST(raised_at, call_from)"
_QUEUE = text(
    f"SELECT count(*) FILTER (WHERE {_FREE}) AS waiting, min({_SINCE}) FILTER (WHERE {_FREE}) AS oldest,"  # noqa: S608 - our own words
    f" count(*) FILTER (WHERE {_FREE} AND {_SINCE} <= :late) AS late,"
    f" count(*) FILTER (WHERE {_FREE} AND cutoff > :business_now AND cutoff <= :day) AS within_day,"
    f" count(*) FILTER (WHERE {_FREE} AND cutoff > :day AND cutoff <= :three) AS within_three,"
    f" count(*) FILTER (WHERE {_FREE} AND cutoff > :three) AS later,"
    f" count(*) FILTER (WHERE {_FREE} AND cutoff <= :business_now) AS past,"
    f" count(*) FILTER (WHERE {_FREE} AND cutoff IS NULL) AS undated,"
    " count(*) FILTER (WHERE state = 'raised' AND NOT parked AND call_from > :now) AS deferred,"
    " count(*) FILTER (WHERE state = 'raised' AND parked) AS parked"
    " FROM alert WHERE state IN ('raised', 'claimed')"
)
_WAITING = text(
    "SELECT CAST(a.id AS text) AS id, c.name, a.band, a.value_amount, a.value_currency, a.cutoff,"
    " a.raised_at, a.call_from FROM (SELECT * FROM alert WHERE state = 'raised' AND NOT parked"
    " ORDER BY priority DESC, id LIMIT :most) AS a CROSS JOIN LATERAL contact_of(a.customer_ref) AS c"
    " ORDER BY a.priority DESC, a.id"
)
_HELD = text(
    "SELECT CAST(a.id AS text) AS id, a.agent, c.name, a.lease_until, COALESCE((SELECT max(h.at)"
    " FROM alert_change AS h WHERE h.alert = a.id AND h.what IN ('claimed', 'transferred')), a.raised_at)"
    " AS since FROM alert AS a CROSS JOIN LATERAL contact_of(a.customer_ref) AS c"
    " WHERE a.state = 'claimed' ORDER BY since, a.id"
)
_ON_DUTY = text(
    "SELECT g.login, g.name, g.role,"
    " EXISTS (SELECT FROM session AS s WHERE s.login = g.login AND s.expires_at > :now"
    " AND COALESCE(s.seen_at, s.created_at) > :lately) AS here,"
    " count(d.id) AS calls, count(d.id) FILTER (WHERE d.disposition <> ALL(:unreached)) AS reached,"
    " count(d.id) FILTER (WHERE d.disposition = ANY(:kept)) AS kept"
    " FROM agent AS g LEFT JOIN disposition AS d ON d.agent = g.login AND d.at >= :since"
    " WHERE g.active AND g.role = ANY(:roles) GROUP BY g.login ORDER BY here DESC, g.name, g.login"
)
_NAMES = text("SELECT login, name FROM agent")
_REQUESTS = text(
    "SELECT count(*) AS waiting, min(requested_at) AS oldest,"
    " count(*) FILTER (WHERE requested_at < :since) AS overdue FROM cancellation WHERE state = 'requested'"
)


async def queue(connection: AsyncConnection, moment: Moment) -> Queue:
    at = {
        "now": moment.now,
        "late": moment.now - timedelta(minutes=moment.sla_minutes),
        "business_now": moment.business_now,
        "day": moment.business_now + timedelta(days=1),
        "three": moment.business_now + timedelta(days=3),
    }
    return Queue(**(await connection.execute(_QUEUE, at)).one()._mapping)


async def waiting(connection: AsyncConnection) -> list[Waiting]:
    """What ought to be called next."""
    rows = await connection.execute(_WAITING, {"most": MOST_WAITING})
    return [Waiting(**row._mapping) for row in rows]


async def held(connection: AsyncConnection) -> list[Held]:
    """The longest in hand first."""
    return [Held(**row._mapping) for row in await connection.execute(_HELD)]


async def on_duty(connection: AsyncConnection, moment: Moment, roles: Sequence[Role]) -> list[OnDuty]:
    """Agents with one of these roles, who is here first."""
    at = {"now": moment.now, "lately": moment.now - LATELY, "since": moment.since, "roles": list(roles)}
    ways = {"unreached": list(UNREACHED), "kept": sorted(KEPT)}
    return [OnDuty(**row._mapping) for row in await connection.execute(_ON_DUTY, at | ways)]


async def names(connection: AsyncConnection) -> dict[str, str]:
    """What people are called, those who have left too."""
    return {row.login: row.name for row in await connection.execute(_NAMES)}


async def requests(connection: AsyncConnection, moment: Moment) -> Requests:
    """Overdue is what was asked for before the shop's today."""
    at = {"since": moment.business_since}
    return Requests(**(await connection.execute(_REQUESTS, at)).one()._mapping)
