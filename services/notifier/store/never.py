"""Never: the never-contact list (配信禁止リスト), and the hashes of the addresses that we hold."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import text

from services.notifier.store.given import arrays, given
from shared.events.customer import Channel, ContactChanged
from shared.postgres.engine import AsyncConnection

Because = Literal["asked", "complaint", "wrong_person", "law", "imported", "erased"]
"""Why somebody is on the list; codes, for words would tell who it is. `erased`: had refused before."""

BECAUSES: tuple[Because, ...] = get_args(Because)
# Enough to tell one entry from another, and of no use to anybody else.
PREFIX = 16
# Not an entry: the hash of a word of ours, which tells whether the key is still the one of the list.
_KEY = "key"


@dataclass(frozen=True, slots=True)
class Banned:
    """An address as it is put on the list; `by` is an agent's log-in."""

    channel: Channel
    hash: str
    because: Because
    since: datetime
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry as it may be shown; `held` says how many accounts have that address now."""

    prefix: str
    channel: str
    because: str
    since: datetime
    by: str | None
    held: int


@dataclass(frozen=True, slots=True)
class Held:
    """The hashes of an account's addresses, as they were told at a moment of business time."""

    customer_ref: str
    at: datetime
    hashes: Mapping[Channel, str]


# A contact that tells of no LINE id leaves the known one as it is, and so do we.
_GONE = {"customer_ref": "text", "at": "timestamptz"}
_CLEAR = text(
    f"DELETE FROM contact_hash AS h USING {given(_GONE)} WHERE h.customer_ref = given.customer_ref"  # noqa: S608
    " AND h.channel <> 'line' AND NOT EXISTS (SELECT FROM contact AS c"
    " WHERE c.customer_ref = given.customer_ref AND c.changed_at > given.at)"
)
_HASH = {"customer_ref": "text", "at": "timestamptz", "channel": "text", "hash": "text"}
_KEEP = text(
    "INSERT INTO contact_hash (customer_ref, channel, hash)"  # noqa: S608 - our own list of columns
    f" SELECT given.customer_ref, given.channel, given.hash FROM {given(_HASH)}"
    " WHERE NOT EXISTS (SELECT FROM contact AS c WHERE c.customer_ref = given.customer_ref"
    " AND c.changed_at > given.at)"
    " AND NOT EXISTS (SELECT FROM customer_mark AS m WHERE m.customer_ref = given.customer_ref"
    " AND m.erased_at IS NOT NULL)"
    " ON CONFLICT (customer_ref, channel) DO UPDATE SET hash = excluded.hash"
    " WHERE contact_hash.hash <> excluded.hash"
)
# One that comes late may still be the first to tell of it.
_FILL = text(
    "INSERT INTO contact_hash (customer_ref, channel, hash)"  # noqa: S608 - our own list of columns
    f" SELECT given.customer_ref, given.channel, given.hash FROM {given(_HASH)} WHERE given.channel = 'line'"
    " AND NOT EXISTS (SELECT FROM customer_mark AS m WHERE m.customer_ref = given.customer_ref"
    " AND m.erased_at IS NOT NULL) ON CONFLICT DO NOTHING"
)
_CONTACTS = text(
    "SELECT c.customer_ref, c.changed_at, c.mail, c.phone, c.postcode, c.address, c.line FROM contact AS c"
    " WHERE c.customer_ref > :after AND (:again OR NOT EXISTS"
    " (SELECT FROM contact_hash AS h WHERE h.customer_ref = c.customer_ref))"
    " ORDER BY c.customer_ref LIMIT :most"
)
_HASHES = text(
    "SELECT DISTINCT h.channel, h.hash FROM contact_hash AS h"
    " JOIN accounts_of(:customer_ref) AS own (account) ON h.customer_ref = own.account"
    " WHERE h.channel = ANY(CAST(:channels AS text[]))"
)
_BANNED = {"channel": "text", "hash": "text", "because": "text", "since": "timestamptz", "by": "text"}
_ADD = text(
    f"INSERT INTO never_contact ({', '.join(_BANNED)}) SELECT * FROM {given(_BANNED)}"  # noqa: S608
    " ON CONFLICT DO NOTHING RETURNING channel, hash"
)
_REMOVE = text(
    "DELETE FROM never_contact WHERE channel = :channel AND starts_with(hash, :prefix)"
    " AND because <> :key RETURNING hash"
)
_LIST = text(
    f"SELECT left(n.hash, {PREFIX}) AS prefix, n.channel, n.because, n.since, n.by,"  # noqa: S608
    " (SELECT count(*) FROM contact_hash AS h WHERE h.hash = n.hash AND h.channel = n.channel) AS held"
    f" FROM never_contact AS n WHERE n.because <> '{_KEY}'"
    " AND (CAST(:channel AS text) IS NULL OR n.channel = :channel)"
    " ORDER BY n.since DESC, n.hash LIMIT :most OFFSET :skip"
)
_COUNTS = text(
    f"SELECT channel, count(*) AS many FROM never_contact WHERE because <> '{_KEY}' GROUP BY channel"  # noqa: S608
)
_HOLDERS = text(
    "SELECT DISTINCT own.account FROM contact_hash AS h, accounts_of(h.customer_ref) AS own (account)"
    " WHERE h.channel = 'phone' AND h.hash = ANY(CAST(:hashes AS text[])) ORDER BY own.account"
)
# What was refused is remembered past the erasure: else the next import of the address would be written to.
_OUTLIVE = text(
    "INSERT INTO never_contact (hash, channel, because, since)"
    " SELECT DISTINCT h.hash, h.channel, 'erased', CAST(:at AS timestamptz) FROM contact_hash AS h"
    " WHERE h.customer_ref = :customer_ref AND (EXISTS (SELECT FROM do_not_contact AS d"
    " JOIN accounts_of(:customer_ref) AS own (account) ON d.customer_ref = own.account)"
    " OR EXISTS (SELECT FROM consent_of(:customer_ref) AS k WHERE k.channel = h.channel AND NOT k.granted))"
    " ON CONFLICT DO NOTHING"
)
_FORGET = text("DELETE FROM contact_hash WHERE customer_ref = :customer_ref")
_KEYS = text(
    f"SELECT COALESCE(array_agg(hash) FILTER (WHERE because = '{_KEY}'), '{{}}') AS keys,"  # noqa: S608
    f" count(*) FILTER (WHERE because <> '{_KEY}') AS entries FROM never_contact"
)
_DROP_KEYS = text("DELETE FROM never_contact WHERE because = :key")
_KEEP_KEY = text(
    "INSERT INTO never_contact (hash, channel, because, since)"
    " VALUES (:hash, 'mail', :key, now()) ON CONFLICT DO NOTHING"
)


