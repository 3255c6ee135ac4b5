"""Who may enter: passwords, sessions, the token against cross-site requests, and a limit on guessing."""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.notifier.settings import AgentAccount
from services.notifier.store import agents
from services.notifier.store.agents import Account, Agent
from shared.clock import Now
from shared.postgres.engine import AsyncEngine, transaction
from shared.process.metrics import logins

SESSION = timedelta(hours=12)
WINDOW = timedelta(minutes=15)
MOST_PER_LOGIN = 5
MOST_TOGETHER = 200


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
    """Lets agents in and out; `now` is real time, for sessions are technical."""

    engine: AsyncEngine
    passwords: Passwords
    now: Now

    async def log_in(self, login: str, password: str) -> Entered | Refused | Throttled:
        outcome = await self._judge(login, password)
        logins.labels(outcome=type(outcome).__name__.lower()).inc()
        return outcome

    async def _judge(self, login: str, password: str) -> Entered | Refused | Throttled:
        now, key = self.now(), _hashed(f"login\x1f{login}")
        async with transaction(self.engine) as connection:
            own, together = await agents.note_attempt(connection, key, now, now - WINDOW)
            account = await agents.find(connection, login)
        if own > MOST_PER_LOGIN or together > MOST_TOGETHER:
            return Throttled()
        fits = await self.passwords.fits(account.password_hash if account else None, password)
        if account is None or not fits or not account.active:
            return Refused()
        token = secrets.token_urlsafe(32)
        async with transaction(self.engine) as connection:
            await agents.forget_attempts(connection, key)
            await agents.open_session(connection, _hashed(token), login, now, now + SESSION)
        return Entered(token, account.agent)

    async def find_agent(self, token: str) -> Agent | None:
        """Whose session this is; None when it has ended or never was."""
        async with transaction(self.engine) as connection:
            return await agents.find_by_session(connection, _hashed(token), self.now())

    async def log_out(self, token: str) -> None:
        async with transaction(self.engine) as connection:
            await agents.close_session(connection, _hashed(token))

    async def enrol(self, accounts: Sequence[AgentAccount]) -> None:
        """Make the accounts be as the settings say; who is changed must log in again."""
        for account in accounts:
            await self._enrol(account)

    async def _enrol(self, wanted: AgentAccount) -> None:
        password = wanted.password.get_secret_value()
        agent = Agent(wanted.login, wanted.name, wanted.role)
        async with transaction(self.engine) as connection:
            known = await agents.find(connection, wanted.login)
        same_password = known is not None and await self.passwords.fits(known.password_hash, password)
        if known is not None and same_password and (known.agent, known.active) == (agent, wanted.active):
            return
        hashed = known.password_hash if known and same_password else await self.passwords.hash(password)
        async with transaction(self.engine) as connection:
            await agents.keep(connection, Account(agent, hashed, wanted.active))
            await agents.end_sessions(connection, wanted.login)


def csrf_token(token: str) -> str:
    """Belongs to one session, and cannot be had without reading one of its pages."""
    return hmac.new(token.encode(), b"cross-site request forgery", hashlib.sha256).hexdigest()


def csrf_fits(token: str, claimed: str | None) -> bool:
    return claimed is not None and hmac.compare_digest(csrf_token(token).encode(), claimed.encode())


def _hashed(value: str) -> bytes:
    """The values are random or short-lived, so that a plain hash will do."""
    return hashlib.sha256(value.encode()).digest()
