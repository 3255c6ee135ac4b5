"""Accounts: administrators make, change and shut them, and what is taken away is gone at once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from services.notifier.auth import MOST_PER_LOGIN
from services.notifier.settings import AgentAccount
from shared.postgres.engine import AsyncEngine, transaction

BOSS = {"login": "boss", "name": "社長", "password": "hikitome-desk", "role": "admin"}
NEW = {"login": "yui", "name": "山本 結衣", "role": "agent"}
CHOSEN = "correct horse battery"


@pytest.fixture
async def boss(office: Any, stranger: httpx.AsyncClient) -> httpx.AsyncClient:
    """An administrator from the settings, logged in."""
    accounts = [*office.settings.desk_agents, AgentAccount.model_validate(BOSS)]
    await office.door.enrol(accounts)
    return await log_in(stranger, "boss", "hikitome-desk")


@pytest.fixture
async def another(office: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Another browser, not logged in."""
    transport = httpx.ASGITransport(app=office.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.example") as client:
        yield client


async def log_in(client: httpx.AsyncClient, login: str, password: str) -> httpx.AsyncClient:
    client.headers.pop("x-csrf-token", None)
    answer = await client.post("/api/session", data={"login": login, "password": password})
    assert answer.headers["location"] == "/", answer.headers["location"]
    client.headers["x-csrf-token"] = (await client.get("/api/session")).json()["csrf"]
    return client


async def made(boss: httpx.AsyncClient, **changes: str) -> str:
    """A new account's password."""
    answer = await boss.post("/api/accounts", json=NEW | changes)
    assert answer.status_code == 200, answer.text
    password: str = answer.json()["password"]
    return password


async def settled(boss: httpx.AsyncClient, another: httpx.AsyncClient, **changes: str) -> httpx.AsyncClient:
    """A new account whose owner has chosen a password and is inside."""
    password, login = await made(boss, **changes), changes.get("login", "yui")
    await log_in(another, login, password)
    answer = await another.post("/api/session/password", json={"old": password, "new": CHOSEN})
    assert answer.status_code == 204, answer.text
    return another


async def listed(boss: httpx.AsyncClient, login: str = "yui") -> dict[str, Any]:
    found: list[dict[str, Any]] = (await boss.get("/api/accounts")).json()["accounts"]
    return next(account for account in found if account["login"] == login)


async def inside(client: httpx.AsyncClient) -> bool:
    return (await client.get("/api/session")).status_code == 200


async def audited(engine: AsyncEngine) -> list[tuple[Any, ...]]:
    async with transaction(engine) as connection:
        rows = await connection.execute(
            text("SELECT who, what, subject, detail FROM audit_entry WHERE what LIKE 'account.%' ORDER BY id")
        )
        return [tuple(row) for row in rows]


async def test_a_new_account_must_choose_a_password_before_anything_else(
    boss: httpx.AsyncClient, another: httpx.AsyncClient
) -> None:
    password = await made(boss)
    await log_in(another, "yui", password)
    assert (await another.get("/")).headers["location"] == "/password"
    assert (await another.get("/api/alerts")).json() == {"problem": "password"}
    assert (await another.get("/stream")).status_code == 403
    assert (await another.get("/password")).status_code == 200
    answer = await another.post("/api/session/password", json={"old": password, "new": CHOSEN})
    assert answer.status_code == 204
    assert (await another.get("/")).status_code == 200
    assert not (await listed(boss))["must_change"]


async def test_the_list_tells_role_source_sessions_and_when_one_was_last_seen(
    boss: httpx.AsyncClient, another: httpx.AsyncClient
) -> None:
    await made(boss)
    assert await listed(boss) | {"must_change": True} == {
        "login": "yui",
        "name": "山本 結衣",
        "role": "agent",
        "source": "local",
        "active": True,
        "must_change": True,
        "seen_at": None,
        "sessions": 0,
        "peers": [],
    }
    await log_in(another, "misaki", "hikitome-desk")
    seen = await listed(boss, "misaki")
    assert (seen["source"], seen["sessions"], seen["peers"]) == ("settings", 1, ["127.0.0.1"])
    assert seen["seen_at"] is not None


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"login": "misaki"}, 409),
        ({"login": "unknown"}, 409),
        ({"login": "with blank"}, 422),
        ({"login": ""}, 422),
        ({"name": " "}, 422),
        ({"name": "a\nb"}, 422),
        ({"role": "owner"}, 422),
        ({"login": "a\x00b"}, 422),
    ],
)
async def test_what_cannot_be_an_account_is_refused(
    boss: httpx.AsyncClient, changes: dict[str, str], status: int
) -> None:
    assert (await boss.post("/api/accounts", json=NEW | changes)).status_code == status


async def test_another_role_or_none_ends_every_session_at_once(
    boss: httpx.AsyncClient, another: httpx.AsyncClient
) -> None:
    client = await settled(boss, another)
    answer = await boss.post("/api/accounts/change", json={"login": "yui", "name": "山本"})
    assert answer.json()["ended"] == 0
    assert await inside(client)
    answer = await boss.post("/api/accounts/change", json={"login": "yui", "role": "marketer"})
    assert answer.json()["ended"] == 1
    assert not await inside(client)
    await log_in(client, "yui", CHOSEN)
    await boss.post("/api/accounts/change", json={"login": "yui", "active": False})
    assert not await inside(client)
    refused = await client.post("/api/session", data={"login": "yui", "password": CHOSEN})
    assert refused.headers["location"] == "/login?problem=refused"


