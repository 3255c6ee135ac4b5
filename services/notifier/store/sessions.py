"""Sessions: who is inside, the attempts to guess a password, and log-ins on their way through a provider."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from services.notifier.store.agents import Agent
from shared.postgres.engine import AsyncConnection

# A desk asks every few seconds; that someone was here need not be written each time.
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Begun:
    """What must come back from the provider, or prove that it came from us."""

    state: str
    nonce: str
    verifier: str


_OPEN = text(
    "INSERT INTO session (token_hash, login, created_at, expires_at, seen_at, peer)"
    " VALUES (:token_hash, :login, :now, :expires_at, :now, :peer)"
)
_OF_SESSION = text(
    "SELECT g.login, g.name, g.role, g.must_change, s.seen_at"
    " FROM session AS s JOIN agent AS g USING (login)"
    " WHERE s.token_hash = :token_hash AND s.expires_at > :now AND g.active"
)
_SEEN = text("UPDATE session SET seen_at = :now WHERE token_hash = :token_hash")
_AGENT_SEEN = text("UPDATE agent SET seen_at = :now WHERE login = :login")
_CLOSE = text(
    "DELETE FROM session AS s USING agent AS g WHERE s.token_hash = :token_hash AND g.login = s.login"
    " RETURNING g.login, g.name, g.role"
)
_END = text(
    "DELETE FROM session WHERE login = :login AND (CAST(:but AS bytea) IS NULL OR token_hash <> :but)"
    " RETURNING token_hash"
)
_FORGET_EXPIRED = text("DELETE FROM session WHERE expires_at <= :now")

_ATTEMPT = text("INSERT INTO login_attempt (login_hash, at) VALUES (:login_hash, :now)")
_FORGET_OLD = text("DELETE FROM login_attempt WHERE at <= :since")
_FORGET_OWN = text("DELETE FROM login_attempt WHERE login_hash = :login_hash")
_COUNT_ATTEMPTS = text(
    "SELECT count(*) FILTER (WHERE login_hash = :login_hash) AS own, count(*) AS every"
    " FROM login_attempt WHERE at > :since"
)

_FORGET_BEGUN = text("DELETE FROM login_begun WHERE begun_at <= :since")
_COUNT_BEGUN = text("SELECT count(*) FROM login_begun")
_BEGIN = text(
    "INSERT INTO login_begun (token_hash, state, nonce, verifier, begun_at)"
    " VALUES (:token_hash, :state, :nonce, :verifier, :now)"
)
_TAKE_BEGUN = text(
    "DELETE FROM login_begun WHERE token_hash = :token_hash RETURNING state, nonce, verifier, begun_at"
)


async def begin(
    connection: AsyncConnection,
    token_hash: bytes,
    login: str,
    now: datetime,
    expires_at: datetime,
    peer: str | None,
) -> None:
    """Also forgets sessions that have expired; nobody else tidies up."""
    await connection.execute(_FORGET_EXPIRED, {"now": now})
    row = {"token_hash": token_hash, "login": login, "now": now, "expires_at": expires_at, "peer": peer}
    await connection.execute(_OPEN, row)
    await connection.execute(_AGENT_SEEN, {"login": login, "now": now})


async def find(connection: AsyncConnection, token_hash: bytes, now: datetime) -> Agent | None:
    """Whose session it is; also remembers that it was used."""
    row = (await connection.execute(_OF_SESSION, {"token_hash": token_hash, "now": now})).one_or_none()
    if row is None:
        return None
    if row.seen_at is None or row.seen_at < now - SEEN_EVERY:
        # In the order in which an account is changed and its sessions ended.
        await connection.execute(_AGENT_SEEN, {"login": row.login, "now": now})
        await connection.execute(_SEEN, {"token_hash": token_hash, "now": now})
    return Agent(row.login, row.name, row.role, row.must_change)


async def close(connection: AsyncConnection, token_hash: bytes) -> Agent | None:
    """Whose it was, if it was any."""
    row = (await connection.execute(_CLOSE, {"token_hash": token_hash})).one_or_none()
    return None if row is None else Agent(row.login, row.name, row.role)


async def end(connection: AsyncConnection, login: str, but: bytes | None = None) -> set[bytes]:
    """End one's sessions, all `but` one; gives the hashes of their tokens."""
    rows = await connection.execute(_END, {"login": login, "but": but})
    return set(rows.scalars())


async def note_attempt(
    connection: AsyncConnection, login_hash: bytes, now: datetime, since: datetime
) -> tuple[int, int]:
    """Count this attempt before it is judged, so that many at once cannot slip through; give own and all."""
    await connection.execute(_FORGET_OLD, {"since": since})
    await connection.execute(_ATTEMPT, {"login_hash": login_hash, "now": now})
    row = (await connection.execute(_COUNT_ATTEMPTS, {"login_hash": login_hash, "since": since})).one()
    return row.own, row.every


async def forget_attempts(connection: AsyncConnection, login_hash: bytes) -> None:
    await connection.execute(_FORGET_OWN, {"login_hash": login_hash})


async def begin_abroad(
    connection: AsyncConnection, token_hash: bytes, begun: Begun, now: datetime, since: datetime
) -> int:
    """Remember who has gone to the provider; gives how many are on their way, and forgets who never came."""
    await connection.execute(_FORGET_BEGUN, {"since": since})
    row = {"token_hash": token_hash, "state": begun.state, "nonce": begun.nonce, "verifier": begun.verifier}
    await connection.execute(_BEGIN, {**row, "now": now})
    return int((await connection.execute(_COUNT_BEGUN)).scalar_one())


async def take_begun(connection: AsyncConnection, token_hash: bytes, since: datetime) -> Begun | None:
    """Once only: whoever comes back a second time was never here."""
    row = (await connection.execute(_TAKE_BEGUN, {"token_hash": token_hash})).one_or_none()
    if row is None or row.begun_at <= since:
        return None
    return Begun(row.state, row.nonce, row.verifier)
