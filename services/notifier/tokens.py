"""Tokens: other programs are let in by one, for what its scopes allow and no more often than is good."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from services.notifier.pace import Pace
from services.notifier.scopes import Scope
from services.notifier.store import audit, tokens
from services.notifier.store.audit import Entry
from services.notifier.store.tokens import Token
from shared.clock import Now, monotonic
from shared.postgres.engine import AsyncEngine, transaction


@dataclass(frozen=True, slots=True)
class Made:
    """`secret` is shown once and kept nowhere."""

    secret: str
    token: Token


@dataclass(frozen=True, slots=True)
class Wish:
    """The token that an administrator asks for."""

    name: str
    scopes: Sequence[Scope]
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TooFast:
    """`wait` is in seconds."""

    wait: float


@dataclass(frozen=True, slots=True)
class Tokens:
    """`now` is real time."""

    engine: AsyncEngine
    now: Now

    async def make(self, wish: Wish, entry: Entry) -> Made:
        """`entry` says for the audit log who makes it."""
        secret = f"hkt_{secrets.token_urlsafe(32)}"
        token = Token(
            str(uuid4()),
            wish.name,
            secret[-4:],
            tuple(wish.scopes),
            entry.who,
            self.now(),
            None,
            wish.expires_at,
            None,
        )
        detail = f"{token.name}: {' '.join(token.scopes)}"
        async with transaction(self.engine) as connection:
            await tokens.put(connection, token, _hashed(secret))
            await audit.append(connection, replace(entry, detail=detail), self.now())
        return Made(secret, token)

    async def revoke(self, token_id: str, entry: Entry) -> bool:
        """False if there is nothing to revoke."""
        async with transaction(self.engine) as connection:
            name = await tokens.revoke(connection, token_id, self.now())
            if name is not None:
                await audit.append(connection, replace(entry, detail=name), self.now())
        return name is not None

    async def listed(self) -> Sequence[Token]:
        async with transaction(self.engine) as connection:
            return await tokens.listed(connection)

    async def enter(self, secret: str, pace: Pace) -> Token | TooFast | None:
        """Whose token it is, and note that it was used; None if it is good for nothing."""
        async with transaction(self.engine) as connection:
            token = await tokens.find_valid(connection, _hashed(secret), self.now())
            if token is None:
                return None
            await tokens.note_use(connection, token, self.now())
        wait = pace.take(token.id, monotonic())
        return TooFast(wait) if wait > 0 else token

    async def holds(self, secret: str) -> bool:
        """Whether it still lets in."""
        async with transaction(self.engine) as connection:
            return await tokens.find_valid(connection, _hashed(secret), self.now()) is not None


def _hashed(secret: str) -> bytes:
    """A plain hash will do: the secret is 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()
