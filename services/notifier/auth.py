"""Who may enter: passwords, sessions, the token against cross-site requests, and a limit on guessing."""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.notifier.settings import AgentAccount
from services.notifier.store import agents, audit, sessions
from services.notifier.store.agents import Account, Agent
from services.notifier.store.audit import Entry
from shared.clock import Now
from shared.postgres.engine import AsyncConnection, AsyncEngine, transaction
from shared.process.metrics import logins

SESSION = timedelta(hours=12)
WINDOW = timedelta(minutes=15)
MOST_PER_LOGIN = 5
MOST_TOGETHER = 200
# In the audit log, of whoever knocked without being anybody we know.
STRANGER = "unknown"


@dataclass(frozen=True, slots=True)
class Entered:
    """The token goes into the cookie and nowhere else."""

    token: str
    agent: Agent


@dataclass(frozen=True, slots=True)
class Refused:
    """Unknown, shut or the wrong password: nobody outside learns which."""


@dataclass(frozen=True, slots=True)
class Throttled:
    """Too many attempts of late, by this log-in or by all together."""


class Passwords:
    """Argon2 away from the event loop, two at a time: each takes 64 MiB and tens of milliseconds."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = asyncio.Semaphore(2)
        self._nobody = self._hasher.hash(secrets.token_hex())

    async def hash(self, password: str) -> str:
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def fits(self, password_hash: str | None, password: str) -> bool:
        """Without a hash it takes as long and is false, so that time tells nothing about who exists."""
        async with self._turns:
            return await asyncio.to_thread(self._verify, password_hash or self._nobody, password)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


@dataclass(frozen=True, slots=True)
class Door:
    """Lets agents in and out; `now` is real time, for sessions are technical.

    `whence` is the peer's address.
    """

    engine: AsyncEngine
    passwords: Passwords
    now: Now

    async def log_in(
        self, login: str, password: str, whence: str | None = None
    ) -> Entered | Refused | Throttled:
        outcome = await self._judge(login, password, whence)
        logins.labels(outcome=type(outcome).__name__.lower()).inc()
        return outcome

    async def _judge(self, login: str, password: str, whence: str | None) -> Entered | Refused | Throttled:
        account, throttled = await self.attempt(login, whence)
        if throttled:
            return Throttled()
        fits = await self.passwords.fits(account.password_hash if account else None, password)
        async with transaction(self.engine) as connection:
            # What has changed while the password was looked at counts.
            known = await agents.lock(connection, login)
            if known is None or not fits or not known.active or known != account:
                await audit.append(connection, refusal(known, "session.refused", whence), self.now())
                return Refused()
            return await self.admit(connection, known.agent, "password", whence)

    async def attempt(self, login: str, whence: str | None) -> tuple[Account | None, bool]:
        """Count an attempt at a password; gives whose it is, and whether there were too many."""
        now, key = self.now(), _attempts_at(login)
        async with transaction(self.engine) as connection:
            own, together = await sessions.note_attempt(connection, key, now, now - WINDOW)
            account = await agents.find(connection, login)
            # Once, as it begins: an audit log must not be filled by whoever knocks fast enough.
            if own == MOST_PER_LOGIN + 1 or together == MOST_TOGETHER + 1:
                await audit.append(connection, refusal(account, "session.throttled", whence), now)
        return account, own > MOST_PER_LOGIN or together > MOST_TOGETHER

    async def admit(self, connection: AsyncConnection, agent: Agent, way: str, whence: str | None) -> Entered:
        """Open a session; last in its transaction."""
        token, now = secrets.token_urlsafe(32), self.now()
        await self.forgive(connection, agent.login)
        await sessions.begin(connection, hashed(token), agent.login, now, now + SESSION, whence)
        entry = Entry(agent.login, agent.role, "session.began", detail=way, whence=whence)
        await audit.append(connection, entry, now)
        return Entered(token, agent)

    async def forgive(self, connection: AsyncConnection, login: str) -> None:
        """Who has shown the right password has not been guessing."""
        await sessions.forget_attempts(connection, _attempts_at(login))

    async def find_agent(self, token: str) -> Agent | None:
        """Whose session this is; None when it has ended or never was."""
        async with transaction(self.engine) as connection:
            return await sessions.find(connection, hashed(token), self.now())

    async def log_out(self, token: str, whence: str | None = None) -> None:
        async with transaction(self.engine) as connection:
            agent = await sessions.close(connection, hashed(token))
            if agent is not None:
                entry = Entry(agent.login, agent.role, "session.ended", whence=whence)
                await audit.append(connection, entry, self.now())

    async def enrol(self, accounts: Sequence[AgentAccount]) -> None:
        """Make the accounts be as the settings say; who is changed must log in again."""
        for account in accounts:
            await self._enrol(account)
        async with transaction(self.engine) as connection:
            await agents.let_go(connection, [account.login for account in accounts])

    async def _enrol(self, wanted: AgentAccount) -> None:
        password = wanted.password.get_secret_value()
        agent = Agent(wanted.login, wanted.name, wanted.role)
        async with transaction(self.engine) as connection:
            known = await agents.find(connection, wanted.login)
        same_password = known is not None and await self.passwords.fits(known.password_hash, password)
        hashed_password = (
            known.password_hash if known and same_password else await self.passwords.hash(password)
        )
        account = Account(agent, hashed_password, wanted.active)
        if known == account:
            return
        async with transaction(self.engine) as connection:
            await agents.keep(connection, account)
            if known is None or replace(known, source="settings") != account:
                await sessions.end(connection, wanted.login)


def refusal(account: Account | None, what: str, whence: str | None) -> Entry:
    """Without the typed log-in, unless it is somebody's: people type passwords where the name goes."""
    if account is None:
        return Entry(STRANGER, STRANGER, what, whence=whence)
    return Entry(account.agent.login, account.agent.role, what, whence=whence)


def csrf_token(token: str) -> str:
    """Belongs to one session, and cannot be had without reading one of its pages."""
    return hmac.new(token.encode(), b"cross-site request forgery", hashlib.sha256).hexdigest()


def csrf_fits(token: str, claimed: str | None) -> bool:
    return claimed is not None and hmac.compare_digest(csrf_token(token).encode(), claimed.encode())


def hashed(value: str) -> bytes:
    """The values are random or short-lived, so that a plain hash will do."""
    return hashlib.sha256(value.encode()).digest()


def _attempts_at(login: str) -> bytes:
    return hashed(f"login\x1f{login}")
