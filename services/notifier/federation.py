"""Federation: agents come in through the shop's own OpenID provider, as what their groups there say."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from services.notifier.auth import STRANGER, Door, Entered, Throttled, hashed, refusal
from services.notifier.channels.identity_provider import Away, IdentityProvider, Person, Untrusted
from services.notifier.rights import Role
from services.notifier.store import agents, audit, sessions
from services.notifier.store.agents import Account, Agent
from services.notifier.store.audit import Entry
from services.notifier.store.sessions import Begun
from shared.postgres.engine import AsyncConnection, transaction
from shared.process.metrics import logins

# Long enough to find one's second factor.
PATIENCE = timedelta(minutes=10)
MOST_ON_THE_WAY = 1_000


@dataclass(frozen=True, slots=True)
class Way:
    """Where to go; the token stays in a cookie of this browser until it comes back."""

    url: str
    token: str


@dataclass(frozen=True, slots=True)
class NoRole:
    """Known there, and in no group that may enter here."""


@dataclass(frozen=True, slots=True)
class Shut:
    """Known here, and shut by an administrator."""


Outcome = Entered | Away | Untrusted | NoRole | Shut


@dataclass(frozen=True, slots=True)
class Federation:
    """`roles` tells the role of each group: the first one counts that a person is in."""

    door: Door
    provider: IdentityProvider
    roles: Mapping[str, Role]

    async def set_out(self) -> Way | Away | Throttled:
        begun = Begun(*(secrets.token_urlsafe(32) for _ in range(3)))
        url = await self.provider.way(begun.state, begun.nonce, begun.verifier)
        if isinstance(url, Away):
            return url
        token, now = secrets.token_urlsafe(32), self.door.now()
        async with transaction(self.door.engine) as connection:
            many = await sessions.begin_abroad(connection, hashed(token), begun, now, now - PATIENCE)
        return Way(url, token) if many <= MOST_ON_THE_WAY else Throttled()

    async def come_back(self, token: str, state: str, code: str | None, whence: str | None) -> Outcome:
        """`code` is None where the provider says that the person may not, or would not."""
        outcome = await self._judge(token, state, code, whence)
        logins.labels(outcome=type(outcome).__name__.lower()).inc()
        return outcome

    async def _judge(self, token: str, state: str, code: str | None, whence: str | None) -> Outcome:
        async with transaction(self.door.engine) as connection:
            begun = await sessions.take_begun(connection, hashed(token), self.door.now() - PATIENCE)
        if begun is None or not hmac.compare_digest(begun.state.encode(), state.encode()):
            return Untrusted("state")
        if code is None:
            return Untrusted("denied")
        match await self.provider.redeem(code, begun.nonce, begun.verifier):
            case Person() as person:
                return await self._admit(person, whence)
            case outcome:
                return outcome

    async def _admit(self, person: Person, whence: str | None) -> Entered | NoRole | Shut:
        role = role_of(person.groups, self.roles)
        async with transaction(self.door.engine) as connection:
            known = await agents.lock_by_subject(connection, person.subject)
            if role is None or (known is not None and not known.active):
                return await self._refuse(connection, known, role, whence)
            account = await self._keep(connection, known, person, role, whence)
            return await self.door.admit(connection, account.agent, "provider", whence)

    async def _keep(
        self,
        connection: AsyncConnection,
        known: Account | None,
        person: Person,
        role: Role,
        whence: str | None,
    ) -> Account:
        account = await _brought_up_to_date(connection, known, person, role)
        if account == known:
            return account
        if known is not None and known.agent.role != role:
            await sessions.end(connection, account.agent.login)
        what, login = "account.changed" if known else "account.made", account.agent.login
        entry = Entry(login, role, what, login, detail=f"role={role}", whence=whence)
        await audit.append(connection, entry, self.door.now())
        return account

    async def _refuse(
        self, connection: AsyncConnection, known: Account | None, role: Role | None, whence: str | None
    ) -> NoRole | Shut:
        """Who is in no group any more has no session either, wherever it was opened."""
        if known is not None:
            await sessions.end(connection, known.agent.login)
        entry = replace(refusal(known, "session.refused", whence), detail="provider")
        await audit.append(connection, entry, self.door.now())
        return NoRole() if role is None else Shut()


def role_of(groups: tuple[str, ...], roles: Mapping[str, Role]) -> Role | None:
    """The role of the first group, in the order of the settings, that a person is in."""
    return next((role for group, role in roles.items() if group in groups), None)


async def _brought_up_to_date(
    connection: AsyncConnection, known: Account | None, person: Person, role: Role
) -> Account:
    """The account of this person, made if there is none; nobody takes one over by being called like it."""
    if known is not None:
        account = replace(known, agent=Agent(known.agent.login, person.name, role))
        await agents.keep(connection, account)
        return account
    another = f"{person.login[:71]}#{hashlib.sha256(person.subject.encode()).hexdigest()[:8]}"
    for login in (person.login, another):
        account = Account(Agent(login, person.name, role), None, True, "oidc", person.subject)
        if login != STRANGER and await agents.make(connection, account):
            return account
    raise RuntimeError("one person logged in for the first time twice at once")
