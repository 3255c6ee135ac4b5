"""Every route of the desk, whoever adds one: nothing without a session, its token, and the right."""

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

import httpx
import pytest
from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from services.notifier.rights import RIGHTS, Right, Role
from services.notifier.routes.gate import SAFE_METHODS
from services.notifier.settings import AgentAccount

ANY_ID = "00000000-0000-0000-0000-000000000000"
# A log-in has to begin somewhere, customers who unsubscribe or follow a link have no account, LINE and mail
# providers sign what they tell, and programs read how to ask.
OPEN = {
    "/login",
    "/api/session",
    "/api/session/provider",
    "/api/session/provider/back",
    "/unsubscribe/{token}",
    "/go/{token}",
    "/line/webhook",
    "/mail/events",
    "/mail/events/dsn",
    "/api/v1/openapi.json",
}
ROLES: tuple[Role, ...] = ("agent", "supervisor", "marketer", "admin")
# The right that each address asks for, by how it begins; the longest counts. None: any session will do.
ASKS: dict[str, Right | None] = {
    "/api/accounts": "administer",
    "/api/audit": "administer",
    "/api/integrations": "administer",
    "/api/team": "supervise",
    "/api/duplicates": "supervise",
    "/api/alerts": "desk",
    "/api/alerts/{alert_id}/assign": "supervise",
    "/api/agents": "desk",
    "/api/cancellations": "desk",
    "/api/customers": "desk",
    "/api/search": "desk",
    "/api/views": "desk",
    "/stream": "desk",
    "/api/scenarios": "market",
    "/api/effects": "market",
    "/api/do-not-wake": "market",
    "/api/never": "market",
    "/api/messages": "market",
    "/api/batches": "market",
    "/api/consents": "market",
    "/api/session": None,
    "/api/status": None,
    "/api/clock": None,
}
LogIn = Callable[[Role], Awaitable[httpx.AsyncClient]]


def routes(found: Sequence[BaseRoute], before: str = "") -> Iterator[tuple[str, str]]:
    """Method and path of each, those of applications within the application too."""
    for context in iter_route_contexts(found):
        for method in context.methods or ():
            yield method, f"{before}{context.path}"
    for route in found:
        if isinstance(route, Mount) and not isinstance(route.app, StaticFiles):
            yield from routes(route.routes, f"{before}{route.path}")


def filled(path: str) -> str:
    return re.sub(r"\{\w+\}", ANY_ID, path)


@pytest.fixture
async def log_in(office: Any, stranger: httpx.AsyncClient) -> LogIn:
    """The stranger comes in as somebody of this role."""

    async def enter(role: Role) -> httpx.AsyncClient:
        known = {"login": role, "name": role, "password": "hikitome-desk", "role": role}
        await office.door.enrol([AgentAccount.model_validate(known)])
        await stranger.post("/api/session", data={"login": role, "password": "hikitome-desk"})
        stranger.headers["x-csrf-token"] = (await stranger.get("/api/session")).json()["csrf"]
        return stranger

    return enter


async def test_no_route_answers_without_a_session(office: Any, stranger: httpx.AsyncClient) -> None:
    found = set(routes(office.app.routes))
    assert {("GET", "/"), ("GET", "/stream"), ("POST", "/api/alerts/{alert_id}/claim")} <= found
    for method, path in sorted(found):
        answer = await stranger.request(method, filled(path))
        if path not in OPEN:
            refused = answer.status_code == 401 or answer.headers.get("location") == "/login"
            assert refused, f"{method} {path} answered {answer.status_code}"


async def test_what_is_open_gives_a_stranger_no_session(office: Any, stranger: httpx.AsyncClient) -> None:
    for method, path in sorted(set(routes(office.app.routes))):
        if path in OPEN:
            answer = await stranger.request(method, filled(path))
            assert answer.status_code < 500, f"{method} {path} answered {answer.status_code}"
    assert "hikitome" not in stranger.cookies
    assert (await stranger.get("/api/session")).status_code == 401


async def test_nothing_changes_without_the_sessions_csrf_token(office: Any, log_in: LogIn) -> None:
    client = await log_in("admin")
    del client.headers["x-csrf-token"]
    for method, path in sorted(set(routes(office.app.routes))):
        # Programs show a token with each request, links and webhooks are signed: no cookie speaks for them.
        if method in SAFE_METHODS or path.startswith(("/api/v1", "/unsubscribe", "/go", "/line", "/mail")):
            continue
        if (method, path) == ("POST", "/api/session"):
            continue
        answer = await client.request(method, filled(path))
        assert answer.status_code == 403, f"{method} {path} answered {answer.status_code}"
        assert answer.json() == {"problem": "csrf"}


@pytest.mark.parametrize("role", ROLES)
async def test_every_call_asks_for_its_right(office: Any, log_in: LogIn, role: Role) -> None:
    client = await log_in(role)
    for method, path in sorted(set(routes(office.app.routes))):
        if path.startswith(("/api/v1", "/unsubscribe")) or not path.startswith(("/api/", "/stream")):
            continue
        begins = max((begin for begin in ASKS if path.startswith(begin)), key=len, default=None)
        assert begins is not None, f"{path}: say here what it asks for"
        right = ASKS[begins]
        if right is not None and right not in RIGHTS[role]:
            answer = await client.request(method, filled(path))
            assert answer.status_code == 403, f"{role}: {method} {path} answered {answer.status_code}"


@pytest.mark.parametrize(
    ("role", "path", "leads_to"),
    [
        ("agent", "/accounts", "/"),
        ("agent", "/audit", "/"),
        ("supervisor", "/integrations", "/"),
        ("marketer", "/", "/scenarios"),
        ("marketer", "/accounts", "/scenarios"),
    ],
)
async def test_a_page_without_the_right_leads_to_one_that_is_open(
    log_in: LogIn, role: Role, path: str, leads_to: str
) -> None:
    answer = await (await log_in(role)).get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, leads_to)


@pytest.mark.parametrize("path", ["/accounts", "/audit", "/password", "/login"])
async def test_pages_lock_what_they_may_load(log_in: LogIn, path: str) -> None:
    client = await log_in("admin")
    if path == "/login":
        await client.delete("/api/session")
    answer = await client.get(path)
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert not re.search(r"<script(?![^>]*(src=\"/static/|type=\"application/json\"))", answer.text)
