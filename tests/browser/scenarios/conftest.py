"""The scenarios' page as a marketer sees it, with all that are shipped."""

from collections.abc import Awaitable, Callable
from typing import Literal

import pytest_asyncio
from argon2 import PasswordHasher
from playwright.async_api import Browser, Page

from services.notifier import playbook
from services.notifier.auth import Door, Passwords
from services.notifier.settings import AgentAccount
from shared.clock import system_clock
from shared.postgres.engine import AsyncEngine

PASSWORD = "hikitome-desk"


@pytest_asyncio.fixture(loop_scope="session")
async def open_scenarios(
    browser: Browser, address: str, engine: AsyncEngine
) -> Callable[..., Awaitable[Page]]:
    """Each time in a browser of its own; any error of the page's scripts fails the test."""
    door = Door(engine, Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)), system_clock)
    account = {"login": "mako", "name": "佐々木 真子", "password": PASSWORD, "role": "marketer"}
    await door.enrol([AgentAccount.model_validate(account)])
    await playbook.seed(engine, ("churn_warning", "payment_failed"), 5.0)

    async def open_for(where: str = "", scheme: Literal["light", "dark"] = "light") -> Page:
        context = await browser.new_context(
            viewport={"width": 1366, "height": 768}, locale="ja-JP", color_scheme=scheme
        )
        page = await context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", _fail)
        await page.goto(f"{address}/login")
        await page.fill("#login", "mako")
        await page.fill("#password", PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"{address}/scenarios")
        if where:
            await page.goto(f"{address}/scenarios{where}")
        await page.wait_for_selector(".scenario-card" if "#" not in where else ".step")
        return page

    return open_for


def _fail(error: object) -> None:
    raise AssertionError(f"a script of the page failed: {error}")
