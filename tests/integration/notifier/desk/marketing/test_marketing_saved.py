"""What a marketer may save: a new version each time, nothing that makes no sense, nothing over another's."""

from typing import Any

import httpx
import pytest
from sqlalchemy import text

from services.notifier.scenarios.shipped import SHIPPED
from shared.postgres.engine import AsyncEngine, transaction

ONE = "/api/scenarios/churn_warning"


async def told(marketer: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await marketer.get(ONE)).json()
    return found


async def put(marketer: httpx.AsyncClient, scenario: Any, base: int, where: str = ONE) -> httpx.Response:
    return await marketer.put(where, json={"scenario": scenario, "base_version": base, "note": "why"})


async def audited(engine: AsyncEngine) -> list[tuple[str, str, str | None]]:
    async with transaction(engine) as connection:
        rows = await connection.execute(
            text("SELECT who, what, detail FROM audit_entry WHERE what LIKE 'scenario.%' ORDER BY id")
        )
        return [(row.who, row.what, row.detail) for row in rows]


async def test_agents_and_supervisors_have_no_business_here(agent: httpx.AsyncClient) -> None:
    assert (await agent.get("/api/scenarios")).status_code == 403
    assert (await agent.get("/scenarios")).headers["location"] == "/"
    assert (await agent.post(f"{ONE}/on")).status_code == 403


async def test_every_scenario_is_listed_with_its_sentence_and_numbers(marketer: httpx.AsyncClient) -> None:
    listed = (await marketer.get("/api/scenarios")).json()["scenarios"]
    assert {one["key"] for one in listed} == SHIPPED.keys()
    warning = next(one for one in listed if one["key"] == "churn_warning")
    assert warning["active"] is True
    assert warning["sentence"].startswith("お客様の")
    assert [step["key"] for step in warning["steps"]] == ["mail", "line", "postcard"]
    assert warning["numbers"]["enrolled"] == 0


async def test_what_is_read_can_be_saved_again_and_is_the_next_version(
    marketer: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    before = await told(marketer)
    before["scenario"]["title"] = "解約の予兆"
    assert (await put(marketer, before["scenario"], 1)).json() == {"version": 2}
    after = await told(marketer)
    assert after["scenario"] == {**before["scenario"], "version": 2}
    assert [(one["version"], one["saved_by"], one["note"]) for one in after["versions"]] == [
        (2, "mako", "why"),
        (1, None, None),
    ]
    first = (await marketer.get(f"{ONE}/versions/1")).json()["scenario"]
    assert first["title"] == "解約予兆"
    assert await audited(engine) == [("mako", "scenario.saved", "churn_warning 2")]


async def test_who_saves_second_is_told_so_and_nothing_is_lost(marketer: httpx.AsyncClient) -> None:
    scenario = (await told(marketer))["scenario"]
    assert (await put(marketer, {**scenario, "priority": 80}, 1)).status_code == 200
    answer = await put(marketer, {**scenario, "title": "あとから"}, 1)
    assert answer.status_code == 409
    assert answer.json() == {"problem": "changed_meanwhile", "version": 2}
    assert (await told(marketer))["scenario"]["priority"] == 80


async def test_a_wrong_placeholder_is_refused_with_its_place(
    marketer: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    scenario = (await told(marketer))["scenario"]
    scenario["steps"][0]["creatives"][0]["body"] = "{{ namae }} 様"
    answer = await put(marketer, scenario, 1)
    assert answer.status_code == 422
    assert answer.json()["problems"] == [
        {"path": "steps.0.creatives.0.body", "code": "unknown_placeholder", "detail": "namae"}
    ]
    assert (await told(marketer))["version"] == 1
    assert await audited(engine) == []


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"priority": None}, "$.priority"),
        ({"trigger": {"on": "weather"}}, "$.trigger.on"),
        ({"surprise": 1}, ""),
    ],
)
async def test_what_is_no_scenario_is_refused_with_its_place(
    marketer: httpx.AsyncClient, change: dict[str, Any], path: str
) -> None:
    answer = await put(marketer, {**(await told(marketer))["scenario"], **change}, 1)
    assert answer.status_code == 422
    assert [(one["path"], one["code"]) for one in answer.json()["problems"]] == [(path, "unfit")]