async def keep(connection: AsyncConnection, held: Sequence[Held]) -> None:
    """What was told replaces what stood there, unless a newer contact stands or the customer is erased."""
    if not held:
        return
    ordered = sorted(held, key=lambda one: one.customer_ref)
    gone = [{"customer_ref": one.customer_ref, "at": one.at} for one in ordered]
    await connection.execute(_CLEAR, arrays(_GONE, gone))
    rows: list[dict[str, object]] = [
        {"customer_ref": one.customer_ref, "at": one.at, "channel": channel, "hash": hash_}
        for one in ordered
        for channel, hash_ in sorted(one.hashes.items())
    ]
    await connection.execute(_KEEP, arrays(_HASH, rows))
    await connection.execute(_FILL, arrays(_HASH, rows))


async def contacts(
    connection: AsyncConnection, after: str, most: int, *, again: bool
) -> list[tuple[str, datetime, ContactChanged]]:
    """The next contacts that have no hashes, or `again` all of them; in the order of their references."""
    rows = await connection.execute(_CONTACTS, {"after": after, "most": most, "again": again})
    return [
        (row.customer_ref, row.changed_at, _contact(row.mail, row.phone, row.line, row.postcode, row.address))
        for row in rows
    ]


def _contact(*values: str | None) -> ContactChanged:
    mail, phone, line, postcode, address = values
    return ContactChanged(mail=mail, phone=phone, line=line, postcode=postcode, address=address)


async def of(
    connection: AsyncConnection, customer_ref: str, channels: Sequence[Channel]
) -> list[tuple[Channel, str]]:
    """The hashes of the addresses that this person has on these channels, on any account."""
    values = {"customer_ref": customer_ref, "channels": list(channels)}
    return [(row.channel, row.hash) for row in await connection.execute(_HASHES, values)]


async def add(connection: AsyncConnection, banned: Sequence[Banned]) -> list[tuple[Channel, str]]:
    """Those that were not on the list yet."""
    once = {(one.channel, one.hash): one for one in banned}
    rows = [asdict(once[key]) for key in sorted(once)]
    added = (await connection.execute(_ADD, arrays(_BANNED, rows))).all() if rows else []
    return [(row.channel, row.hash) for row in added]


async def remove(connection: AsyncConnection, channel: Channel, prefix: str) -> int:
    """How many left the list."""
    removed = await connection.execute(_REMOVE, {"channel": channel, "prefix": prefix, "key": _KEY})
    return len(removed.all())


async def listed(connection: AsyncConnection, channel: Channel | None, skip: int, most: int) -> list[Listed]:
    """The newest first."""
    rows = await connection.execute(_LIST, {"channel": channel, "skip": skip, "most": most})
    return [Listed(**row._mapping) for row in rows]


async def counts(connection: AsyncConnection) -> dict[str, int]:
    return {row.channel: row.many for row in await connection.execute(_COUNTS)}


async def holders(connection: AsyncConnection, hashes: Sequence[str]) -> list[str]:
    """Every account of the persons who have one of these telephones."""
    return list((await connection.execute(_HOLDERS, {"hashes": list(hashes)})).scalars())


async def outlive(connection: AsyncConnection, customer_ref: str, at: datetime) -> None:
    """Before a contact is erased: what this person had refused stays refused, and the rest is forgotten."""
    await connection.execute(_OUTLIVE, {"customer_ref": customer_ref, "at": at})
    await connection.execute(_FORGET, {"customer_ref": customer_ref})


async def keys(connection: AsyncConnection) -> tuple[frozenset[str], int]:
    """The hashes of our own word by every key that was ever used, and how many entries there are."""
    row = (await connection.execute(_KEYS)).one()
    return frozenset(row.keys), row.entries


async def keep_key(connection: AsyncConnection, hash_: str) -> None:
    """This key is the list's from now on."""
    await connection.execute(_DROP_KEYS, {"key": _KEY})
    await connection.execute(_KEEP_KEY, {"hash": hash_, "key": _KEY})
