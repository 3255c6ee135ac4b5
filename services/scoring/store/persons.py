"""Persons: whose account each is, what is suspected, and the places where concurrent finds meet."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import text

from services.scoring.identity.accounts import Pair
from services.scoring.identity.evidence import Clue
from services.scoring.store.accounts import columns
from shared.events.identity import Evidence
from shared.postgres.engine import AsyncConnection

_OF = text("SELECT ref, person FROM account WHERE ref = ANY(CAST(:refs AS text[])) AND person <> ref")
_MEMBERS = text("SELECT ref, person FROM account WHERE person = ANY(CAST(:persons AS text[]))")
# Sorted, so that two transactions never wait for each other in a circle.
_PLACE = text(
    "INSERT INTO clue (shop, kind, value) SELECT * FROM unnest(CAST(:shops AS text[]),"
    " CAST(:kinds AS text[]), CAST(:values AS text[])) ON CONFLICT DO NOTHING"
)
_LOCK = text(
    "SELECT FROM clue JOIN unnest(CAST(:shops AS text[]), CAST(:kinds AS text[]), CAST(:values AS text[]))"
    " AS wanted (shop, kind, value) USING (shop, kind, value) ORDER BY shop, kind, value FOR UPDATE OF clue"
)
_MOVE = text(
    "UPDATE account SET person = given.person"
    " FROM unnest(CAST(:refs AS text[]), CAST(:persons AS text[])) AS given (ref, person)"
    " WHERE account.ref = given.ref"
)
_TOLD = text("UPDATE account SET told_at = :at WHERE ref = ANY(CAST(:refs AS text[]))")
_SUSPICIONS = text(
    "SELECT one, other, because FROM suspicion"
    " WHERE one = ANY(CAST(:refs AS text[])) OR other = ANY(CAST(:refs AS text[]))"
)
_SUSPECT = text(
    "INSERT INTO suspicion (one, other, because) VALUES (:one, :other, CAST(:because AS text[]))"
    " ON CONFLICT (one, other) DO UPDATE SET because = excluded.because"
)
_WITHDRAW = text("DELETE FROM suspicion WHERE one = :one AND other = :other")
_END = text("DELETE FROM customer_state WHERE customer_ref = ANY(CAST(:refs AS text[]))")


async def of_accounts(connection: AsyncConnection, refs: Collection[str]) -> dict[str, str]:
    """The person that each of these accounts belongs to."""
    rows = await connection.execute(_OF, {"refs": list(refs)})
    return {ref: ref for ref in refs} | {row.ref: row.person for row in rows}


async def members(connection: AsyncConnection, refs: Collection[str]) -> dict[str, list[str]]:
    """The accounts of each of these persons."""
    found = {ref: [ref] for ref in refs}
    if refs:
        for row in await connection.execute(_MEMBERS, {"persons": list(refs)}):
            if row.ref != row.person:
                found[row.person].append(row.ref)
    return found


async def lock_clues(connection: AsyncConnection, clues: Collection[Clue]) -> None:
    """Until this transaction ends, nobody else adds one of these to an account or takes one away."""
    if clues:
        await connection.execute(_PLACE, columns(sorted(clues)))
        await connection.execute(_LOCK, columns(sorted(clues)))


async def move(connection: AsyncConnection, moved: Mapping[str, str]) -> None:
    """From now on these accounts belong to these persons."""
    if moved:
        await connection.execute(_MOVE, {"refs": list(moved), "persons": list(moved.values())})


async def note_told(connection: AsyncConnection, refs: Collection[str], at: datetime) -> None:
    """A conclusion of `at` was told of these accounts; what is told of them next must be later."""
    if refs:
        await connection.execute(_TOLD, {"refs": list(refs), "at": at})


async def suspicions(connection: AsyncConnection, refs: Collection[str]) -> dict[Pair, tuple[Evidence, ...]]:
    """What was told to be suspected of any of these."""
    rows = await connection.execute(_SUSPICIONS, {"refs": list(refs)})
    return {(row.one, row.other): tuple(row.because) for row in rows}


async def suspect(connection: AsyncConnection, suspected: Mapping[Pair, Sequence[Evidence]]) -> None:
    if suspected:
        rows = [{"one": one, "other": other, "because": list(why)} for (one, other), why in suspected.items()]
        await connection.execute(_SUSPECT, rows)


async def withdraw(connection: AsyncConnection, pairs: Collection[Pair]) -> None:
    if pairs:
        await connection.execute(_WITHDRAW, [{"one": one, "other": other} for one, other in pairs])


async def end(connection: AsyncConnection, refs: Collection[str]) -> None:
    """These are no persons any more: their accounts belong to others, whose states hold all there is."""
    if refs:
        await connection.execute(_END, {"refs": list(refs)})
