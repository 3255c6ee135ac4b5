"""The audit log: who saw and did what, written once, each entry bound to the one before by its hash."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.engine import Row

from shared.postgres.engine import AsyncConnection

BEGINNING = b"\x00" * 32
# Entries follow one another, so whoever writes one waits until the one before is committed.
_TURN = text("SELECT pg_advisory_xact_lock(hashtext('hikitome audit ' || current_schema()))")
_LAST = text("SELECT id, hash FROM audit_entry ORDER BY id DESC LIMIT 1")
_APPEND = text(
    "INSERT INTO audit_entry (id, at, who, role, what, subject, alert, why, detail, whence, previous, hash)"
    " VALUES (:id, :at, :who, :role, :what, :subject, CAST(:alert AS uuid), :why, :detail, :whence,"
    " :previous, :hash)"
)
_COLUMNS = (
    "id, at, who, role, what, subject, CAST(alert AS text) AS alert, why, detail, whence, previous, hash"
)
_READ = text(
    f"SELECT {_COLUMNS} FROM audit_entry WHERE id > :after ORDER BY id LIMIT :most"  # noqa: S608
)
_SEARCH = text(
    f"SELECT {_COLUMNS} FROM audit_entry"  # noqa: S608 - our own list of columns
    " WHERE (CAST(:before AS bigint) IS NULL OR id < :before)"
    " AND (CAST(:who AS text) IS NULL OR who = :who)"
    " AND (CAST(:what AS text) IS NULL OR what = :what)"
    " AND (CAST(:subject AS text) IS NULL OR subject = :subject)"
    " ORDER BY id DESC LIMIT :most"
)
_KINDS = text(
    "WITH RECURSIVE kind AS ((SELECT what FROM audit_entry ORDER BY what LIMIT 1) UNION ALL"
    " SELECT (SELECT e.what FROM audit_entry AS e WHERE e.what > kind.what ORDER BY e.what LIMIT 1)"
    " FROM kind WHERE kind.what IS NOT NULL) SELECT what FROM kind WHERE what IS NOT NULL"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which entries are looked for; None is any."""

    who: str | None = None
    what: str | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """`what` was done by `who`, to the customer `subject`; `whence` is the peer's address.

    No values of personal data.
    """

    who: str
    role: str
    what: str
    subject: str | None = None
    alert: str | None = None
    why: str | None = None
    detail: str | None = None
    whence: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry in its place of the chain."""

    id: int
    at: datetime
    entry: Entry
    previous: bytes
    hash: bytes


async def append(connection: AsyncConnection, entry: Entry, at: datetime) -> None:
    """Last in its transaction: others wait for it to end."""
    await connection.execute(_TURN)
    last = (await connection.execute(_LAST)).one_or_none()
    place, previous = (last.id + 1, last.hash) if last else (1, BEGINNING)
    values = {"id": place, "at": at, "previous": previous, "hash": hash_of(place, at, entry, previous)}
    await connection.execute(_APPEND, {**asdict(entry), **values})


async def read(connection: AsyncConnection, after: int, most: int) -> list[Kept]:
    """In order, from the one after `after`."""
    rows = await connection.execute(_READ, {"after": after, "most": most})
    return [_kept(row) for row in rows]


async def search(connection: AsyncConnection, asked: Asked, before: int | None, most: int) -> list[Kept]:
    """The newest first, from the one before `before`."""
    rows = await connection.execute(_SEARCH, {**asdict(asked), "before": before, "most": most})
    return [_kept(row) for row in rows]


async def kinds(connection: AsyncConnection) -> list[str]:
    """Every `what` that occurs."""
    return list((await connection.execute(_KINDS)).scalars())


def first_broken(entries: Sequence[Kept], before: Kept | None) -> int | None:
    """The place of the first entry that isn't what was written, or does not follow the one before it.

    `entries` are in order; `before` is the one that they follow, None at the beginning of the log.
    """
    place, previous = (before.id, before.hash) if before else (0, BEGINNING)
    for kept in entries:
        whole = kept.id == place + 1 and kept.previous == previous
        if not whole or kept.hash != hash_of(kept.id, kept.at, kept.entry, kept.previous):
            return kept.id
        place, previous = kept.id, kept.hash
    return None


def hash_of(place: int, at: datetime, entry: Entry, previous: bytes) -> bytes:
    """SHA-256 over the entry and the hash of the one before: who changes one breaks all that follow."""
    content = msgspec.json.encode([place, at.timestamp(), *asdict(entry).values()])
    return hashlib.sha256(previous + content).digest()


def _kept(row: Row[tuple[object, ...]]) -> Kept:
    entry = Entry(row.who, row.role, row.what, row.subject, row.alert, row.why, row.detail, row.whence)
    return Kept(row.id, row.at, entry, row.previous, row.hash)
