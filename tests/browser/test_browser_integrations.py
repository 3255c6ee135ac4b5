"""The page of tokens and webhooks in a real browser: secrets shown once, a log of what became of all."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal

import pytest
import pytest_asyncio
from argon2 import PasswordHasher
from playwright.async_api import Browser, Page, expect
from sqlalchemy import text

from services.notifier.auth import Door, Passwords
from services.notifier.channels.webhook import Webhooks
from services.notifier.deliver import Deliveries
from services.notifier.endpoints import Endpoints, Made
from services.notifier.settings import AgentAccount
from services.notifier.store import deliveries
from services.notifier.store.audit import Entry
from services.notifier.store.endpoints import Target
from shared.clock import system_clock
from shared.postgres.engine import AsyncEngine, transaction
from tests.integration.notifier.desk.programs.receiver import Receiver, receiving

Keep = Callable[[Page, str], Awaitable[None]]
NoFindings = Callable[[Page], Awaitable[None]]
RaiseAlert = Callable[..., Awaitable[str]]
Scheme = Literal["light", "dark"]
OpenPage = Callable[..., Awaitable[Page]]
PASSWORD = "hikitome-desk"
WIDER_THAN_THE_PAGE = """[...document.querySelectorAll("main *:not(.sheet *)")]
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".unseen"))
  .map((one) => one.outerHTML.slice(0, 120))"""


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser, address: str, engine: AsyncEngine) -> OpenPage:
    """The page as an administrator sees it; any error of its scripts fails the test."""
    door = Door(engine, Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)), system_clock)
    account = {"login": "root", "name": "管理 一郎", "password": PASSWORD, "role": "admin"}
    await door.enrol([AgentAccount.model_validate(account)])

    async def open_for(query: str = "", scheme: Scheme = "light") -> Page:
        context = await browser.new_context(
            viewport={"width": 1366, "height": 768}, locale="ja-JP", color_scheme=scheme
        )
        await context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = await context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", _fail)
        await page.goto(f"{address}/login")
        await page.fill("#login", "root")
        await page.fill("#password", PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"{address}/")
        await page.goto(f"{address}/integrations{query}")
        await page.wait_for_selector("#tokens tr")
        return page

    return open_for


def _fail(error: object) -> None:
    raise AssertionError(f"a script of the page failed: {error}")


async def make_endpoint(engine: AsyncEngine, receiver: Receiver, name: str) -> str:
    target = Target(name, receiver.url, ("alert.raised", "alert.claimed", "alert.resolved"), False)
    made = await Endpoints(engine, system_clock, private_hosts=True).make(
        target, Entry("root", "admin", "endpoint.made")
    )
    assert isinstance(made, Made)
    return made.endpoint.id


async def unnumbered(engine: AsyncEngine) -> bool:
    """Whether the desk's own sequencer has still something to do."""
    async with transaction(engine) as connection:
        counted = await connection.execute(text("SELECT count(*) FROM alert_change WHERE seq IS NULL"))
    return bool(counted.scalar_one())


async def send(engine: AsyncEngine) -> None:
    """All that is due, once."""
    sending = Deliveries(engine, Webhooks(system_clock, private_hosts=True, timeout=2), system_clock)
    for _ in range(500):
        if not await unnumbered(engine):
            break
        await asyncio.sleep(0.02)
    async with transaction(engine) as connection:
        await deliveries.make(connection, system_clock(), 1000)
        due = await deliveries.due(connection, system_clock())
    for endpoint in due:
        while claimed := await sending.claim(endpoint):
            await sending.take(claimed)


async def test_a_token_is_made_shown_once_and_revoked_by_keyboard(open_page: OpenPage, keep: Keep) -> None:
    page = await open_page()
    await page.keyboard.press("t")
    await page.fill("#token-name", "コールセンターCTI")
    await page.focus("[id='scope-alerts:write']")
    await page.keyboard.press("Space")
    await page.focus("#token-name")
    await page.keyboard.press("Enter")
    await expect(page.locator("#once-secret")).to_contain_text("hkt_")
    secret = await page.locator("#once-secret").inner_text()
    await page.click("#once-copy")
    assert await page.evaluate("navigator.clipboard.readText()") == secret
    await keep(page, "integrations-token")
    await page.keyboard.press("Escape")
    row = page.locator("#tokens tr")
    await expect(row).to_contain_text("コールセンターCTI")
    await expect(row).to_contain_text("アラートを操作する")
    assert secret not in await page.content()

    await row.get_by_role("button").click()
    await page.click("#sure-yes")
    await expect(row).to_contain_text("取り消し済み")


