"""The audit log: who saw and did what, written once, each entry bound to the one before by its hash."""

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime

import msgspec
from sqlalchemy import text

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
_READ = text(
    "SELECT id, at, who, role, what, subject, CAST(alert AS text) AS alert, why, detail, whence, previous,"
    " hash FROM audit_entry WHERE id > :after ORDER BY id LIMIT :most"
)


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
    return [
        Kept(
            row.id,
            row.at,
            Entry(row.who, row.role, row.what, row.subject, row.alert, row.why, row.detail, row.whence),
            row.previous,
            row.hash,
        )
        for row in rows
    ]


def hash_of(place: int, at: datetime, entry: Entry, previous: bytes) -> bytes:
    """SHA-256 over the entry and the hash of the one before: who changes one breaks all that follow."""
    content = msgspec.json.encode([place, at.timestamp(), *asdict(entry).values()])
    return hashlib.sha256(previous + content).digest()
