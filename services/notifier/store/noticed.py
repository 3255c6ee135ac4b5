"""Noticed: who has not ordered since, and whose birthday comes: what no event tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class LastOrder:
    """A customer's newest order, by the id of the event that told of it; `at` is business time."""

    customer_ref: str
    at: datetime
    event_id: str


@dataclass(frozen=True, slots=True)
class Celebrated:
    """An account of a person; `person` is the same whichever of them it is."""

    person: str
    customer_ref: str


_LAST_ORDERS = text(
    "SELECT h.customer_ref, h.at, h.event_id::text AS event_id FROM happening AS h"
    " WHERE h.what = 'order.placed' AND h.at >= :since AND h.at <= :until"
    " AND (h.at, h.event_id) > (:since, CAST(:after AS uuid)) AND h.customer_ref NOT LIKE '%/~%'"
    " AND NOT EXISTS (SELECT FROM happening AS later WHERE later.customer_ref = h.customer_ref"
    " AND later.what = 'order.placed' AND later.at > h.at) ORDER BY h.at, h.event_id LIMIT :most"
)
_BORN = text(
    "SELECT DISTINCT ON (person) COALESCE(s.person, c.customer_ref) AS person, c.customer_ref"
    " FROM contact AS c LEFT JOIN same_person AS s ON s.account = c.customer_ref"
    " WHERE c.birthday = ANY(CAST(:days AS text[])) AND COALESCE(s.person, c.customer_ref) > :after"
    " ORDER BY person, c.customer_ref LIMIT :most"
)


async def last_orders(
    connection: AsyncConnection, since: datetime, after: str, until: datetime, most: int
) -> list[LastOrder]:
    """Of customers who have not ordered later: after this event of this moment, in order, at most so many."""
    values = {"since": since, "after": after, "until": until, "most": most}
    return [LastOrder(**row._mapping) for row in await connection.execute(_LAST_ORDERS, values)]


async def born(connection: AsyncConnection, days: Sequence[str], after: str, most: int) -> list[Celebrated]:
    """Persons whose birthday (MM-DD) is one of these, after this one, in order."""
    values = {"days": list(days), "after": after, "most": most}
    return [Celebrated(**row._mapping) for row in await connection.execute(_BORN, values)]
