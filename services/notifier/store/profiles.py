"""Profiles: all that happened to the customers of some occasions, in few looks."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.engine import Row

from services.notifier.happening import Happening
from services.notifier.scenarios.occasion import Occasion
from services.notifier.situation import Situation, situation
from services.notifier.store.happenings import objects_of
from shared.events.refs import is_customer_ref
from shared.postgres.engine import AsyncConnection

# Years of a monthly contract, and of whoever orders every week.
_MOST = 400
_ASKED = (
    "(h.what LIKE 'order.%' OR h.what LIKE 'subscription.%' OR h.what LIKE 'payment.%'"
    " OR h.what = 'survey.answered')"
)
_OF_PERSONS = text(
    "SELECT told.ref, h.* FROM unnest(CAST(:refs AS text[])) AS told (ref) CROSS JOIN LATERAL ("  # noqa: S608
    "SELECT event_id, customer_ref, what, at, facts::text AS facts FROM happening AS h"
    f" WHERE h.customer_ref IN (SELECT accounts_of(told.ref)) AND {_ASKED}"
    " ORDER BY at DESC LIMIT :most) AS h"
)
_OF_OBJECTS = text(
    "SELECT told.ref, h.* FROM unnest(CAST(:refs AS text[])) AS told (ref) CROSS JOIN LATERAL ("
    "SELECT event_id, customer_ref, what, at, facts::text AS facts FROM happening AS h"
    " WHERE h.customer_ref = told.ref ORDER BY at DESC LIMIT :most) AS h"
)
_PREFECTURES = text(
    "SELECT told.ref, (contact_of(told.ref)).prefecture FROM unnest(CAST(:refs AS text[])) AS told (ref)"
)
# Some carts name only the contract or the order; who signed or ordered names the customer.
_OWNERS = text(
    "SELECT DISTINCT ON (named.ref) named.ref, h.customer_ref"
    " FROM unnest(CAST(:refs AS text[]), CAST(:carts AS text[]), CAST(:contracts AS text[]))"
    " AS named (ref, cart, contract) JOIN happening AS h ON h.what = 'subscription.started'"
    " AND h.facts->>'subscription' = named.contract AND h.customer_ref LIKE named.cart || '/%'"
    " WHERE h.customer_ref NOT LIKE '%/~%' ORDER BY named.ref, h.at DESC"
)


async def situations(connection: AsyncConnection, occasions: Sequence[Occasion]) -> list[Situation]:
    """In their order."""
    refs = sorted({one.customer_ref for one in occasions})
    if not refs:
        return []
    happened = await of_persons(connection, refs)
    prefectures = await prefectures_of(connection, refs)
    return [situation(one, happened[one.customer_ref], prefectures[one.customer_ref]) for one in occasions]


async def of_persons(connection: AsyncConnection, refs: Sequence[str]) -> dict[str, list[Happening]]:
    """What happened to each on any account, and to the contracts and orders that are theirs."""
    own: dict[str, list[Happening]] = {ref: [] for ref in refs}
    for row in await connection.execute(_OF_PERSONS, {"refs": list(refs), "most": _MOST}):
        own[row.ref].append(_happening(row))
    objects = {ref: objects_of(told) for ref, told in own.items()}
    named = await _of_objects(connection, set().union(*objects.values()))
    return {
        ref: told + [one for each in sorted(objects[ref]) for one in named.get(each, ())]
        for ref, told in own.items()
    }


async def _of_objects(connection: AsyncConnection, refs: Iterable[str]) -> dict[str, list[Happening]]:
    wanted, named = sorted(refs), dict[str, list[Happening]]()
    if wanted:
        for row in await connection.execute(_OF_OBJECTS, {"refs": wanted, "most": _MOST}):
            named.setdefault(row.ref, []).append(_happening(row))
    return named


async def prefectures_of(connection: AsyncConnection, refs: Sequence[str]) -> dict[str, str | None]:
    rows = await connection.execute(_PREFECTURES, {"refs": list(refs)})
    return {row.ref: row.prefecture for row in rows}


async def owners(connection: AsyncConnection, refs: Iterable[str]) -> dict[str, str]:
    """Whose contracts these are, by reference; customers own themselves, and of some nobody is known."""
    asked = set(refs)
    known = {ref: ref for ref in asked if is_customer_ref(ref)}
    contracts = sorted(ref for ref in asked if "/~subscription/" in ref)
    if not contracts:
        return known
    parts = [ref.split("/~subscription/", 1) for ref in contracts]
    values = {"refs": contracts, "carts": [cart for cart, _ in parts], "contracts": [one for _, one in parts]}
    return known | {row.ref: row.customer_ref for row in await connection.execute(_OWNERS, values)}


def _happening(row: Row[tuple[object, ...]]) -> Happening:
    at: datetime = row.at
    return Happening(str(row.event_id), row.customer_ref, row.what, at, msgspec.json.decode(row.facts))
