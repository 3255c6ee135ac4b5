"""A marketer at the desk's address, with the shipped scenarios in the database."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from services.notifier import playbook
from services.notifier.settings import AgentAccount
from shared.events.ids import derived_id
from shared.postgres.engine import AsyncEngine
from tests.integration.notifier.desk.conftest import PASSWORD

MARKETER = {"login": "mako", "name": "佐々木 真子", "password": PASSWORD, "role": "marketer"}


@pytest.fixture
async def marketer(office: Any, stranger: httpx.AsyncClient, engine: AsyncEngine) -> httpx.AsyncClient:
    await office.door.enrol([*office.settings.desk_agents, AgentAccount.model_validate(MARKETER)])
    await playbook.seed(engine, ("churn_warning",), 0.0)
    await stranger.post("/api/session", data={"login": "mako", "password": PASSWORD})
    stranger.headers["x-csrf-token"] = (await stranger.get("/api/session")).json()["csrf"]
    return stranger


@pytest.fixture
def enrolled(
    follow: Callable[..., Awaitable[None]], happened: Callable[..., Any], risk: Callable[..., Any]
) -> Callable[[str], Awaitable[str]]:
    """A customer whose risk has just risen, so that the warning runs for them; gives the episode."""

    async def put(name: str) -> str:
        await follow(happened(risk(f"episode {name}"), subject=f"demo/shopify/{name}"))
        return derived_id("alert", f"episode {name}")

    return put