async def test_an_endpoint_is_made_with_its_secret_and_switched(open_page: OpenPage) -> None:
    page = await open_page()
    await page.keyboard.press("e")
    await page.fill("#endpoint-name", "CRM")
    await page.fill("#endpoint-url", "http://crm.example/hooks")
    await page.keyboard.press("Enter")
    await expect(page.locator("#endpoint-problem")).to_contain_text("https://")
    await page.fill("#endpoint-url", "https://crm.example/hooks")
    await page.keyboard.press("Enter")
    await expect(page.locator("#once-secret")).to_contain_text("whsec_")
    await page.keyboard.press("Escape")
    row = page.locator("#endpoints tr")
    await row.get_by_role("button", name="停止").click()
    await expect(row.locator(".pill.shut")).to_have_text("停止中")
    await row.get_by_role("button", name="再開").click()
    await expect(row.locator(".pill.open")).to_have_text("有効")
    await row.get_by_role("button", name="削除").click()
    await page.click("#sure-yes")
    await expect(row).to_have_text("送信先はまだありません")


async def test_the_log_shows_every_attempt_and_sends_again(
    open_page: OpenPage, engine: AsyncEngine, raise_alert: RaiseAlert, keep: Keep
) -> None:
    async with receiving(next=[200, 500, "slow"]) as receiver, receiving(usual=410) as gone:
        await make_endpoint(engine, receiver, "コールセンターCTI")
        await make_endpoint(engine, gone, "旧CRM")
        for name in ("佐藤 陽子", "鈴木 花", "高橋 美咲"):
            await raise_alert(name)
        await send(engine)
        page = await open_page()
        await expect(page.locator("#sign")).to_contain_text("旧CRM")
        await page.get_by_role("button", name="送信記録: コールセンターCTI").click()
        rows = page.locator("#deliveries tr")
        await expect(rows).to_have_count(3)
        await expect(page.locator("#deliveries")).to_contain_text("500")
        await expect(page.locator("#deliveries")).to_contain_text("時間切れ")
        await keep(page, "integrations")
        await page.get_by_role("button", name="再送: ").click()
        await expect(page.locator("#toasts")).to_contain_text("1件を再送します")
        await send(engine)
        assert len({one.id for one in receiver.received}) == 3
        assert len(receiver.received) > 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_keeps_people_from_using_the_page_of_integrations(
    open_page: OpenPage,
    engine: AsyncEngine,
    raise_alert: RaiseAlert,
    keep: Keep,
    no_axe_findings: NoFindings,
    scheme: Scheme,
) -> None:
    async with receiving(next=[200, 500]) as receiver, receiving(usual=410) as gone:
        await make_endpoint(engine, receiver, "CTI")
        await make_endpoint(engine, gone, "CRM")
        for name in ("佐藤 陽子", "鈴木 花"):
            await raise_alert(name)
        await send(engine)
    page = await open_page("?lang=en" if scheme == "dark" else "", scheme=scheme)
    await page.locator("#endpoints button").first.click()
    await expect(page.locator("#deliveries tr")).to_have_count(2)
    await no_axe_findings(page)
    await keep(page, f"integrations-{scheme}")
    for key, dialog in (("t", "#token"), ("e", "#endpoint")):
        await page.keyboard.press(key)
        await expect(page.locator(dialog)).to_be_visible()
        await no_axe_findings(page)
        await keep(page, f"integrations-{dialog[1:]}-{scheme}")
        await page.keyboard.press("Escape")
    # 200 % of 1366 × 768.
    await page.set_viewport_size({"width": 683, "height": 384})
    assert await page.evaluate(WIDER_THAN_THE_PAGE) == []
    await no_axe_findings(page)
