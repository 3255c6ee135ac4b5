"""Who may enter: nothing without a session, nothing across sites, no guessing."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from services.notifier import auth
from services.notifier.routes.gate import Gate, cookie_name
from services.notifier.settings import AgentAccount
from shared.clock import system_clock
from shared.events.customer import ContactChanged
from shared.events.envelope import Envelope
from shared.postgres.engine import AsyncEngine, transaction

RaiseAlert = Callable[..., Awaitable[str]]


async def log_in(client: httpx.AsyncClient, login: str, password: str) -> httpx.Response:
    return await client.post("/api/session", data={"login": login, "password": password})


async def test_unknown_paths_tell_a_stranger_nothing(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get("/no/such/page")).headers["location"] == "/login"
    assert (await stranger.get("/api/nothing")).status_code == 401
    assert (await stranger.get("/static/../settings.py")).status_code != 200


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(stranger: httpx.AsyncClient) -> None:
    answer = await log_in(stranger, "misaki", "hikitome-desk")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("httponly", "samesite=lax", "path=/", "max-age=43200"))
    assert cookie_name(secure=True).startswith("__Host-")


async def test_only_the_tokens_hash_is_kept(agent: httpx.AsyncClient, engine: AsyncEngine) -> None:
    token = agent.cookies["hikitome"]
    async with transaction(engine) as connection:
        rows = await connection.execute(text("SELECT token_hash::text FROM session"))
        assert token not in "".join(rows.scalars())


@pytest.mark.parametrize(
    ("login", "password"), [("nobody", "hikitome-desk"), ("misaki", "wrong"), ("gone", "hikitome-desk")]
)
async def test_unknown_wrong_and_shut_get_the_same_answer(
    stranger: httpx.AsyncClient, login: str, password: str
) -> None:
    answer = await log_in(stranger, login, password)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?problem=refused")
    assert "set-cookie" not in answer.headers


async def test_after_five_wrong_guesses_even_the_right_password_is_refused(
    stranger: httpx.AsyncClient,
) -> None:
    for _ in range(auth.MOST_PER_LOGIN):
        assert "refused" in (await log_in(stranger, "misaki", "guess")).headers["location"]
    throttled = await log_in(stranger, "misaki", "hikitome-desk")
    assert throttled.headers["location"] == "/login?problem=throttled"
    assert (await log_in(stranger, "ken", "hikitome-desk")).headers["location"] == "/"


async def test_a_right_password_in_time_forgets_the_wrong_guesses(stranger: httpx.AsyncClient) -> None:
    for _ in range(2):
        for _ in range(auth.MOST_PER_LOGIN - 1):
            await log_in(stranger, "misaki", "guess")
        assert (await log_in(stranger, "misaki", "hikitome-desk")).headers["location"] == "/"


async def test_a_session_ends_after_twelve_hours_whatever_is_done_with_it(office: Any) -> None:
    entered = await office.door.log_in("misaki", "hikitome-desk")
    clock = {"at": system_clock()}
    later = auth.Door(office.engine, office.door.passwords, lambda: clock["at"])
    clock["at"] += timedelta(hours=11, minutes=59)
    assert await later.find_agent(entered.token) is not None
    clock["at"] += timedelta(minutes=2)
    assert await later.find_agent(entered.token) is None


async def test_a_changed_or_shut_account_ends_its_sessions_and_an_unchanged_one_does_not(office: Any) -> None:
    entered = await office.door.log_in("misaki", "hikitome-desk")
    await office.door.enrol(office.settings.desk_agents)
    assert await office.door.find_agent(entered.token) is not None
    shut = AgentAccount.model_validate(
        {"login": "misaki", "name": "岡田 みさき", "password": "hikitome-desk", "active": False}
    )
    await office.door.enrol([shut])
    assert await office.door.find_agent(entered.token) is None


async def test_a_change_needs_the_sessions_csrf_token(
    agent: httpx.AsyncClient, raise_alert: RaiseAlert
) -> None:
    claim = f"/api/alerts/{await raise_alert()}/claim"
    token = agent.headers.pop("x-csrf-token")
    assert (await agent.post(claim)).json() == {"problem": "csrf"}
    assert (await agent.post(claim, headers={"x-csrf-token": token[::-1]})).status_code == 403
    assert (await agent.post(claim, headers={"x-csrf-token": token})).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"origin": "http://desk.example"}, 200),
    ],
)
async def test_a_change_from_another_site_is_refused(
    agent: httpx.AsyncClient, raise_alert: RaiseAlert, headers: dict[str, str], status: int
) -> None:
    claim = f"/api/alerts/{await raise_alert()}/claim"
    assert (await agent.post(claim, headers=headers)).status_code == status


async def test_another_site_cannot_log_anybody_in(stranger: httpx.AsyncClient) -> None:
    data = {"login": "misaki", "password": "hikitome-desk"}
    answer = await stranger.post("/api/session", data=data, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403


async def test_every_answer_carries_the_headers_that_lock_the_page(agent: httpx.AsyncClient) -> None:
    for path in ("/", "/login", "/api/alerts", "/static/desk.css", "/no/such/page"):
        headers = (await agent.get(path)).headers
        policy = headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == ("no-cache" if path.startswith("/static") else "no-store")


async def test_a_hostile_name_is_shown_and_never_run(
    stranger: httpx.AsyncClient,
    raise_alert: RaiseAlert,
    follow: Callable[..., Awaitable[None]],
    happened: Callable[..., Envelope],
) -> None:
    await log_in(stranger, "ken", "hikitome-desk")
    page = (await stranger.get("/")).text
    assert "&lt;b&gt;藤井&lt;/b&gt;" in page
    assert "<b>藤井" not in page
    await follow(happened(ContactChanged(name="<img src=x onerror=alert(1)>")))
    await raise_alert()
    answer = await stranger.get("/api/alerts")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["alerts"][0]["name"] == "<img src=x onerror=alert(1)>"


async def test_the_page_speaks_the_language_it_was_asked_for(agent: httpx.AsyncClient) -> None:
    assert "対応待ちのお客様" in (await agent.get("/")).text
    assert "Customers to call" in (await agent.get("/?lang=en")).text
    assert "Customers to call" in (await agent.get("/")).text
    assert "対応待ちのお客様" in (await agent.get("/?lang=ja")).text


async def test_a_websocket_is_not_spoken(office: Any) -> None:
    gate = Gate(office.app, office.door, secure=False)

    async def silent(*_: Any) -> Any:
        return None

    with pytest.raises(RuntimeError):
        await gate({"type": "websocket", "path": "/stream"}, silent, silent)
