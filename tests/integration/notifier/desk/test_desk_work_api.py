"""The desk's calls for work that goes on, is done later or changes hands."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from services.notifier.resolution import Resolution
from services.notifier.routes.alerts import calling
from services.notifier.scenarios.calling import CallingHours
from shared.clock import system_clock

RaiseAlert = Callable[..., Awaitable[str]]


async def log_in(client: httpx.AsyncClient, login: str) -> None:
    await client.post("/api/session", data={"login": login, "password": "hikitome-desk"})
    client.headers["x-csrf-token"] = (await client.get("/api/session")).json()["csrf"]


async def test_a_call_back_is_promised_waits_and_may_be_made_early_only_knowingly(
    agent: httpx.AsyncClient, office: Any, raise_alert: RaiseAlert
) -> None:
    path, at = f"/api/alerts/{await raise_alert()}", system_clock() + timedelta(hours=2)
    await agent.post(f"{path}/claim")
    nowhen = await agent.post(f"{path}/resolve", json={"disposition": "callback"})
    assert (nowhen.status_code, nowhen.json()["problem"]) == (422, "needs_callback")
    body = {"disposition": "callback", "callback_at": at.isoformat()}
    first, again = [await agent.post(f"{path}/resolve", json=body) for _ in range(2)]
    assert (first.status_code, again.status_code) == (200, 200)
    shown = again.json()["alert"]
    assert (shown["state"], shown["attempts"], shown["promised_by"]) == ("raised", 1, "misaki")
    await log_in(agent, "ken")
    early = await agent.post(f"{path}/claim")
    assert (early.status_code, early.json()["problem"]) == (409, "too_early")
    assert (await agent.post(f"{path}/claim", json={"early": True})).json()["alert"]["agent"] == "ken"


async def test_a_heartbeat_is_for_who_holds_it(agent: httpx.AsyncClient, raise_alert: RaiseAlert) -> None:
    path = f"/api/alerts/{await raise_alert()}"
    assert (await agent.post(f"{path}/prolong")).json()["problem"] == "not_yours"
    before = (await agent.post(f"{path}/claim")).json()["alert"]["lease_until"]
    assert (await agent.post(f"{path}/prolong")).json()["alert"]["lease_until"] > before


async def test_an_agent_hands_an_alert_to_a_colleague_who_works_here(
    agent: httpx.AsyncClient, raise_alert: RaiseAlert
) -> None:
    path = f"/api/alerts/{await raise_alert()}"
    await agent.post(f"{path}/claim")
    for nobody in ("gone", "x", "\x00"):
        refused = await agent.post(f"{path}/transfer", json={"to": nobody})
        assert (refused.status_code, refused.json()["problem"]) == (422, "unknown_agent")
    handed = (await agent.post(f"{path}/transfer", json={"to": "ken", "note": " 英語で "})).json()["alert"]
    assert (handed["agent"], handed["note"]) == ("ken", "英語で")
    assert (await agent.post(f"{path}/transfer", json={"to": "misaki"})).json()["problem"] == "not_yours"


async def test_only_a_supervisor_assigns(agent: httpx.AsyncClient, raise_alert: RaiseAlert) -> None:
    path = f"/api/alerts/{await raise_alert()}"
    assert (await agent.post(f"{path}/assign", json={"to": "ken"})).status_code == 403
    await log_in(agent, "ken")
    assert (await agent.post(f"{path}/assign", json={"to": "misaki"})).json()["alert"]["agent"] == "misaki"


async def test_one_sees_which_colleagues_are_here(agent: httpx.AsyncClient) -> None:
    found = (await agent.get("/api/agents")).json()["agents"]
    assert {one["login"]: one["here"] for one in found} == {"misaki": True, "ken": False}
    assert {one["login"]: one["role"] for one in found} == {"misaki": "agent", "ken": "supervisor"}


async def test_ones_own_and_promised_alerts_are_always_in_the_list(
    agent: httpx.AsyncClient, office: Any, raise_alert: RaiseAlert
) -> None:
    mine = await raise_alert("mine", priority=1.0)
    promised = await raise_alert("promised", priority=2.0, subject="demo/shopify/8")
    for number in range(5):
        await raise_alert(f"e{number}", priority=100.0 + number)
    await agent.post(f"/api/alerts/{mine}/claim")
    await office.desk.claim(promised, "ken")
    later = Resolution("callback", callback_at=system_clock() + timedelta(hours=1))
    await office.desk.resolve(promised, "ken", later)
    shown = (await agent.get("/api/alerts?most=4")).json()["alerts"]
    assert [one["priority"] for one in shown] == [104.0, 103.0, 2.0, 1.0]


async def test_the_desk_is_told_whether_it_is_a_time_to_call(agent: httpx.AsyncClient, office: Any) -> None:
    told = (await agent.get("/api/alerts")).json()["calling"]
    assert set(told) == {"open", "until", "next"}
    assert (told["until"] is None) != told["open"]


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        ("2026-11-20T12:00:00+09:00", {"open": True, "until": "2026-11-20T20:00:00+09:00", "next": None}),
        ("2026-11-21T20:00:00+09:00", {"open": False, "until": None, "next": "2026-11-24T09:00:00+09:00"}),
    ],
)
def test_outside_calling_hours_it_is_told_when_they_begin(
    office: Any, moment: str, told: dict[str, Any]
) -> None:
    hours = CallingHours(office.settings.shop_zone())
    times = {name: datetime.fromisoformat(at) if isinstance(at, str) else at for name, at in told.items()}
    assert calling(hours, datetime.fromisoformat(moment)) == times