async def test_an_open_stream_ends_with_its_session(
    boss: httpx.AsyncClient,
    another: httpx.AsyncClient,
    running: Callable[..., AbstractAsyncContextManager[str]],
) -> None:
    client = await settled(boss, another)
    async with (
        running() as address,
        httpx.AsyncClient(base_url=address, cookies=dict(client.cookies)) as reader,
        asyncio.timeout(10),
        reader.stream("GET", "/stream") as stream,
    ):
        assert stream.status_code == 200
        lines = stream.aiter_lines()
        assert (await anext(lines)).startswith("retry")
        await boss.post("/api/accounts/put-out", json={"login": "yui"})
        assert [line async for line in lines if line.startswith("event: alert")] == []


async def test_a_new_password_makes_the_old_one_and_its_sessions_worthless(
    boss: httpx.AsyncClient, another: httpx.AsyncClient
) -> None:
    client = await settled(boss, another)
    renewed = (await boss.post("/api/accounts/password", json={"login": "yui"})).json()["password"]
    assert not await inside(client)
    refused = await client.post("/api/session", data={"login": "yui", "password": CHOSEN})
    assert refused.headers["location"] == "/login?problem=refused"
    await log_in(client, "yui", renewed)
    assert (await listed(boss))["must_change"]


async def test_ones_own_password_ends_ones_other_sessions_only(
    boss: httpx.AsyncClient, another: httpx.AsyncClient, office: Any
) -> None:
    client = await settled(boss, another)
    elsewhere = await office.door.log_in("yui", CHOSEN)
    new = "another long password"
    assert (await client.post("/api/session/password", json={"old": CHOSEN, "new": new})).status_code == 204
    assert await inside(client)
    assert await office.door.find_agent(elsewhere.token) is None


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [("wrong", "long enough!", "refused"), (CHOSEN, "short", "weak"), (CHOSEN, CHOSEN, "weak")],
)
async def test_a_password_is_changed_only_by_who_knows_it_and_to_a_good_one(
    boss: httpx.AsyncClient, another: httpx.AsyncClient, old: str, new: str, problem: str
) -> None:
    client = await settled(boss, another)
    answer = await client.post("/api/session/password", json={"old": old, "new": new})
    assert answer.json() == {"problem": problem}


async def test_guessing_ones_way_through_the_change_of_a_password_is_throttled(
    boss: httpx.AsyncClient, another: httpx.AsyncClient
) -> None:
    client = await settled(boss, another)
    for _ in range(MOST_PER_LOGIN):
        answer = await client.post("/api/session/password", json={"old": "guess", "new": "long enough!"})
        assert answer.status_code == 403
    answer = await client.post("/api/session/password", json={"old": CHOSEN, "new": "long enough!"})
    assert answer.json() == {"problem": "throttled"}


async def test_an_account_of_the_settings_is_the_settings_business(boss: httpx.AsyncClient) -> None:
    for path, asked in [
        ("/api/accounts/change", {"login": "misaki", "active": False}),
        ("/api/accounts/change", {"login": "misaki", "role": "admin"}),
        ("/api/accounts/password", {"login": "misaki"}),
    ]:
        answer = await boss.post(path, json=asked)
        assert (answer.status_code, answer.json()) == (409, {"problem": "elsewhere"})
    own = await boss.post("/api/session/password", json={"old": "hikitome-desk", "new": CHOSEN})
    assert own.json() == {"problem": "elsewhere"}


async def test_an_account_that_left_the_settings_can_be_shut_here(
    boss: httpx.AsyncClient, office: Any
) -> None:
    await office.door.enrol([AgentAccount.model_validate(BOSS)])
    assert (await listed(boss, "misaki"))["source"] == "local"
    answer = await boss.post("/api/accounts/change", json={"login": "misaki", "active": False})
    assert answer.status_code == 200


@pytest.mark.parametrize("change", [{"active": False}, {"role": "agent"}])
async def test_the_last_administrator_can_be_neither_shut_nor_made_less(
    boss: httpx.AsyncClient, office: Any, change: dict[str, object]
) -> None:
    await office.door.enrol([])
    answer = await boss.post("/api/accounts/change", json={"login": "boss", **change})
    assert (answer.status_code, answer.json()) == (409, {"problem": "last_admin"})
    await made(boss, login="second", role="admin")
    answer = await boss.post("/api/accounts/change", json={"login": "boss", **change})
    assert answer.status_code == 200


async def test_two_administrators_cannot_shut_each_other_at_the_same_time(
    boss: httpx.AsyncClient, another: httpx.AsyncClient, office: Any
) -> None:
    await office.door.enrol([])
    second = await settled(boss, another, login="second", role="admin")
    answers = await asyncio.gather(
        boss.post("/api/accounts/change", json={"login": "second", "active": False}),
        second.post("/api/accounts/change", json={"login": "boss", "active": False}),
    )
    async with transaction(office.engine) as connection:
        left = await connection.execute(text("SELECT count(*) FROM agent WHERE role = 'admin' AND active"))
        assert left.scalar_one() == 1
    assert sorted(answer.status_code for answer in answers)[0] == 200


async def test_what_is_done_to_accounts_is_audited_without_names(
    boss: httpx.AsyncClient, another: httpx.AsyncClient, office: Any
) -> None:
    await settled(boss, another)
    await boss.post("/api/accounts/change", json={"login": "yui", "role": "supervisor"})
    await boss.post("/api/accounts/change", json={"login": "yui", "name": "佐藤"})
    await boss.post("/api/accounts/change", json={"login": "yui", "active": False})
    await boss.post("/api/accounts/put-out", json={"login": "yui"})
    assert await audited(office.engine) == [
        ("boss", "account.made", "yui", "role=agent"),
        ("yui", "account.password", "yui", None),
        ("boss", "account.changed", "yui", "role=supervisor"),
        ("boss", "account.changed", "yui", "name"),
        ("boss", "account.changed", "yui", "shut"),
        ("boss", "account.put_out", "yui", "sessions=0"),
    ]
