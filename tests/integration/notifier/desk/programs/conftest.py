"""Other programs at the desk: an administrator, tokens, endpoints, and a clock that the test turns."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.notifier.channels.webhook import Webhooks
from services.notifier.deliver import Deliveries
from services.notifier.endpoints import Endpoints, Made
from services.notifier.settings import AgentAccount
from services.notifier.store import changes, deliveries
from services.notifier.store.audit import Entry
from services.notifier.store.endpoints import Target
from shared.clock import system_clock
from shared.postgres.engine import AsyncEngine, transaction
from tests.integration.notifier.desk.conftest import PASSWORD, Office
from tests.integration.notifier.desk.programs.receiver import Receiver, receiving

ALL = ["alerts:read", "contacts:read", "alerts:write"]
EVENTS = [
    "alert.raised",
    "alert.claimed",
    "alert.released",
    "alert.transferred",
    "alert.resolved",
    "alert.withdrawn",
    "cancellation.requested",
]


@dataclass(slots=True)
class Clock:
    """Real time, as far as the test lets it pass."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at

    def turn(self, **by: float) -> None:
        self.at += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock(system_clock())


@pytest.fixture
async def admin(office: Office) -> AsyncIterator[httpx.AsyncClient]:
    """The browser of an administrator, logged in."""
    account = {"login": "root", "name": "管理者", "password": PASSWORD, "role": "admin"}
    await office.door.enrol([AgentAccount.model_validate(account)])
    transport = httpx.ASGITransport(app=office.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.example") as client:
        await client.post("/api/session", data={"login": "root", "password": PASSWORD})
        client.headers["x-csrf-token"] = (await client.get("/api/session")).json()["csrf"]
        yield client


@pytest.fixture
def make_token(admin: httpx.AsyncClient) -> Callable[..., Awaitable[dict[str, Any]]]:
    """A token with these scopes; gives the answer with its secret."""

    async def make(*scopes: str, **more: Any) -> dict[str, Any]:
        wanted = {"name": "CTI", "scopes": scopes or ALL, **more}
        answer = await admin.post("/api/integrations/tokens", json=wanted)
        assert answer.status_code == 200, answer.text
        made: dict[str, Any] = answer.json()
        return made

    return make


@pytest.fixture
async def program(office: Office) -> AsyncIterator[Callable[[str], httpx.AsyncClient]]:
    """A client of another program with this token."""
    clients: list[httpx.AsyncClient] = []

    def make(secret: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=office.app)
        headers = {"authorization": f"Bearer {secret}"}
        client = httpx.AsyncClient(
            transport=transport, base_url="http://desk.example/api/v1", headers=headers
        )
        clients.append(client)
        return client

    yield make
    for client in clients:
        await client.aclose()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
def number(engine: AsyncEngine) -> Callable[[], Awaitable[int]]:
    """Let the sequencer give numbers to what was committed."""

    async def give() -> int:
        async with transaction(engine) as connection:
            return (await changes.number(connection, uuid4(), 1000)).count

    return give


@pytest.fixture
def sending(engine: AsyncEngine, clock: Clock) -> Deliveries:
    return Deliveries(engine, Webhooks(clock, private_hosts=True, timeout=1.0), clock)


@pytest.fixture
def send(
    engine: AsyncEngine, sending: Deliveries, number: Callable[[], Awaitable[int]]
) -> Callable[[], Awaitable[int]]:
    """Make deliveries of all that happened, and try each that is due once; how many these were."""

    async def once() -> int:
        await number()
        async with transaction(engine) as connection:
            while await deliveries.make(connection, sending.now(), 2):
                pass
            due = await deliveries.due(connection, sending.now())
        tried = 0
        for endpoint in due:
            while claimed := await sending.claim(endpoint):
                await sending.take(claimed)
                tried += 1
        return tried

    return once


@pytest.fixture
def make_endpoint(
    engine: AsyncEngine, admin: httpx.AsyncClient, clock: Clock
) -> Callable[..., Awaitable[tuple[str, str]]]:
    """An endpoint at this address; gives its id and secret."""

    async def make(url: str, *events: Any, contacts: bool = False) -> tuple[str, str]:
        endpoints = Endpoints(engine, clock, private_hosts=True)
        target = Target("CTI", url, events or tuple(EVENTS), contacts)
        made = await endpoints.make(target, Entry("root", "admin", "endpoint.made"))
        assert isinstance(made, Made)
        return made.endpoint.id, made.secret

    return make
