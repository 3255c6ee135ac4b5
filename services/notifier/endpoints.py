"""Endpoints: administrators say where webhooks go; every change leaves an entry in the audit log."""

import base64
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from services.notifier.channels.scenario_webhook import NoTarget
from services.notifier.channels.scenario_webhook import Target as ScenarioTarget
from services.notifier.channels.webhook import PREFIX, allows
from services.notifier.store import audit, deliveries, delivery_log, endpoints
from services.notifier.store.audit import Entry
from services.notifier.store.delivery_log import Logged
from services.notifier.store.endpoints import Endpoint, Target
from shared.clock import Now
from shared.postgres.engine import AsyncConnection, AsyncEngine, transaction

MOST = 20
LOGGED = 100
# Both secrets sign for so long after a rotation.
BOTH_SIGN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Made:
    """`secret` is shown once."""

    secret: str
    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class Forbidden:
    """Webhooks may not go to such a URL."""


@dataclass(frozen=True, slots=True)
class TooMany:
    """There are as many as may be."""


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no such endpoint or delivery, or it is not in a state for this."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """`now` is real time; the `Entry` that each takes says who does it."""

    engine: AsyncEngine
    now: Now
    private_hosts: bool = False

    async def listed(self) -> Sequence[Endpoint]:
        async with transaction(self.engine) as connection:
            return await endpoints.listed(connection)

    async def log(self, endpoint_id: str) -> Sequence[Logged]:
        """The newest deliveries with their attempts."""
        async with transaction(self.engine) as connection:
            return await delivery_log.of_endpoint(connection, endpoint_id, LOGGED)

    async def make(self, target: Target, entry: Entry) -> Made | Forbidden | TooMany:
        if not allows(target.url, self.private_hosts):
            return Forbidden()
        now, secret = self.now(), _secret()
        endpoint = Endpoint(str(uuid4()), target, None, None, None, None, entry.who, now)
        async with transaction(self.engine) as connection:
            if await endpoints.count(connection) >= MOST:
                return TooMany()
            await endpoints.put(connection, endpoint, secret)
            await audit.append(connection, replace(entry, detail=_said(target)), now)
        return Made(secret, endpoint)

    async def change(self, endpoint_id: str, target: Target, entry: Entry) -> Endpoint | Forbidden | Missing:
        if not allows(target.url, self.private_hosts):
            return Forbidden()

        async def change(connection: AsyncConnection) -> bool:
            return await endpoints.change(connection, endpoint_id, target)

        return await self._do(endpoint_id, replace(entry, detail=_said(target)), change)

    async def rotate(self, endpoint_id: str, entry: Entry) -> Made | Missing:
        """A new secret; the one before signs too for a day."""
        secret, until = _secret(), self.now() + BOTH_SIGN

        async def change(connection: AsyncConnection) -> bool:
            return await endpoints.rotate(connection, endpoint_id, secret, until)

        match await self._do(endpoint_id, entry, change):
            case Endpoint() as endpoint:
                return Made(secret, endpoint)
            case missing:
                return missing

    async def switch(self, endpoint_id: str, on: bool, entry: Entry) -> Endpoint | Missing:
        """While it is off, what happens is held for it; what is held is sent when that is asked for."""

        async def change(connection: AsyncConnection) -> bool:
            if on:
                return await endpoints.switch_on(connection, endpoint_id)
            off = await endpoints.switch_off(connection, endpoint_id, "person", self.now())
            await deliveries.hold(connection, endpoint_id)
            return off is not None

        return await self._do(endpoint_id, entry, change)

    async def remove(self, endpoint_id: str, entry: Entry) -> bool:
        """With its log; False if there is no such endpoint."""
        async with transaction(self.engine) as connection:
            endpoint = await endpoints.find(connection, endpoint_id)
            if endpoint is None or not await endpoints.remove(connection, endpoint_id):
                return False
            await audit.append(connection, replace(entry, detail=endpoint.target.name), self.now())
        return True

    async def test(self, endpoint_id: str, entry: Entry) -> Endpoint | Missing:
        """Send it a message that says nothing."""

        async def change(connection: AsyncConnection) -> bool:
            return await deliveries.make_test(connection, endpoint_id, self.now())

        return await self._do(endpoint_id, entry, change)

    async def ask(self, delivery_id: str, entry: Entry) -> bool:
        """Send one delivery (again); False if its endpoint is off, or there is none."""
        async with transaction(self.engine) as connection:
            name = await deliveries.ask(connection, delivery_id, self.now())
            if name is not None:
                await audit.append(connection, replace(entry, detail=f"{name}: {delivery_id}"), self.now())
        return name is not None

    async def ask_all(self, endpoint_id: str, since: datetime, entry: Entry) -> int | Missing:
        """Send (again) whatever failed or was held since then; how many these are."""
        async with transaction(self.engine) as connection:
            endpoint = await endpoints.find(connection, endpoint_id)
            if endpoint is None or endpoint.off_because is not None:
                return Missing()
            asked = await deliveries.ask_all(connection, endpoint_id, since, self.now())
            detail = f"{endpoint.target.name}: {asked} since {since.isoformat(timespec='seconds')}"
            await audit.append(connection, replace(entry, detail=detail), self.now())
        return asked

    async def _do(
        self, endpoint_id: str, entry: Entry, change: Callable[[AsyncConnection], Awaitable[bool]]
    ) -> Endpoint | Missing:
        """The endpoint after it, if anything was done."""
        async with transaction(self.engine) as connection:
            if not await change(connection):
                return Missing()
            endpoint = await endpoints.find(connection, endpoint_id)
            if endpoint is None:
                return Missing()
            said = entry if entry.detail else replace(entry, detail=endpoint.target.name)
            await audit.append(connection, said, self.now())
        return endpoint


async def target(engine: AsyncEngine, now: Now, endpoint_id: str) -> ScenarioTarget | NoTarget:
    """Where a scenario's step goes that names this endpoint; `now` is real time."""
    try:
        wanted = str(UUID(endpoint_id))
    except ValueError:
        return "no_endpoint"
    async with transaction(engine) as connection:
        endpoint = await endpoints.find(connection, wanted)
        mailbox = await endpoints.mailbox(connection, wanted, now())
    if endpoint is None or mailbox is None:
        return "no_endpoint"
    off = endpoint.off_because is not None
    return "endpoint_off" if off else ScenarioTarget(mailbox.url, mailbox.secrets)


def _secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def _said(target: Target) -> str:
    """For the audit log; of the URL only the host, for the rest may hold a secret."""
    contacts = "contacts" if target.contacts else "no contacts"
    return " ".join([target.name, str(urlsplit(target.url).hostname), *target.events, contacts])
