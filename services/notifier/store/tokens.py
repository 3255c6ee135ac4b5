"""Tokens of other programs: who made them, what they allow, and when they were used."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, text

from services.notifier.scopes import Scope
from shared.postgres.engine import AsyncConnection

# Each use as its own write would make a write of every read.
_NOTE_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token; itself it is known to its program only. `hint` is how it ends."""

    id: str
    name: str
    hint: str
    scopes: tuple[Scope, ...]
    created_by: str
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None


_TOKEN = "id, name, hint, scopes, created_by, created_at, last_used_at, expires_at, revoked_at"  # noqa: S105 - columns
_PUT = text(
    "INSERT INTO api_token (id, name, token_hash, hint, scopes, created_by, created_at, expires_at) VALUES"
    " (CAST(:id AS uuid), :name, :token_hash, :hint, :scopes, :created_by, :created_at, :expires_at)"
)
_VALID = text(
    f"SELECT {_TOKEN} FROM api_token WHERE token_hash = :token_hash AND revoked_at IS NULL"  # noqa: S608
    " AND (expires_at IS NULL OR expires_at > :now)"
)
_LISTED = text(f"SELECT {_TOKEN} FROM api_token ORDER BY created_at DESC, id LIMIT 200")  # noqa: S608
_NOTE_USE = text(
    "UPDATE api_token SET last_used_at = :now WHERE id = CAST(:id AS uuid)"
    " AND (last_used_at IS NULL OR last_used_at < :before)"
)
_REVOKE = text(
    "UPDATE api_token SET revoked_at = :now WHERE id = CAST(:id AS uuid) AND revoked_at IS NULL"
    " RETURNING name"
)


async def put(connection: AsyncConnection, token: Token, token_hash: bytes) -> None:
    await connection.execute(
        _PUT,
        {
            "id": token.id,
            "name": token.name,
            "token_hash": token_hash,
            "hint": token.hint,
            "scopes": list(token.scopes),
            "created_by": token.created_by,
            "created_at": token.created_at,
            "expires_at": token.expires_at,
        },
    )


async def find_valid(connection: AsyncConnection, token_hash: bytes, now: datetime) -> Token | None:
    """None if there never was such a token, or it is revoked or has expired."""
    row = (await connection.execute(_VALID, {"token_hash": token_hash, "now": now})).one_or_none()
    return None if row is None else _token(row)


async def note_use(connection: AsyncConnection, token: Token, now: datetime) -> None:
    """At most once a minute."""
    if token.last_used_at is None or token.last_used_at < now - _NOTE_EVERY:
        before = now - _NOTE_EVERY
        await connection.execute(_NOTE_USE, {"id": token.id, "now": now, "before": before})


async def listed(connection: AsyncConnection) -> Sequence[Token]:
    """The newest first."""
    return [_token(row) for row in await connection.execute(_LISTED)]


async def revoke(connection: AsyncConnection, token_id: str, now: datetime) -> str | None:
    """The token's name; None if there is none, or it was revoked before."""
    found = await connection.execute(_REVOKE, {"id": token_id, "now": now})
    name: str | None = found.scalar_one_or_none()
    return name


def _token(row: Row[tuple[object, ...]]) -> Token:
    return Token(**{**row._mapping, "id": str(row.id), "scopes": tuple(row.scopes)})
