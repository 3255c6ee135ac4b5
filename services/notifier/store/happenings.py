"""Happenings: what events told of customers, for cards to tell; and when each cart was last heard."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import text

from services.notifier.happening import Happening, facts_of, what_of
from services.notifier.store.alerts import cart_of
from services.notifier.store.given import arrays, given
from shared.events.envelope import Envelope
from shared.events.refs import order_ref, subscription_ref
from shared.postgres.engine import AsyncConnection

_KEPT = {
    "event_id": "uuid",
    "customer_ref": "text",
    "what": "text",
    "at": "timestamptz",
    "received_at": "timestamptz",
    "facts": "jsonb",
}
_KEEP = text(
    f"INSERT INTO happening ({', '.join(_KEPT)}) SELECT * FROM {given(_KEPT)}"  # noqa: S608 - our own list of columns
    " WHERE NOT EXISTS (SELECT FROM customer_mark AS m WHERE m.customer_ref = given.customer_ref"
    " AND m.erased_at IS NOT NULL) ON CONFLICT DO NOTHING"
)
_OF = text(
    "SELECT event_id, customer_ref, what, at, facts::text AS facts FROM happening"
    " WHERE customer_ref = ANY(CAST(:refs AS text[])) ORDER BY at DESC, event_id LIMIT :most"
)
_DELETE = text(
    "DELETE FROM happening WHERE customer_ref = ANY(CAST(:refs AS text[]))"
    " RETURNING event_id, customer_ref, what, at, facts::text AS facts"
)
# Events that name only the contract or the order may still come, and nobody must find the owner again.
_MARK = text(
    "INSERT INTO customer_mark (customer_ref, erased_at) SELECT ref, :at"
    " FROM unnest(CAST(:refs AS text[])) AS gone (ref) ON CONFLICT (customer_ref)"
    " DO UPDATE SET erased_at = COALESCE(customer_mark.erased_at, excluded.erased_at)"
)
_PRUNE = text(
    "DELETE FROM happening WHERE event_id IN"
    " (SELECT event_id FROM happening WHERE at < :before ORDER BY at LIMIT :most)"
)
_HEARD = {"cart": "text", "happened_at": "timestamptz", "received_at": "timestamptz", "events": "bigint"}
_HEAR = text(
    f"INSERT INTO cart_heard AS held ({', '.join(_HEARD)}) SELECT * FROM {given(_HEARD)}"  # noqa: S608
    " ON CONFLICT (cart) DO UPDATE SET happened_at = GREATEST(held.happened_at, excluded.happened_at),"
    " received_at = GREATEST(held.received_at, excluded.received_at), events = held.events + excluded.events"
)


async def keep(connection: AsyncConnection, envelopes: Iterable[Envelope]) -> None:
    """What cards tell of, each event once; of who is erased nothing."""
    rows = [
        {
            "event_id": each.id,
            "customer_ref": each.subject,
            "what": what,
            "at": each.time,
            "received_at": each.receivedat,
            "facts": msgspec.json.encode(facts_of(each.data)).decode(),
        }
        for each in envelopes
        if (what := what_of(each)) is not None
    ]
    if rows:
        await connection.execute(_KEEP, arrays(_KEPT, rows))


async def of(connection: AsyncConnection, refs: Sequence[str], most: int) -> list[Happening]:
    """The newest of these customers, contracts or orders."""
    rows = await connection.execute(_OF, {"refs": list(refs), "most": most})
    return [_happening(row) for row in rows]


async def forget(connection: AsyncConnection, customer_ref: str) -> list[Happening]:
    """Delete all of this customer, and give it."""
    return [_happening(row) for row in await connection.execute(_DELETE, {"refs": [customer_ref]})]


async def forget_objects(connection: AsyncConnection, refs: Iterable[str], at: datetime) -> None:
    """Delete all of these contracts and orders, and keep nothing of them from now on."""
    wanted = sorted(refs)
    await connection.execute(_MARK, {"refs": wanted, "at": at})
    await connection.execute(_DELETE, {"refs": wanted})


async def prune(connection: AsyncConnection, before: datetime, most: int) -> int:
    """Delete at most so many of those from before then; how many that were."""
    return (await connection.execute(_PRUNE, {"before": before, "most": most})).rowcount


async def hear(connection: AsyncConnection, heard: Sequence[Envelope]) -> None:
    """When each cart was last heard of. Last in its transaction: every batch waits for these few rows."""
    carts: dict[str, list[Envelope]] = {}
    for each in heard:
        carts.setdefault(each.source.removeprefix("/shops/"), []).append(each)
    rows = [
        {
            "cart": cart,
            "happened_at": max(each.time for each in said),
            "received_at": max(each.receivedat for each in said),
            "events": len(said),
        }
        for cart, said in sorted(carts.items())
    ]
    if rows:
        await connection.execute(_HEAR, arrays(_HEARD, rows))


def contracts_named(named: Iterable[tuple[str, str]]) -> set[str]:
    """References of contracts, from their customers' references and their numbers."""
    refs = set()
    for ref, subscription in named:
        shop, cart = cart_of(ref).split("/")
        refs.add(subscription_ref(shop, cart, subscription))
    return refs


def objects_of(happenings: Iterable[Happening]) -> set[str]:
    """References of the contracts and orders that these show to be the customer's.

    Carts name some skips and refunds by them alone; so they stand under them, and are found through them.
    """
    refs = set()
    for one in happenings:
        shop, cart = one.cart.split("/")
        if subscription := one.facts.get("subscription"):
            refs.add(subscription_ref(shop, cart, subscription))
        if one.what in ("order.placed", "order.paid"):
            refs.add(order_ref(shop, cart, one.facts["order"]))
    return refs


def _happening(row: object) -> Happening:
    values = row._mapping  # type: ignore[attr-defined]
    return Happening(
        str(values["event_id"]),
        values["customer_ref"],
        values["what"],
        values["at"],
        msgspec.json.decode(values["facts"]),
    )
