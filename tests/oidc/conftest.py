"""The OpenID tier: a real provider, a real PostgreSQL, the whole desk, and a client like a browser."""

import html
import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher

from services.notifier.app import Parts, create_app
from services.notifier.auth import Door, Passwords
from services.notifier.desk import Desk
from services.notifier.settings import NotifierSettings
from services.notifier.stream import Fanout
from shared.clock import system_clock
from shared.postgres.engine import AsyncEngine
from shared.process.health import Health
from tests.integration.conftest import databases as databases
from tests.integration.conftest import embedded_folder as embedded_folder
from tests.integration.conftest import postgres as postgres
from tests.integration.conftest import postgres_dsn as postgres_dsn
from tests.integration.notifier.desk.conftest import Office
from tests.integration.notifier.desk.conftest import engine as engine
from tests.oidc.keycloak import Keycloak, home, missing_programs

HERE = Path(__file__).parent
DESK = "http://desk.example"

MakeOffice = Callable[..., Any]
Browser = Callable[[Office], httpx.AsyncClient]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.provider)


@pytest.fixture(scope="session")
def keycloak(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keycloak]:
    """One provider for all tests; it keeps nobody's session longer than a test's cookies."""
    missing = missing_programs()
    if missing:
        pytest.skip(f"{' and '.join(missing)} not found: Keycloak needs Java 17 and comes through Maven")
    with Keycloak(tmp_path_factory.mktemp("keycloak"), home()) as started:
        yield started


@pytest.fixture
async def open_office(keycloak: Keycloak, engine: AsyncEngine, postgres_dsn: str) -> MakeOffice:
    """A desk that trusts Keycloak; settings may differ."""

    async def open_with(**changes: Any) -> Office:
        settings = NotifierSettings.model_validate(
            {
                "postgres_dsn": postgres_dsn,
                "unsubscribe_secrets": ["s" * 32],
                "desk_url": DESK,
                "desk_agents": [
                    {"login": "boss", "name": "社長", "password": "hikitome-desk", "role": "admin"}
                ],
                "oidc_issuer": keycloak.issuer,
                "oidc_client_secret": "desk-secret",
                "oidc_label": "みどりID",
                "oidc_roles": {"leads": "supervisor", "desk": "agent"},
                **changes,
            }
        )
        hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        door = Door(engine, Passwords(hasher), system_clock)
        await door.enrol(settings.desk_agents)
        desk = Desk(engine, system_clock, system_clock, settings.lease(), settings.calls())
        fanout = Fanout(engine, system_clock, settings.shop_zone(), Health())
        await fanout.start()
        app = create_app(settings, system_clock, system_clock, Parts(desk, door, fanout))
        return Office(engine, settings, desk, door, fanout, app)

    return open_with


@pytest.fixture
async def office(open_office: MakeOffice) -> Office:
    office: Office = await open_office()
    return office


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Clients with cookies of their own, at the desk and at the provider."""
    clients: list[httpx.AsyncClient] = []

    def open_at(office: Office) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=office.app)
        client = httpx.AsyncClient(base_url=DESK, mounts={DESK: transport}, timeout=60)

        async def trust_loopback(_: httpx.Response) -> None:
            """As browsers do: plain HTTP on loopback counts as safe."""
            for cookie in client.cookies.jar:
                cookie.secure = False

        client.event_hooks = {"response": [trust_loopback]}
        clients.append(client)
        return client

    yield open_at
    for client in clients:
        await client.aclose()


async def set_out(client: httpx.AsyncClient) -> str:
    """Where the desk sends a browser that wants to log in through the provider."""
    answer = await client.get("/api/session/provider")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def way_back(client: httpx.AsyncClient, person: str) -> str:
    """Log in at the provider as this person; gives the address that it sends the browser back to."""
    page = await client.get(await set_out(client))
    assert page.status_code == 200, page.text[:500]
    form = re.search(r'<form[^>]*id="kc-form-login"[^>]*action="([^"]+)"', page.text)
    assert form is not None, page.text[:3000]
    data = {"username": person, "password": f"{person}-password", "credentialId": ""}
    answer = await client.post(html.unescape(form.group(1)), data=data)
    assert answer.status_code == 302, answer.text[:3000]
    return answer.headers["location"]


async def log_in(client: httpx.AsyncClient, person: str) -> str:
    """The whole way; gives where the desk lets one go."""
    answer = await client.get(await way_back(client, person))
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]
