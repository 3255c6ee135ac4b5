"""The desk's calls: what an agent's page sends, and what comes back when somebody was faster."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from services.notifier.resolution import Resolution

RaiseAlert = Callable[..., Awaitable[str]]


async def test_an_agent_claims_releases_and_resolves(
    agent: httpx.AsyncClient, raise_alert: RaiseAlert
) -> None:
    path = f"/api/alerts/{await raise_alert()}"
    claimed = (await agent.post(f"{path}/claim")).json()["alert"]
    assert (claimed["state"], claimed["agent"], claimed["agent_name"]) == ("claimed", "misaki", "岡田 みさき")
    assert (await agent.post(f"{path}/release")).json()["alert"]["agent"] is None
    await agent.post(f"{path}/claim")
    ended = await agent.post(f"{path}/resolve", json={"disposition": "kept", "note": " 続けます\x00 "})
    assert (ended.status_code, ended.json()["alert"]["note"]) == (200, "続けます")
    assert (await agent.get("/api/alerts")).json()["alerts"] == []
    shown = (await agent.get(path)).json()
    assert [entry["what"] for entry in shown["history"]] == [
        "resolved",
        "claimed",
        "released",
        "claimed",
        "raised",
    ]
    assert shown["history"][0]["agent"] == "岡田 みさき"


async def test_who_was_slower_is_told_by_whom(
    agent: httpx.AsyncClient, office: Any, raise_alert: RaiseAlert
) -> None:
    alert_id = await raise_alert()
    await office.desk.claim(alert_id, "ken")
    claim = await agent.post(f"/api/alerts/{alert_id}/claim")
    assert (claim.status_code, claim.json()["problem"]) == (409, "taken")
    assert claim.json()["alert"]["agent"] == "ken"
    resolve = await agent.post(f"/api/alerts/{alert_id}/resolve", json={"disposition": "kept"})
    assert (resolve.status_code, resolve.json()["problem"]) == (409, "not_yours")
    await office.desk.resolve(alert_id, "ken", Resolution("kept"))
    again = await agent.post(f"/api/alerts/{alert_id}/claim")
    assert (again.status_code, again.json()["problem"]) == (409, "over")


@pytest.mark.parametrize(
    "body", [{}, {"disposition": "win"}, {"disposition": "kept", "note": "x" * 2001}, {"disposition": None}]
)
async def test_an_alert_cannot_be_closed_without_an_outcome_from_the_list(
    agent: httpx.AsyncClient, raise_alert: RaiseAlert, body: dict[str, Any]
) -> None:
    path = f"/api/alerts/{await raise_alert()}"
    await agent.post(f"{path}/claim")
    assert (await agent.post(f"{path}/resolve", json=body)).status_code == 422
    assert (await agent.get(path)).json()["alert"]["state"] == "claimed"


async def test_what_does_not_exist_is_not_found(agent: httpx.AsyncClient) -> None:
    path = "/api/alerts/00000000-0000-0000-0000-000000000000"
    assert (await agent.get(path)).status_code == 404
    assert (await agent.post(f"{path}/claim")).status_code == 404
    assert (await agent.get("/api/alerts/7")).status_code == 422


async def test_the_list_is_as_long_as_asked_and_the_counts_are_of_all(
    agent: httpx.AsyncClient, raise_alert: RaiseAlert
) -> None:
    for number in range(3):
        await raise_alert(f"e{number}", priority=float(number))
    answer = (await agent.get("/api/alerts?most=2")).json()
    assert [alert["priority"] for alert in answer["alerts"]] == [2.0, 1.0]
    assert answer["counts"]["raised"] == 3


async def test_the_clock_tells_business_time_and_how_fast_it_runs(agent: httpx.AsyncClient) -> None:
    clock = (await agent.get("/api/clock")).json()
    assert (clock["business_now"], clock["speed"]) == ("2026-06-10T03:00:00+00:00", 1.0)


async def test_a_body_that_is_too_large_is_refused(agent: httpx.AsyncClient, raise_alert: RaiseAlert) -> None:
    path = f"/api/alerts/{await raise_alert()}/resolve"
    answer = await agent.post(path, json={"disposition": "kept", "note": "x" * 100_000})
    assert answer.status_code == 413
