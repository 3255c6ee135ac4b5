"""Agents: their accounts, their sessions, and the attempts to guess a password."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from services.notifier.rights import Role
from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Agent:
    """A person at the desk."""

    login: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Account:
    """An agent with what is needed to let the person in."""

    agent: Agent
    password_hash: str
    active: bool


_FIND = text("SELECT login, name, role, password_hash, active FROM agent WHERE login = :login")
_KEEP = text(
    "INSERT INTO agent (login, name, role, password_hash, active)"
    " VALUES (:login, :name, :role, :password_hash, :active)"
    " ON CONFLICT (login) DO UPDATE SET name = excluded.name, role = excluded.role,"
    " password_hash = excluded.password_hash, active = excluded.active, changed_at = now()"
)
_END_SESSIONS = text("DELETE FROM session WHERE login = :login")
_OPEN = text(
    "INSERT INTO session (token_hash, login, created_at, expires_at)"
    " VALUES (:token_hash, :login, :created_at, :expires_at)"
)
_OF_SESSION = text(
    "SELECT g.login, g.name, g.role FROM session AS s JOIN agent AS g USING (login)"
    " WHERE s.token_hash = :token_hash AND s.expires_at > :now AND g.active"
)
_CLOSE = text("DELETE FROM session WHERE token_hash = :token_hash")
_FORGET_EXPIRED = text("DELETE FROM session WHERE expires_at <= :now")
_ATTEMPT = text("INSERT INTO login_attempt (login_hash, at) VALUES (:login_hash, :now)")
_FORGET_OLD = text("DELETE FROM login_attempt WHERE at <= :since")
_FORGET_OWN = text("DELETE FROM login_attempt WHERE login_hash = :login_hash")
_COUNT_ATTEMPTS = text(
    "SELECT count(*) FILTER (WHERE login_hash = :login_hash) AS own, count(*) AS every"
    " FROM login_attempt WHERE at > :since"
)


async def find(connection: AsyncConnection, login: str) -> Account | None:
    row = (await connection.execute(_FIND, {"login": login})).one_or_none()
    return (
        None if row is None else Account(Agent(row.login, row.name, row.role), row.password_hash, row.active)
    )


async def keep(connection: AsyncConnection, account: Account) -> None:
    agent = account.agent
    await connection.execute(
        _KEEP,
        {
            "login": agent.login,
            "name": agent.name,
            "role": agent.role,
            "password_hash": account.password_hash,
            "active": account.active,
        },
    )


async def end_sessions(connection: AsyncConnection, login: str) -> None:
    await connection.execute(_END_SESSIONS, {"login": login})


async def open_session(
    connection: AsyncConnection, token_hash: bytes, login: str, now: datetime, expires_at: datetime
) -> None:
    """Also forgets sessions that have expired; nobody else tidies up."""
    await connection.execute(_FORGET_EXPIRED, {"now": now})
    row = {"token_hash": token_hash, "login": login, "created_at": now, "expires_at": expires_at}
    await connection.execute(_OPEN, row)


async def find_by_session(connection: AsyncConnection, token_hash: bytes, now: datetime) -> Agent | None:
    row = (await connection.execute(_OF_SESSION, {"token_hash": token_hash, "now": now})).one_or_none()
    return None if row is None else Agent(row.login, row.name, row.role)


async def close_session(connection: AsyncConnection, token_hash: bytes) -> None:
    await connection.execute(_CLOSE, {"token_hash": token_hash})


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
