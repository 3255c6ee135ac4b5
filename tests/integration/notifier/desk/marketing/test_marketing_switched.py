"""The switch, the stop, the recall and the dry run; and who is in a scenario at which step."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from sqlalchemy import text

from services.notifier.store import scenarios
from shared.postgres.engine import AsyncEngine, transaction

ONE = "/api/scenarios/churn_warning"
Enrolled = Callable[[str], Awaitable[str]]


async def standing(marketer: httpx.AsyncClient) -> dict[str, Any]:
    listed = (await marketer.get("/api/scenarios")).json()["scenarios"]
    found: dict[str, Any] = next(one for one in listed if one["key"] == "churn_warning")
    return found


async def test_off_and_on_again_and_both_are_written_down(
    marketer: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    assert (await marketer.post(f"{ONE}/off")).status_code == 200
    assert (await standing(marketer))["active"] is False
    assert (await marketer.post(f"{ONE}/on")).status_code == 200
    assert (await standing(marketer))["active"] is True
    async with transaction(engine) as connection:
        rows = await connection.execute(
            text("SELECT what FROM audit_entry WHERE detail = 'churn_warning' ORDER BY id")
        )
        assert list(rows.scalars()) == ["scenario.off", "scenario.on"]


async def test_what_stopped_by_itself_says_why_and_goes_on_when_told(
    marketer: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    assert (await marketer.post(f"{ONE}/resume")).status_code == 404
    async with transaction(engine) as connection:
        await scenarios.halt(connection, "churn_warning", "blast_radius")
    assert (await standing(marketer))["halted_because"] == "blast_radius"
    assert (await marketer.post(f"{ONE}/resume")).status_code == 200
    assert (await standing(marketer))["halted_because"] is None


async def test_whoever_comes_in_is_counted_and_shown_with_the_next_step(
    marketer: httpx.AsyncClient, enrolled: Enrolled
) -> None:
    await enrolled("1001")
    await enrolled("1002")
    numbers = (await standing(marketer))["numbers"]
    assert (numbers["enrolled"], numbers["open"], numbers["held"]) == (2, 2, 0)
    assert (numbers["planned"], numbers["sent"], numbers["deferred"]) == (2, 0, 0)
    people = (await marketer.get(f"{ONE}/people")).json()["people"]
    assert {one["customer_ref"] for one in people} == {"demo/shopify/1001", "demo/shopify/1002"}
    assert [(one["step"], one["state"], one["way"]) for one in people[0]["steps"]] == [
        ("mail", "planned", "mail")
    ]
    assert len((await marketer.get(f"{ONE}/people?step=mail")).json()["people"]) == 2
    assert (await marketer.get(f"{ONE}/people?step=line")).json()["people"] == []


async def test_unsent_messages_are_recalled_and_their_number_told(
    marketer: httpx.AsyncClient, enrolled: Enrolled
) -> None:
    await enrolled("1001")
    assert (await marketer.post(f"{ONE}/recall")).json() == {"recalled": 1}
    numbers = (await standing(marketer))["numbers"]
    assert (numbers["planned"], numbers["suppressed"]) == (0, 1)
    assert (await marketer.post(f"{ONE}/recall")).json() == {"recalled": 0}
    assert (await marketer.post("/api/scenarios/nobody/recall")).status_code == 404


async def test_a_dry_run_tells_who_would_have_got_what_and_sends_nothing(
    marketer: httpx.AsyncClient, enrolled: Enrolled
) -> None:
    await enrolled("1001")
    before = (await standing(marketer))["numbers"]
    run = (await marketer.post(f"{ONE}/dry-run", json={"days": 30})).json()
    assert run["days"] == 30
    assert {"enrolled", "held", "messages", "suppressed", "per_hour_peak", "examples"} <= run.keys()
    assert all("name" in one for one in run["examples"])
    assert (await standing(marketer))["numbers"] == before
    assert (await marketer.post("/api/scenarios/nobody/dry-run", json={})).status_code == 404
    assert (await marketer.post(f"{ONE}/dry-run", json={"days": 0})).status_code == 422
