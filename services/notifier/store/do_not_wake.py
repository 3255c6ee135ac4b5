"""Do not wake (起こさないリスト): whom contact makes leave, and whom scenarios of advertising leave alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import text

from shared.postgres.engine import AsyncConnection

Because = Literal["holdout_showed", "left_after_contact", "asked", "judged", "imported"]
"""Codes, for words would tell who it is."""

BECAUSES: tuple[Because, ...] = get_args(Because)


@dataclass(frozen=True, slots=True)
class Sleeper:
    """`name` is that of the person today; None if it is not known any more. `by` is an agent's log-in."""

    customer_ref: str
    name: str | None
    since: datetime
    because: str
    by: str | None


_ADD = text(
    "INSERT INTO do_not_wake (customer_ref, since, because, by)"
    " SELECT DISTINCT ref, CAST(:since AS timestamptz), :because, :by"
    " FROM unnest(CAST(:refs AS text[])) AS given (ref) ORDER BY ref ON CONFLICT DO NOTHING"
)
_REMOVE = text("DELETE FROM do_not_wake WHERE customer_ref IN (SELECT accounts_of(:customer_ref))")
_LIST = text(
    "SELECT w.customer_ref, c.name, w.since, w.because, w.by FROM"
    " (SELECT * FROM do_not_wake ORDER BY since DESC, customer_ref LIMIT :most OFFSET :skip) AS w"
    " CROSS JOIN LATERAL contact_of(w.customer_ref) AS c ORDER BY w.since DESC, w.customer_ref"
)
_COUNT = text("SELECT count(*) FROM do_not_wake")


async def add(
    connection: AsyncConnection, refs: Sequence[str], because: Because, since: datetime, by: str
) -> int:
    """How many were not on it yet; `since` is business time."""
    values = {"refs": sorted(refs), "because": because, "since": since, "by": by}
    return (await connection.execute(_ADD, values)).rowcount


async def remove(connection: AsyncConnection, customer_ref: str) -> int:
    """The person with all accounts; how many entries that were."""
    return (await connection.execute(_REMOVE, {"customer_ref": customer_ref})).rowcount


async def listed(connection: AsyncConnection, skip: int, most: int) -> list[Sleeper]:
    """The newest first."""
    rows = await connection.execute(_LIST, {"skip": skip, "most": most})
    return [Sleeper(**row._mapping) for row in rows]


async def count(connection: AsyncConnection) -> int:
    return int((await connection.execute(_COUNT)).scalar_one())
