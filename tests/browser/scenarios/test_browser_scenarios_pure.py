"""What the page's scripts decide by themselves: differences, two changes in one, places of problems."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page

OpenPage = Callable[..., Awaitable[Page]]
Asked = Callable[..., Awaitable[Any]]

BEFORE: dict[str, Any] = {
    "title": "A",
    "priority": 50,
    "ends": ["cancelled"],
    "steps": [{"key": "one", "body": "x"}, {"key": "two", "body": "y"}],
}


@pytest_asyncio.fixture(loop_scope="session")
async def ask(open_scenarios: OpenPage) -> Asked:
    """Call a function of one of the page's modules with these values."""
    page = await open_scenarios()

    async def call(module: str, function: str, *values: object) -> Any:
        script = "async ([at, name, values]) => (await import(at))[name](...values)"
        return await page.evaluate(script, [f"/static/{module}.js", function, list(values)])

    return call


async def test_two_peoples_changes_become_one_where_they_differ_in_place(ask: Asked) -> None:
    mine = {**BEFORE, "title": "B", "steps": [{"key": "one", "body": "mine"}, BEFORE["steps"][1]]}
    theirs = {
        **BEFORE,
        "priority": 80,
        "steps": [BEFORE["steps"][0], {"key": "two", "body": "theirs"}, {"key": "three", "body": "new"}],
    }
    assert await ask("scenario_history", "merged", BEFORE, mine, theirs) == {
        "title": "B",
        "priority": 80,
        "ends": ["cancelled"],
        "steps": [
            {"key": "one", "body": "mine"},
            {"key": "two", "body": "theirs"},
            {"key": "three", "body": "new"},
        ],
    }


async def test_where_both_changed_the_same_ones_own_holds_and_what_one_dropped_stays_away(ask: Asked) -> None:
    mine = {**BEFORE, "title": "mine", "steps": [BEFORE["steps"][0]]}
    theirs = {**BEFORE, "title": "theirs", "ends": ["cancelled", "ordered"]}
    found = await ask("scenario_history", "merged", BEFORE, mine, theirs)
    assert found["title"] == "mine"
    assert found["ends"] == ["cancelled", "ordered"]
    assert [step["key"] for step in found["steps"]] == ["one"]


async def test_differences_name_their_place_and_compare_steps_by_key(ask: Asked) -> None:
    after = {**BEFORE, "priority": 60, "version": 3, "steps": [BEFORE["steps"][1]]}
    found = await ask("scenario_history", "differences", BEFORE, after)
    assert [one["path"] for one in found] == [["priority"], ["steps", "one"]]
    assert (found[0]["was"], found[0]["is"]) == (50, 60)
    assert "is" not in found[1] or found[1]["is"] is None
    assert await ask("scenario_history", "differences", BEFORE, BEFORE) == []


@pytest.mark.parametrize("path", ["steps.1.body", "$.steps[1].body", "steps.two.body", "steps[two].body"])
async def test_a_problem_finds_its_field_however_its_place_is_written(ask: Asked, path: str) -> None:
    assert await ask("scenario_fields", "placeOf", path, BEFORE) == "steps.1.body"