async def test_a_scenario_is_saved_under_its_own_key_only(marketer: httpx.AsyncClient) -> None:
    scenario = (await told(marketer))["scenario"]
    assert (await put(marketer, scenario, 0, "/api/scenarios/other")).status_code == 422
    copy = {**scenario, "key": "other", "salt": "other/1"}
    assert (await put(marketer, copy, 0, "/api/scenarios/other")).json() == {"version": 1}
    assert (await marketer.get("/api/scenarios/other")).json()["active"] is False
    assert (await put(marketer, copy, 0, "/api/scenarios/other")).status_code == 409


async def test_what_is_not_there_is_missing(marketer: httpx.AsyncClient) -> None:
    for where in ("nobody", "nobody/versions/1", "churn_warning/versions/9", "nobody/export"):
        assert (await marketer.get(f"/api/scenarios/{where}")).status_code == 404
    for what in ("on", "off", "resume"):
        assert (await marketer.post(f"/api/scenarios/nobody/{what}")).status_code == 404


async def test_a_draft_is_checked_and_previewed_before_it_is_saved(marketer: httpx.AsyncClient) -> None:
    scenario = (await told(marketer))["scenario"]
    checked = (await marketer.post("/api/scenarios/check", json={"scenario": scenario})).json()
    assert checked["problems"] == []
    assert checked["sentence"].endswith("解約のお問い合わせ")
    scenario["steps"][1]["creatives"][0]["body"] = "{{ addressee }}、こんにちは"
    wanted = {"scenario": scenario, "step": "line", "creative": "line"}
    shown = (await marketer.post("/api/scenarios/preview", json=wanted)).json()
    assert shown["way"] == "line"
    assert shown["text"].strip() == "山田 花子 様、こんにちは"
    bad = {**wanted, "creative": "nothing"}
    assert (await marketer.post("/api/scenarios/preview", json=bad)).status_code == 404
    assert (await marketer.post("/api/scenarios/preview", json={**wanted, "sample": "x"})).status_code == 404


async def test_a_file_goes_out_and_comes_in_as_it_was(
    marketer: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    written = await marketer.get("/api/scenarios/export")
    assert written.headers["content-disposition"] == 'attachment; filename="scenarios.toml"'
    same = await marketer.post("/api/scenarios/import", json={"toml": written.text, "dry": True})
    assert {one["change"] for one in same.json()["scenarios"]} == {"same"}
    changed = (await marketer.get(f"{ONE}/export")).text.replace("priority = 70", "priority = 71")
    looked = await marketer.post("/api/scenarios/import", json={"toml": changed, "dry": True})
    assert looked.json()["scenarios"] == [
        {"key": "churn_warning", "title": "解約予兆", "change": "changed", "version": 2}
    ]
    assert (await told(marketer))["version"] == 1
    await marketer.post("/api/scenarios/import", json={"toml": changed, "dry": False})
    assert (await told(marketer))["scenario"]["priority"] == 71
    assert await audited(engine) == [("mako", "scenario.imported", "churn_warning")]


@pytest.mark.parametrize("toml", ["[[scenario]", '[[scenario]]\nkey = "x"'])
async def test_an_unreadable_file_is_refused_with_where_and_why(
    marketer: httpx.AsyncClient, toml: str
) -> None:
    answer = await marketer.post("/api/scenarios/import", json={"toml": toml, "dry": False})
    assert answer.status_code == 422
    (problem,) = answer.json()["problems"]
    assert problem["code"] == "unreadable"
    assert problem["detail"]


async def test_a_file_of_many_scenarios_is_not_too_large(marketer: httpx.AsyncClient) -> None:
    one = (await marketer.get(f"{ONE}/export")).text
    many = "\n".join(one.replace("churn_warning", f"warning_{n}") for n in range(30))
    assert len(many.encode()) > 64 * 1024
    looked = await marketer.post("/api/scenarios/import", json={"toml": many, "dry": True})
    assert {one["change"] for one in looked.json()["scenarios"]} == {"new"}
