"""LINE's users: whose accounts they are, and whether they block us, by the newest that was heard."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from shared.postgres.engine import AsyncConnection

_ACCOUNTS = text("SELECT customer_ref FROM contact WHERE line = :user ORDER BY customer_ref")
_ADDRESSEE = text(
    "SELECT a.customer_ref FROM action AS a WHERE a.id = CAST(:action AS uuid)"
    " AND EXISTS (SELECT FROM accounts_of(a.customer_ref) AS own (account) JOIN contact AS k"
    " ON k.customer_ref = own.account AND k.line = :user)"
)
_STANDING = text(
    "SELECT DISTINCT ON (customer_ref) customer_ref, what = 'line.blocked' AS blocked, at FROM happening"
    " WHERE customer_ref = ANY(CAST(:refs AS text[])) AND what IN ('line.blocked', 'line.followed')"
    " ORDER BY customer_ref, at DESC, event_id"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether this customer blocks us, and since when that is so, in business time."""

    customer_ref: str
    blocked: bool
    since: datetime


async def accounts(connection: AsyncConnection, user: str) -> list[str]:
    """The customers with this LINE id; of who is erased none is known."""
    return [row.customer_ref for row in await connection.execute(_ACCOUNTS, {"user": user})]


async def addressee(connection: AsyncConnection, action: str, user: str) -> str | None:
    """Whom this message was for, if it was for a person with this LINE id."""
    found = await connection.execute(_ADDRESSEE, {"action": action, "user": user})
    return found.scalar_one_or_none()


async def standings(connection: AsyncConnection, refs: Sequence[str]) -> list[Standing]:
    """Of those of whom anything was heard."""
    rows = await connection.execute(_STANDING, {"refs": sorted(set(refs))})
    return [Standing(row.customer_ref, row.blocked, row.at) for row in rows]
