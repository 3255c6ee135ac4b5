"""Accounts: administrators make, change and shut them; everybody chooses a password of one's own."""

import secrets
from dataclasses import dataclass, replace

from services.notifier.auth import STRANGER, Door, Refused, Throttled, hashed, refusal
from services.notifier.rights import Role
from services.notifier.store import agents, audit, sessions
from services.notifier.store.agents import Account, Agent, Listed
from services.notifier.store.audit import Entry
from shared.postgres.engine import AsyncConnection, transaction

LEAST_SIGNS = 10
# Without what is easily taken for another sign: a password may have to be read out.
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class Done:
    """`ended` are the hashes of tokens whose sessions are over; a password made here is shown only now."""

    ended: set[bytes]
    password: str | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no such account."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The log-in is somebody's."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """It is the settings' or the provider's to decide."""


@dataclass(frozen=True, slots=True)
class LastAdmin:
    """Nobody would be left to let anybody in."""


@dataclass(frozen=True, slots=True)
class Weak:
    """Too short, the log-in itself, or the one that it was."""


@dataclass(frozen=True, slots=True)
class Change:
    """What shall be different; None stays as it is."""

    name: str | None = None
    role: Role | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class Accounts:
    """What is done to accounts; `by` is the entry of who does it, which `audit` gets completed."""

    door: Door

    async def listed(self) -> list[Listed]:
        async with transaction(self.door.engine) as connection:
            return await agents.listed(connection, self.door.now())

    async def make(self, by: Entry, agent: Agent) -> Done | Taken:
        password = made_password()
        account = Account(
            replace(agent, must_change=True), await self.door.passwords.hash(password), True, "local"
        )
        async with transaction(self.door.engine) as connection:
            if agent.login == STRANGER or not await agents.make(connection, account):
                return Taken()
            entry = replace(by, what="account.made", subject=agent.login, detail=f"role={agent.role}")
            await audit.append(connection, entry, self.door.now())
        return Done(set(), password)

    async def change(self, by: Entry, login: str, change: Change) -> Done | Missing | Elsewhere | LastAdmin:
        """Who gets another role or is shut is out at once."""
        async with transaction(self.door.engine) as connection:
            admins = await agents.lock_admins(connection)
            known = await agents.lock(connection, login)
            if known is None:
                return Missing()
            if not _ours(known, change):
                return Elsewhere()
            changed = _changed(known, change)
            if admins == [login] and not (changed.active and changed.agent.role == "admin"):
                return LastAdmin()
            if changed == known:
                return Done(set())
            await agents.keep(connection, changed)
            out = (known.agent.role, known.active) != (changed.agent.role, changed.active)
            ended = await sessions.end(connection, login) if out else set()
            await self._note(connection, by, "account.changed", login, _told(known, changed))
            return Done(ended)

    async def renew(self, by: Entry, login: str) -> Done | Missing | Elsewhere:
        """A new password, for who has lost the old one; it must be changed at the next log-in."""
        password = made_password()
        password_hash = await self.door.passwords.hash(password)
        async with transaction(self.door.engine) as connection:
            known = await agents.lock(connection, login)
            if known is None:
                return Missing()
            if known.source != "local":
                return Elsewhere()
            agent = replace(known.agent, must_change=True)
            await agents.keep(connection, replace(known, agent=agent, password_hash=password_hash))
            ended = await sessions.end(connection, login)
            await self._note(connection, by, "account.password", login)
        return Done(ended, password)

    async def put_out(self, by: Entry, login: str) -> Done | Missing:
        """End all sessions of one account, whoever it belongs to."""
        async with transaction(self.door.engine) as connection:
            if await agents.lock(connection, login) is None:
                return Missing()
            ended = await sessions.end(connection, login)
            await self._note(connection, by, "account.put_out", login, f"sessions={len(ended)}")
        return Done(ended)

    async def choose(
        self, agent: Agent, token: str, old: str, new: str, whence: str | None
    ) -> Done | Refused | Throttled | Weak | Elsewhere:
        """One's own password; every other session of one's own ends."""
        if not strong(new, agent.login) or new == old:
            return Weak()
        known, throttled = await self.door.attempt(agent.login, whence)
        if throttled:
            return Throttled()
        if known is None or known.source != "local":
            return Elsewhere()
        if not await self.door.passwords.fits(known.password_hash, old):
            await self._wrong(known, whence)
            return Refused()
        password_hash = await self.door.passwords.hash(new)
        return await self._store(known, password_hash, hashed(token), whence)

    async def _store(
        self, known: Account, password_hash: str, own: bytes, whence: str | None
    ) -> Done | Refused:
        login = known.agent.login
        async with transaction(self.door.engine) as connection:
            if await agents.lock(connection, login) != known:
                return Refused()
            agent = replace(known.agent, must_change=False)
            await agents.keep(connection, replace(known, agent=agent, password_hash=password_hash))
            await self.door.forgive(connection, login)
            ended = await sessions.end(connection, login, but=own)
            by = Entry(login, agent.role, "", whence=whence)
            await self._note(connection, by, "account.password", login)
        return Done(ended)

    async def _wrong(self, known: Account, whence: str | None) -> None:
        async with transaction(self.door.engine) as connection:
            entry = replace(refusal(known, "session.refused", whence), detail="password")
            await audit.append(connection, entry, self.door.now())

    async def _note(
        self, connection: AsyncConnection, by: Entry, what: str, login: str, detail: str | None = None
    ) -> None:
        entry = replace(by, what=what, subject=login, detail=detail)
        await audit.append(connection, entry, self.door.now())


def made_password() -> str:
    """79 bits, in groups of four."""
    return "-".join("".join(secrets.choice(_SIGNS) for _ in range(4)) for _ in range(4))


def strong(password: str, login: str) -> bool:
    return len(password) >= LEAST_SIGNS and password.lower() != login.lower()


def _ours(account: Account, change: Change) -> bool:
    """The settings decide everything about theirs, a provider the name and the role of its own."""
    match account.source:
        case "settings":
            return False
        case "oidc":
            return change.name is None and change.role is None
        case "local":
            return True


def _changed(account: Account, change: Change) -> Account:
    agent = replace(
        account.agent, name=change.name or account.agent.name, role=change.role or account.agent.role
    )
    active = account.active if change.active is None else change.active
    return replace(account, agent=agent, active=active)


def _told(before: Account, after: Account) -> str:
    """What has changed, without the name, which is a person's."""
    told = []
    if before.agent.role != after.agent.role:
        told.append(f"role={after.agent.role}")
    if before.active != after.active:
        told.append("opened" if after.active else "shut")
    return " ".join(told) or "name"
