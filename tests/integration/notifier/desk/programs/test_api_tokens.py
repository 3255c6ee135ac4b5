"""Tokens: without one there is nothing at /api/v1; with one, what its scopes allow, until it ends."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import product
from typing import Any

import httpx
from sqlalchemy import text

from services.notifier.pace import Pace
from services.notifier.store import audit
from services.notifier.store.audit import Entry
from services.notifier.tokens import Tokens, TooFast, Wish
from shared.postgres.engine import AsyncEngine, transaction
from tests.integration.notifier.desk.programs.conftest import Clock

MakeToken = Callable[..., Awaitable[dict[str, Any]]]
Program = Callable[[str], httpx.AsyncClient]
PACE = Pace(per_second=100, at_once=100)
SAID = (None, "Bearer", "Bearer hkt_wrong", "Basic aGk6aG8=", "Bearer a b")
PATHS = (
    "alerts",
    "alerts/5d0f2c5e-6f3b-5f1e-9d0a-7d2f7a3c1b11",
    "changes",
    "stream",
    "openapi.json",
    "no/such",
)


async def test_without_a_token_nothing_is_there(stranger: httpx.AsyncClient) -> None:
    for path, said, method in product(PATHS, SAID, ("GET", "POST", "DELETE")):
        headers = {"authorization": said} if said else {}
        answer = await stranger.request(method, f"/api/v1/{path}", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "no_token")
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"
        assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_a_session_counts_for_nothing_there(admin: httpx.AsyncClient) -> None:
    assert (await admin.get("/api/v1/alerts")).status_code == 401


async def test_a_token_is_shown_once_and_only_its_hash_is_kept(
    admin: httpx.AsyncClient, make_token: MakeToken, engine: AsyncEngine
) -> None:
    made = await make_token("alerts:read")
    assert made["secret"].startswith("hkt_")
    assert made["secret"] not in (await admin.get("/api/integrations")).text
    async with transaction(engine) as connection:
        kept = (await connection.execute(text("SELECT api_token::text FROM api_token"))).scalar_one()
        entries = await audit.read(connection, 0, 100)
    assert made["secret"].removeprefix("hkt_")[:-4] not in kept
    assert entries[-1].entry.what == "token.made"
    assert made["secret"] not in str(entries)


ALLOWED = [
    ("alerts:read", "GET", "/alerts", 200),
    ("alerts:read", "POST", "/alerts/5d0f2c5e-6f3b-5f1e-9d0a-7d2f7a3c1b11/claim", 403),
    ("alerts:write", "GET", "/alerts", 403),
    ("alerts:write", "GET", "/stream", 403),
    ("alerts:write", "POST", "/alerts/5d0f2c5e-6f3b-5f1e-9d0a-7d2f7a3c1b11/claim", 404),
    ("contacts:read", "GET", "/changes", 403),
    ("alerts:read", "GET", "/no/such", 404),
    ("alerts:read", "DELETE", "/alerts", 405),
]


async def test_a_token_does_what_its_scopes_allow(make_token: MakeToken, program: Program) -> None:
    for scope, method, path, status in ALLOWED:
        client = program((await make_token(scope))["secret"])
        body = {"agent": "misaki"} if method == "POST" else None
        answer = await client.request(method, path, json=body)
        assert answer.status_code == status, (scope, method, path)
        if status >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["status"] == status


async def test_a_revoked_token_is_over_at_once(
    admin: httpx.AsyncClient, make_token: MakeToken, program: Program
) -> None:
    made = await make_token("alerts:read")
    client = program(made["secret"])
    assert (await client.get("/alerts")).status_code == 200
    path = f"/api/integrations/tokens/{made['token']['id']}/revoke"
    assert (await admin.post(path)).status_code == 200
    assert (await client.get("/alerts")).status_code == 401
    assert (await admin.post(path)).status_code == 404


async def test_a_token_expires_and_its_use_is_noted_once_a_minute(
    admin: httpx.AsyncClient, engine: AsyncEngine, clock: Clock
) -> None:
    tokens = Tokens(engine, clock)
    wish = Wish("CTI", ("alerts:read",), clock() + timedelta(hours=1))
    made = await tokens.make(wish, Entry("root", "admin", "token.made"))
    uses = []
    for seconds in (0, 30, 31):
        clock.turn(seconds=seconds)
        await tokens.enter(made.secret, PACE)
        uses.append((await tokens.listed())[0].last_used_at)
    assert uses[0] == uses[1]
    assert uses[2] == clock()
    clock.turn(hours=1)
    assert await tokens.enter(made.secret, PACE) is None
    assert not await tokens.holds(made.secret)


async def test_who_asks_too_often_is_told_to_wait(
    admin: httpx.AsyncClient, engine: AsyncEngine, clock: Clock
) -> None:
    tokens, pace = Tokens(engine, clock), Pace(per_second=0.001, at_once=2)
    made = await tokens.make(Wish("CTI", ("alerts:read",)), Entry("root", "admin", "token.made"))
    outcomes = [await tokens.enter(made.secret, pace) for _ in range(3)]
    assert [isinstance(one, TooFast) for one in outcomes] == [False, False, True]


async def test_only_an_administrator_makes_tokens(agent: httpx.AsyncClient) -> None:
    wanted = {"name": "CTI", "scopes": ["alerts:read"]}
    assert (await agent.post("/api/integrations/tokens", json=wanted)).status_code == 403
    assert (await agent.get("/api/integrations")).status_code == 403
