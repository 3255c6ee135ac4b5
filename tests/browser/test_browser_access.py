"""Who may enter, in a real browser: the log-in, the accounts, one's own password, the audit log."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from deploy.local.ports import free_port
from services.notifier.desk import Desk
from services.notifier.settings import NotifierSettings
from services.notifier.store import audit
from services.notifier.store.audit import Entry
from shared.clock import system_clock
from shared.postgres.engine import AsyncEngine, transaction
from tests.browser.conftest import Service

Keep = Callable[[Page, str], Awaitable[None]]
NoAxeFindings = Callable[[Page], Awaitable[None]]
Enter = Callable[..., Awaitable[Page]]
PASSWORD = "hikitome-desk"


@pytest_asyncio.fixture(loop_scope="session")
async def service(desk: Desk) -> AsyncIterator[Service]:
    """A desk with an administrator, and with a provider that is away."""
    settings = NotifierSettings.model_validate(
        {
            "shop_name": "みどり健康堂",
            "unsubscribe_secrets": ["s" * 32],
            "desk_agents": [
                {"login": "boss", "name": "緑川 社長", "password": PASSWORD, "role": "admin"},
                {"login": "misaki", "name": "岡田 みさき", "password": PASSWORD},
            ],
            "oidc_issuer": f"http://127.0.0.1:{free_port()}",
            "oidc_label": "みどりID",
            "oidc_roles": {"desk": "agent"},
        }
    )
    service = Service(desk, settings, free_port())
    await service.start()
    yield service
    await service.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def enter(browser: Browser, address: str) -> Enter:
    """A page of its own; logged in where a log-in is named. An error of its scripts fails the test."""

    async def open_for(path: str, login: str | None = None, password: str = PASSWORD) -> Page:
        context = await browser.new_context(
            viewport={"width": 1366, "height": 768}, locale="ja-JP", accept_downloads=True
        )
        page = await context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: pytest.fail(f"a script of the page failed: {error}"))
        await page.goto(f"{address}/login")
        if login is not None:
            await page.fill("#login", login)
            await page.fill("#password", password)
            await page.keyboard.press("Enter")
            await page.wait_for_url(lambda url: "/login" not in url)
        await page.goto(f"{address}{path}")
        return page

    return open_for


async def too_wide(page: Page) -> int:
    return int(await page.evaluate("document.documentElement.scrollWidth - innerWidth"))


async def look(page: Page, name: str, no_axe_findings: NoAxeFindings, keep: Keep) -> None:
    """Light, dark, and at 200 %."""
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await no_axe_findings(page)
        await keep(page, f"{name}-{scheme}")
    await page.set_viewport_size({"width": 683, "height": 384})
    await no_axe_findings(page)
    assert await too_wide(page) <= 0
    await page.set_viewport_size({"width": 1366, "height": 768})


async def test_the_log_in_offers_the_provider_and_says_when_it_is_away(
    enter: Enter, no_axe_findings: NoAxeFindings, keep: Keep
) -> None:
    page = await enter("/login")
    await look(page, "30-login", no_axe_findings, keep)
    await page.get_by_role("link", name="みどりID でログイン").click()
    await expect(page.get_by_role("alert")).to_contain_text("認証サービスにつながりません")
    await keep(page, "31-login-away")
    await page.fill("#login", "misaki")
    await page.fill("#password", PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator("#open-help")).to_be_visible()


async def test_an_account_from_its_making_to_its_end(
    enter: Enter, no_axe_findings: NoAxeFindings, keep: Keep
) -> None:
    page = await enter("/accounts", "boss")
    await expect(page.locator("#accounts tr")).to_have_count(2)
    await page.keyboard.press("n")
    await expect(page.locator("#edit")).to_be_visible()
    await page.fill("#edit-login", "misaki")
    await page.fill("#edit-name", "山本 結衣")
    await page.keyboard.press("Enter")
    await expect(page.locator("#edit-problem")).to_have_text("このログインIDは使われています")
    await no_axe_findings(page)
    await keep(page, "32-account-new")
    await page.fill("#edit-login", "yui")
    await page.keyboard.press("Enter")
    await expect(page.locator("#once")).to_be_visible()
    password = await page.locator("#once-password").inner_text()
    await no_axe_findings(page)
    await keep(page, "33-account-password")
    await page.keyboard.press("Escape")
    await expect(page.locator("#once-password")).to_have_text("")
    hers = await enter("/", "yui", password)
    await expect(hers.locator("#must")).to_be_visible()
    await hers.fill("#old", password)
    await hers.fill("#new", "correct horse battery")
    await hers.fill("#again", "correct horse")
    await hers.keyboard.press("Enter")
    await expect(hers.locator("#problem")).to_have_text("確認のパスワードが違います。")
    await look(hers, "34-password", no_axe_findings, keep)
    await hers.fill("#again", "correct horse battery")
    await hers.keyboard.press("Enter")
    await expect(hers.locator("#live")).to_have_attribute("data-state", "live")
    await page.reload()
    row = page.locator("tr[data-login=yui]")
    await expect(row).to_contain_text("1件")
    await look(page, "35-accounts", no_axe_findings, keep)
    await row.get_by_role("button", name="停止").click()
    await page.locator("#sure-yes").click()
    await expect(row).to_contain_text("停止中")
    # Her desk is over without her doing anything.
    await hers.wait_for_url("**/login", timeout=20_000)


async def test_an_account_of_the_settings_offers_nothing_that_the_settings_decide(enter: Enter) -> None:
    page = await enter("/accounts", "boss")
    row = page.locator("tr[data-login=misaki]")
    await expect(row).to_contain_text("設定ファイル")
    await expect(row.get_by_role("button")).to_have_count(0)
    await expect(page.locator("#note-settings")).to_be_visible()


async def test_the_audit_log_is_read_filtered_checked_and_saved(
    enter: Enter, engine: AsyncEngine, no_axe_findings: NoAxeFindings, keep: Keep, tmp_path: Path
) -> None:
    async with transaction(engine) as connection:
        for n in range(130):
            what = "contact.shown" if n % 3 else "customer.looked_at"
            entry = Entry("misaki", "agent", what, f"demo/shopify/{n}", why="inbound", whence="10.0.0.7")
            await audit.append(connection, entry, system_clock())
    page = await enter("/audit", "boss")
    await expect(page.locator("#entries tr")).to_have_count(100)
    await page.locator("#more").click()
    await expect(page.locator("#entries tr")).to_have_count(131)
    await page.keyboard.press("/")
    await page.keyboard.type("boss")
    await page.keyboard.press("Enter")
    await expect(page.locator("#entries tr")).to_have_count(1)
    await expect(page.locator("#entries")).to_contain_text("ログイン")
    await page.get_by_role("button", name="解除").click()
    await expect(page.locator("#entries tr")).to_have_count(100)
    await page.locator("#check").click()
    await expect(page.locator("#verdict-text")).to_contain_text("131件すべて")
    await look(page, "36-audit", no_axe_findings, keep)
    async with page.expect_download() as saving:
        await page.locator("#save").click()
    download = await saving.value
    assert download.suggested_filename.startswith("hikitome-audit_")
    await download.save_as(tmp_path / "audit.csv")
    assert (tmp_path / "audit.csv").read_bytes().startswith(b"\xef\xbb\xbf")
