"""Accounts, what they carry, and what was decided about them: all that persons are made from."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, text

from services.scoring.identity.accounts import Account, Decision, Pair
from services.scoring.identity.evidence import MOST_CARRIERS, Clue, clues_of
from shared.events.customer import Identifiers
from shared.postgres.engine import AsyncConnection

_COLUMNS = "ref, person, since, said_at, said_by, identifiers, erased, told_at"
_FIND = text(f"SELECT {_COLUMNS} FROM account WHERE ref = ANY(CAST(:refs AS text[]))")  # noqa: S608 - our own list
_OF_PERSONS = text(
    f"SELECT {_COLUMNS} FROM account WHERE person IN"  # noqa: S608 - our own list of columns
    " (SELECT person FROM account WHERE ref = ANY(CAST(:refs AS text[])))"
)
_DECISIONS = text(
    "SELECT one, other, same, by, said_at, said_by FROM decision"
    " WHERE one = ANY(CAST(:refs AS text[])) OR other = ANY(CAST(:refs AS text[]))"
)
_CARRIERS = text(
    "SELECT wanted.shop, wanted.kind, wanted.value, found.ref FROM"
    " unnest(CAST(:shops AS text[]), CAST(:kinds AS text[]), CAST(:values AS text[]))"
    " AS wanted (shop, kind, value), LATERAL (SELECT ref FROM carrier WHERE carrier.shop = wanted.shop"
    " AND carrier.kind = wanted.kind AND carrier.value = wanted.value LIMIT :most) AS found"
)
_SAVE = text(
    "INSERT INTO account (ref, person, since, said_at, said_by, identifiers, erased)"
    " SELECT ref, ref, since, said_at, said_by, identifiers, erased FROM unnest(CAST(:refs AS text[]),"
    " CAST(:since AS timestamptz[]), CAST(:said_at AS timestamptz[]), CAST(:said_by AS uuid[]),"
    " CAST(:identifiers AS bytea[]), CAST(:erased AS boolean[]))"
    " AS given (ref, since, said_at, said_by, identifiers, erased)"
    " ON CONFLICT (ref) DO UPDATE SET since = excluded.since, said_at = excluded.said_at,"
    " said_by = excluded.said_by, identifiers = excluded.identifiers, erased = excluded.erased"
)
_DROP = text(
    "DELETE FROM carrier USING unnest(CAST(:shops AS text[]), CAST(:kinds AS text[]),"
    " CAST(:values AS text[]), CAST(:refs AS text[])) AS gone (shop, kind, value, ref)"
    " WHERE carrier.shop = gone.shop AND carrier.kind = gone.kind AND carrier.value = gone.value"
    " AND carrier.ref = gone.ref"
)
_CARRY = text(
    "INSERT INTO carrier (shop, kind, value, ref) SELECT * FROM unnest(CAST(:shops AS text[]),"
    " CAST(:kinds AS text[]), CAST(:values AS text[]), CAST(:refs AS text[])) ON CONFLICT DO NOTHING"
)
_DECIDE = text(
    "INSERT INTO decision (one, other, same, by, said_at, said_by)"
    " SELECT * FROM unnest(CAST(:ones AS text[]), CAST(:others AS text[]), CAST(:same AS boolean[]),"
    " CAST(:by AS text[]), CAST(:said_at AS timestamptz[]), CAST(:said_by AS uuid[]))"
    " ON CONFLICT (one, other) DO UPDATE SET same = excluded.same, by = excluded.by,"
    " said_at = excluded.said_at, said_by = excluded.said_by"
)

_identifiers = msgspec.json.Decoder(Identifiers)


@dataclass(frozen=True, slots=True)
class Stored:
    """An account, whose person it is part of, and the time of the newest conclusion told of it."""

    account: Account
    person: str
    told_at: datetime | None = None


async def find(connection: AsyncConnection, refs: Collection[str]) -> dict[str, Stored]:
    """Those of these accounts that something was said about."""
    return {row.ref: _stored(row) for row in await connection.execute(_FIND, {"refs": list(refs)})}


async def of_persons(connection: AsyncConnection, refs: Collection[str]) -> dict[str, Stored]:
    """These accounts and all that belong to the same persons."""
    return {row.ref: _stored(row) for row in await connection.execute(_OF_PERSONS, {"refs": list(refs)})}


async def decisions(connection: AsyncConnection, refs: Collection[str]) -> dict[Pair, Decision]:
    """What was decided about any of these accounts."""
    return {
        (row.one, row.other): Decision(row.same, row.by, (row.said_at, str(row.said_by)))
        for row in await connection.execute(_DECISIONS, {"refs": list(refs)})
    }


async def carriers(connection: AsyncConnection, clues: Collection[Clue]) -> dict[Clue, list[str]]:
    """The accounts that carry each clue; of a crowd, one more than may carry it, whichever they are."""
    found: defaultdict[Clue, list[str]] = defaultdict(list)
    if clues:
        for row in await connection.execute(_CARRIERS, {**columns(clues), "most": MOST_CARRIERS + 1}):
            found[row.shop, row.kind, row.value].append(row.ref)
    return dict(found)


async def save(connection: AsyncConnection, before: Mapping[str, Stored], after: Collection[Account]) -> None:
    """Write these accounts and what they carry; one that is new is a person of its own."""
    if not after:
        return
    await connection.execute(
        _SAVE,
        {
            "refs": [each.ref for each in after],
            "since": [each.since for each in after],
            "said_at": [each.said[0] if each.said else None for each in after],
            "said_by": [each.said[1] if each.said else None for each in after],
            "identifiers": [msgspec.json.encode(each.identifiers) for each in after],
            "erased": [each.erased for each in after],
        },
    )
    dropped, carried = [], []
    for account in after:
        had = clues_of(before[account.ref].account) if account.ref in before else frozenset()
        dropped += [(*clue, account.ref) for clue in had - clues_of(account)]
        carried += [(*clue, account.ref) for clue in clues_of(account) - had]
    for statement, rows in ((_DROP, dropped), (_CARRY, carried)):
        if rows:
            refs = [ref for _, _, _, ref in rows]
            await connection.execute(statement, {**columns([row[:3] for row in rows]), "refs": refs})


async def decide(connection: AsyncConnection, decided: Mapping[Pair, Decision]) -> None:
    if decided:
        await connection.execute(
            _DECIDE,
            {
                "ones": [one for one, _ in decided],
                "others": [other for _, other in decided],
                "same": [each.same for each in decided.values()],
                "by": [each.by for each in decided.values()],
                "said_at": [each.said[0] for each in decided.values()],
                "said_by": [each.said[1] for each in decided.values()],
            },
        )


def columns(clues: Iterable[Clue]) -> dict[str, list[str]]:
    shops, kinds, values = zip(*clues, strict=True)
    return {"shops": list(shops), "kinds": list(kinds), "values": list(values)}


def _stored(row: Row[Any]) -> Stored:
    account = Account(
        ref=row.ref,
        since=row.since,
        said=(row.said_at, str(row.said_by)) if row.said_at else None,
        identifiers=_identifiers.decode(row.identifiers),
        erased=row.erased,
    )
    return Stored(account, row.person, row.told_at)
