"""Owners of subscriptions and orders; the row's lock makes waiting events and their owner meet."""

from collections.abc import Mapping, Sequence

from sqlalchemy import text

from shared.postgres.engine import AsyncConnection

# Sorted, as the locks below: two transactions that name the same objects never wait in a circle.
_PLACE = text("INSERT INTO object_owner (ref) SELECT unnest(CAST(:refs AS text[])) ON CONFLICT DO NOTHING")
_LOCK = text(
    "SELECT ref, customer_ref FROM object_owner WHERE ref = ANY(CAST(:refs AS text[]))"
    " ORDER BY ref FOR UPDATE"
)
_OWN = text(
    "UPDATE object_owner SET customer_ref = given.customer_ref"
    " FROM unnest(CAST(:refs AS text[]), CAST(:owners AS text[])) AS given (ref, customer_ref)"
    " WHERE object_owner.ref = given.ref"
)


async def lock(connection: AsyncConnection, refs: Sequence[str]) -> dict[str, str | None]:
    """Lock these objects until the transaction ends; give the owners known so far.

    Whoever comes second waits here, and then sees what the first has written: an event that found no owner
    is in the log before its owner is declared, or finds the owner.
    """
    if not refs:
        return {}
    wanted = {"refs": sorted(set(refs))}
    await connection.execute(_PLACE, wanted)
    return {row.ref: row.customer_ref for row in await connection.execute(_LOCK, wanted)}


async def declare(connection: AsyncConnection, owners: Mapping[str, str]) -> None:
    """Write owners of objects that were locked before."""
    if owners:
        await connection.execute(_OWN, {"refs": list(owners), "owners": list(owners.values())})
