"""Agents: who may enter, as what, and by whose word."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec
from sqlalchemy import text
from sqlalchemy.engine import Row

from services.notifier.rights import Role
from shared.postgres.engine import AsyncConnection

Source = Literal["settings", "local", "oidc"]


@dataclass(frozen=True, slots=True)
class Agent:
    """A person at the desk; who `must_change` the password can do nothing else before."""

    login: str
    name: str
    role: Role
    must_change: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """An agent with what is needed to let the person in: a password, or a provider's `subject`."""

    agent: Agent
    password_hash: str | None
    active: bool
    source: Source = "settings"
    subject: str | None = None


class Listed(msgspec.Struct, frozen=True):
    """An account as administrators see it; `sessions` are open now, from `peers`; `seen_at` is real time."""

    login: str
    name: str
    role: Role
    source: Source
    active: bool
    must_change: bool
    seen_at: datetime | None
    sessions: int
    peers: tuple[str, ...]


_COLUMNS = "login, name, role, must_change, password_hash, active, source, subject"
_FIND = text(f"SELECT {_COLUMNS} FROM agent WHERE login = :login")  # noqa: S608 - our own list of columns
_LOCK = text(f"SELECT {_COLUMNS} FROM agent WHERE login = :login FOR NO KEY UPDATE")  # noqa: S608
_OF_SUBJECT = text(f"SELECT {_COLUMNS} FROM agent WHERE subject = :subject FOR NO KEY UPDATE")  # noqa: S608
_MAKE = (
    "INSERT INTO agent (login, name, role, must_change, password_hash, active, source, subject)"
    " VALUES (:login, :name, :role, :must_change, :password_hash, :active, :source, :subject)"
)
_MAKE_NEW = text(f"{_MAKE} ON CONFLICT DO NOTHING RETURNING login")
_KEEP = text(
    f"{_MAKE} ON CONFLICT (login) DO UPDATE SET name = excluded.name, role = excluded.role,"
    " must_change = excluded.must_change, password_hash = excluded.password_hash, active = excluded.active,"
    " source = excluded.source, subject = excluded.subject, changed_at = now()"
)
# Several replicas and two administrators at once: whoever changes who administers waits for the other.
_LOCK_ADMINS = text(
    "SELECT login FROM agent WHERE role = 'admin' AND active ORDER BY login FOR NO KEY UPDATE"
)
_LIST = text(
    "SELECT g.login, g.name, g.role, g.source, g.active, g.must_change, g.seen_at,"
    " count(s.token_hash) AS sessions, array_remove(array_agg(DISTINCT s.peer), NULL) AS peers"
    " FROM agent AS g LEFT JOIN session AS s ON s.login = g.login AND s.expires_at > :now"
    " GROUP BY g.login ORDER BY g.active DESC, g.name, g.login"
)
_LET_GO = text(
    "UPDATE agent SET source = 'local' WHERE source = 'settings' AND NOT login = ANY(CAST(:kept AS text[]))"
)


async def find(connection: AsyncConnection, login: str) -> Account | None:
    return _account((await connection.execute(_FIND, {"login": login})).one_or_none())


async def lock(connection: AsyncConnection, login: str) -> Account | None:
    """As it stands, and until the transaction ends it stays so."""
    return _account((await connection.execute(_LOCK, {"login": login})).one_or_none())


async def lock_by_subject(connection: AsyncConnection, subject: str) -> Account | None:
    """The account of whom a provider calls so."""
    return _account((await connection.execute(_OF_SUBJECT, {"subject": subject})).one_or_none())


async def make(connection: AsyncConnection, account: Account) -> bool:
    """False, and nothing done, where the log-in or the subject is somebody's already."""
    return (await connection.execute(_MAKE_NEW, _row(account))).one_or_none() is not None


async def keep(connection: AsyncConnection, account: Account) -> None:
    """Make the account, or make it be so."""
    await connection.execute(_KEEP, _row(account))


async def lock_admins(connection: AsyncConnection) -> list[str]:
    """Log-ins of the active administrators; nobody else becomes or ceases to be one meanwhile."""
    return list((await connection.execute(_LOCK_ADMINS)).scalars())


async def listed(connection: AsyncConnection, now: datetime) -> list[Listed]:
    """All accounts, the active ones first."""
    rows = await connection.execute(_LIST, {"now": now})
    return [Listed(**{**row._mapping, "peers": tuple(row.peers)}) for row in rows]


async def let_go(connection: AsyncConnection, kept: list[str]) -> None:
    """Accounts that the settings no longer name are administrators' business from now on."""
    await connection.execute(_LET_GO, {"kept": kept})


def _account(row: Row[tuple[object, ...]] | None) -> Account | None:
    if row is None:
        return None
    agent = Agent(row.login, row.name, row.role, row.must_change)
    return Account(agent, row.password_hash, row.active, row.source, row.subject)


def _row(account: Account) -> dict[str, object]:
    agent = account.agent
    return {
        "login": agent.login,
        "name": agent.name,
        "role": agent.role,
        "must_change": agent.must_change,
        "password_hash": account.password_hash,
        "active": account.active,
        "source": account.source,
        "subject": account.subject,
    }
