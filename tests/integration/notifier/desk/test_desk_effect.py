"""The effect over HTTP: who may ask, what is answered, and a sheet that leaves a trace."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from services.notifier.settings import AgentAccount
from shared.postgres.engine import AsyncEngine, transaction
from tests.integration.notifier.desk.conftest import BUSINESS_NOW, PASSWORD, Office

_ENROL = text(
    "INSERT INTO enrolment (customer_ref, scenario, episode, version, kind, reason, cart, subscription,"
    " enrolled_at, held) SELECT 'demo/shopify/' || n, 'churn_warning', 'e' || n, 1, 'subscription',"
    " 'skipped', 'demo/shopify', 's' || n, :at, n % 2 = 0 FROM generate_series(1, 40) AS n"
)


@pytest.fixture
async def marketer(office: Office, stranger: httpx.AsyncClient) -> httpx.AsyncClient:
    """Logged in, with forty enrolments to ask about, half of them held."""
    account = {"login": "marie", "name": "真理恵", "password": PASSWORD, "role": "marketer"}
    await office.door.enrol((*office.settings.desk_agents, AgentAccount.model_validate(account)))
    async with transaction(office.engine) as connection:
        await connection.execute(_ENROL, {"at": BUSINESS_NOW - timedelta(days=80)})
    await stranger.post("/api/session", data={"login": "marie", "password": PASSWORD})
    stranger.headers["x-csrf-token"] = (await stranger.get("/api/session")).json()["csrf"]
    return stranger


async def test_scenarios_with_enrolments_are_listed(marketer: httpx.AsyncClient) -> None:
    told = (await marketer.get("/api/effects/scenarios")).json()
    found = [(one["key"], one["enrolled"], one["held"]) for one in told["scenarios"]]
    assert found == [("churn_warning", 40, 20)]


async def test_the_report_is_told_with_names_for_its_segments(marketer: httpx.AsyncClient) -> None:
    answer = await marketer.get("/api/effects", params={"scenario": "churn_warning", "days": 30})
    told = answer.json()
    assert answer.status_code == 200
    assert told["report"]["outcomes"]["sent"]["enrolments"] == 20
    assert told["report"]["outcomes"]["retention"]["value"] == 0.0
    assert told["margin"] == 0.6
    assert told["labels"] == {}


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"scenario": "no such"}, 404),
        ({"scenario": "churn_warning", "days": 61}, 422),
        ({"scenario": "churn_warning", "span": "own"}, 422),
        ({"scenario": "churn_warning", "span": "own", "first": "2026-02-02", "last": "2026-02-01"}, 422),
        ({}, 422),
    ],
)
async def test_what_makes_no_sense_is_refused(
    marketer: httpx.AsyncClient, wrong: dict[str, Any], status: int
) -> None:
    assert (await marketer.get("/api/effects", params=wrong)).status_code == status


async def test_a_sheet_is_given_and_written_down(marketer: httpx.AsyncClient, engine: AsyncEngine) -> None:
    answer = await marketer.post("/api/effects/export", json={"scenario": "churn_warning"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "送った,20,20,20," in answer.content.decode("utf-8-sig")

    async with transaction(engine) as connection:
        entries = await connection.execute(text("SELECT who, detail FROM audit_entry WHERE what = 'export'"))
        assert [tuple(one) for one in entries] == [("marie", "effect of churn_warning, 60 days")]


async def test_what_is_not_harmful_is_not_put_on_the_list(marketer: httpx.AsyncClient) -> None:
    asked = {"scenario": "churn_warning", "by": "reason", "key": "skipped"}
    answer = await marketer.post("/api/effects/do-not-wake", json=asked)
    assert (answer.status_code, answer.json()) == (409, {"problem": "not_harmful"})


async def test_whoever_calls_customers_may_not_ask(agent: httpx.AsyncClient) -> None:
    assert (await agent.get("/api/effects/scenarios")).status_code == 403
    assert (await agent.post("/api/effects/export", json={"scenario": "a"})).status_code == 403
