"""The supervisor's page over HTTP: who may, what leaves a trace, a capacity that the queue follows."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from services.notifier.store import audit
from services.notifier.supervisor import Supervisor
from shared.clock import system_clock
from shared.postgres.engine import AsyncEngine, transaction
from tests.integration.notifier.desk.conftest import BUSINESS_NOW, PASSWORD, Office

RaiseAlert = Callable[..., Awaitable[str]]
FIGURES = "/api/team/figures?span=28"


@pytest.fixture
async def chief(stranger: httpx.AsyncClient) -> httpx.AsyncClient:
    """Logged in as ken, a supervisor."""
    await stranger.post("/api/session", data={"login": "ken", "password": PASSWORD})
    stranger.headers["x-csrf-token"] = (await stranger.get("/api/session")).json()["csrf"]
    return stranger


@pytest.fixture
def trail(engine: AsyncEngine) -> Callable[[], Awaitable[list[tuple[str, str, str | None]]]]:
    """Who did what, beside coming and going."""

    async def read() -> list[tuple[str, str, str | None]]:
        async with transaction(engine) as connection:
            entries = [one.entry for one in await audit.read(connection, 0, 100)]
        return [(one.who, one.what, one.detail) for one in entries if not one.what.startswith("session")]

    return read


async def states(engine: AsyncEngine) -> dict[str, bool]:
    async with transaction(engine) as connection:
        rows = await connection.execute(text("SELECT episode, parked FROM alert"))
        return {row.episode: row.parked for row in rows}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/team/now", None),
        ("GET", FIGURES, None),
        ("GET", "/api/team/capacity", None),
        ("PUT", "/api/team/capacity", {"alerts_per_day": 1}),
        ("POST", "/api/team/export", {"span": "7"}),
    ],
)
async def test_an_agent_may_see_and_set_nothing_of_the_team(
    agent: httpx.AsyncClient, method: str, path: str, body: Any
) -> None:
    assert (await agent.request(method, path, json=body)).status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?span=3",
        "?first=2026-06-02&last=2026-06-01",
        "?first=2026-06-01",
        "?span=7&by=mood",
        "?span=7&a=1",
    ],
)
async def test_what_is_no_question_is_refused(chief: httpx.AsyncClient, query: str) -> None:
    assert (await chief.get(f"/api/team/figures{query}")).status_code == 422


@pytest.mark.parametrize(
    "by", ["day", "reason", "call_reason", "kind", "product", "delivery", "agent", "band"]
)
async def test_every_slice_can_be_asked_for(
    chief: httpx.AsyncClient, raise_alert: RaiseAlert, by: str
) -> None:
    await raise_alert("e1")
    answer = await chief.get(f"{FIGURES}&by={by}")
    assert answer.status_code == 200
    found = answer.json()
    assert found["total"]["counts"]["alerts"] == 1
    assert len(found["total"]["trend"]) == 28
    assert [row["key"] or "" for row in found["rows"]] == list(found["labels"])


async def test_the_sheet_is_named_by_its_period_and_leaves_a_trace(
    chief: httpx.AsyncClient, raise_alert: RaiseAlert, trail: Any
) -> None:
    await raise_alert("e1")
    body = {"first": "2026-06-01", "last": "2026-06-10", "by": "call_reason"}
    answer = await chief.post("/api/team/export", json=body)
    name = "hikitome-team_2026-06-01_2026-06-10_by-call-reason.csv"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    lines = answer.content.decode("utf-8-sig").split("\r\n")
    assert lines[:2] == ["引き留めデスク 実績,みどり健康堂", "期間,2026-06-01,2026-06-10"]
    assert await trail() == [("ken", "export", "team by call_reason, 2026-06-01 to 2026-06-10")]


async def test_the_floor_tells_who_waits_and_who_has_what(
    chief: httpx.AsyncClient, office: Office, raise_alert: RaiseAlert
) -> None:
    first, _ = await raise_alert("e1"), await raise_alert("e2", "demo/shopify/8", cutoff=None)
    await office.desk.claim(first, "misaki")
    floor = (await chief.get("/api/team/now")).json()
    queue = floor["queue"]
    assert (queue["waiting"], queue["undated"], queue["late"]) == (1, 1, 0)
    assert [(one["id"], one["agent"]) for one in floor["held"]] == [(first, "misaki")]
    here = {one["login"]: one["here"] for one in floor["agents"]}
    assert here == {"ken": True, "misaki": False}


async def test_a_supervisor_puts_an_alert_into_other_hands_and_back(
    chief: httpx.AsyncClient, office: Office, raise_alert: RaiseAlert, trail: Any
) -> None:
    alert = await raise_alert("e1")
    given = await chief.post(f"/api/alerts/{alert}/assign", json={"to": "misaki"})
    assert given.json()["alert"]["agent"] == "misaki"
    back = await chief.post(f"/api/alerts/{alert}/assign", json={"to": None})
    assert (back.json()["alert"]["state"], back.json()["alert"]["agent"]) == ("raised", None)
    again = await chief.post(f"/api/alerts/{alert}/assign", json={"to": None})
    assert again.status_code == 409
    assert [(what, detail) for _, what, detail in await trail()] == [
        ("alert.assigned", "misaki"),
        ("alert.assigned", "queue"),
    ]


async def test_a_capacity_parks_at_once_and_gives_back_at_once(
    chief: httpx.AsyncClient, engine: AsyncEngine, raise_alert: RaiseAlert, trail: Any
) -> None:
    for at in range(3):
        await raise_alert(f"e{at}", f"demo/shopify/{at}", priority=100.0 + at)
    plan = (await chief.put("/api/team/capacity", json={"alerts_per_day": 1})).json()
    assert 101 < plan["capacity"]["threshold"] <= 102
    assert plan["capacity"]["changed_by"] == "<b>藤井</b>"
    assert (plan["now"]["parked"], plan["now"]["waiting"]) == (2, 1)
    assert await states(engine) == {"e0": True, "e1": True, "e2": False}
    plan = (await chief.put("/api/team/capacity", json={"alerts_per_day": None})).json()
    assert plan["capacity"]["threshold"] == 0
    assert await states(engine) == {"e0": False, "e1": False, "e2": False}
    assert await trail() == [("ken", "capacity", "1 a day"), ("ken", "capacity", "no limit")]


@pytest.mark.parametrize("wanted", [0, -1, 100_001, 1.5, "many"])
async def test_what_is_no_capacity_is_refused(chief: httpx.AsyncClient, wanted: Any) -> None:
    assert (await chief.put("/api/team/capacity", json={"alerts_per_day": wanted})).status_code == 422


async def test_what_a_capacity_would_mean_changes_nothing(
    chief: httpx.AsyncClient, engine: AsyncEngine, raise_alert: RaiseAlert
) -> None:
    for at in range(3):
        await raise_alert(f"e{at}", f"demo/shopify/{at}", priority=100.0 + at)
    plan = (await chief.get("/api/team/capacity?wanted=2")).json()
    (tried,) = (one for one in plan["choices"] if one["per_day"] == 2)
    assert (tried["parked"], tried["through"]) == (1, 2)
    assert not any((await states(engine)).values())


async def test_the_threshold_follows_the_load(
    chief: httpx.AsyncClient, office: Office, raise_alert: RaiseAlert
) -> None:
    await chief.put("/api/team/capacity", json={"alerts_per_day": 2})
    for at in range(4):
        await raise_alert(f"e{at}", f"demo/shopify/{at}", priority=100.0 + at)
    assert not any((await states(office.engine)).values())
    zone = office.settings.shop_zone()
    await Supervisor(office.engine, lambda: BUSINESS_NOW, system_clock, zone, 60).refit()
    assert await states(office.engine) == {"e0": True, "e1": True, "e2": False, "e3": False}


async def test_the_status_is_for_everyone_and_says_what_is_not_known(
    agent: httpx.AsyncClient, raise_alert: RaiseAlert
) -> None:
    await raise_alert("e1")
    answer = await agent.get("/api/status")
    said = {one["key"]: one for one in answer.json()["statements"]}
    assert said["sources"]["code"] == "sources_none"
    assert said["alerts"]["facts"] == {"n": 1, "claimed": 0, "parked": 0}
    assert str(said["messages"]["facts"]["due"]).isdecimal()


async def test_a_cart_that_was_heard_is_told_of_with_its_age(
    agent: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    async with transaction(engine) as connection:
        await connection.execute(
            text("INSERT INTO cart_heard VALUES ('demo/shopify', now(), now() - interval '1 hour', 9)")
        )
    said = {one["key"]: one for one in (await agent.get("/api/status")).json()["statements"]}
    facts = said["cart:demo/shopify"]["facts"]
    assert (facts["events"], round(facts["age"] / 60)) == (9, 60)
