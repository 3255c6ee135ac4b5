"""The page of batches in a real browser: what leaves, taken back, handed over, settled; and returned mail."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from deploy.local.ports import free_port
from deploy.local.print_house import PrintHouse
from services.notifier.channels.postal_pdf import Printer, find_font
from services.notifier.desk import Desk
from services.notifier.settings import NotifierSettings
from shared.postgres.engine import AsyncEngine
from tests.browser.conftest import BUSINESS_NOW, Service
from tests.integration.notifier.post.conftest import HOME, SENDER, Clock, Rig, scenario

Keep = Callable[[Page, str], Awaitable[None]]
NoAxeFindings = Callable[[Page], Awaitable[None]]
Open = Callable[[], Awaitable[Page]]
NAMES = ("髙橋 美咲", "山﨑 一郎", "佐藤 花子", "勅使河原 左衛門三郎")


@pytest_asyncio.fixture(loop_scope="session")
async def rig(engine: AsyncEngine, tmp_path: Path) -> Rig:
    """A shop whose four customers are to get a postcard."""
    folder = tmp_path / "print"
    folder.mkdir()
    printer = Printer(find_font(None), SENDER)
    rig = Rig(engine, Clock(BUSINESS_NOW), tmp_path, PrintHouse(folder, tmp_path / "log.jsonl"), printer)
    await rig.keep(scenario())
    for place, name in enumerate(NAMES):
        await rig.plan(str(place), msgspec.structs.replace(HOME, name=name))
    await rig.dispatch()
    return rig


@pytest_asyncio.fixture(loop_scope="session")
async def service(desk: Desk, rig: Rig) -> AsyncIterator[Service]:
    """A desk with a marketer, and with the print house's folder."""
    settings = NotifierSettings.model_validate(
        {
            "shop_name": "みどり茶房",
            "unsubscribe_secrets": ["s" * 32],
            "mail_from_name": SENDER.name,
            "sender_postal_address": SENDER.postal_address,
            "sender_contact": SENDER.contact,
            "print_folder": str(rig.house.folder),
            "desk_agents": [
                {"login": "mari", "name": "真鍋 まり", "password": "hikitome-desk", "role": "marketer"},
                {"login": "misaki", "name": "岡田 みさき", "password": "hikitome-desk"},
            ],
        }
    )
    service = Service(desk, settings, free_port())
    await service.start()
    yield service
    await service.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def batches(browser: Browser, address: str) -> Open:
    async def open_page() -> Page:
        context = await browser.new_context(viewport={"width": 1366, "height": 768}, locale="ja-JP")
        page = await context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: pytest.fail(f"a script of the page failed: {error}"))
        await page.goto(f"{address}/login")
        await page.fill("#login", "mari")
        await page.fill("#password", "hikitome-desk")
        await page.keyboard.press("Enter")
        await page.wait_for_url(lambda url: "/login" not in url)
        await page.goto(f"{address}/batches")
        await expect(page.locator("#batch tbody tr, #none:not([hidden])").first).to_be_visible()
        return page

    return open_page


async def sure(page: Page) -> None:
    await page.click("#sure button[value=yes]")


async def test_a_marketer_sees_the_batch_and_every_piece_in_it(
    batches: Open, no_axe_findings: NoAxeFindings, keep: Keep
) -> None:
    page = await batches()
    await expect(page.locator("#batches")).to_contain_text("はがき")
    await expect(page.locator("#batches")).to_contain_text("締切まで")
    await expect(page.locator("#batch tbody tr")).to_have_count(4)
    await expect(page.locator("#batch")).to_contain_text("髙橋 美咲")
    await expect(page.locator("#missing")).to_contain_text("HIKITOME_INSERT_FOLDER")
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await no_axe_findings(page)
        await keep(page, f"batches-{scheme}")
    await page.set_viewport_size({"width": 683, "height": 384})
    await no_axe_findings(page)
    await page.goto(f"{page.url}?lang=en")
    await expect(page.locator("#batch tbody")).to_contain_text("Waiting")


async def test_a_piece_is_looked_at_and_taken_out_by_keyboard(batches: Open, rig: Rig) -> None:
    page = await batches()
    first = page.locator("#batch tbody tr").first
    number = await first.locator("td.number").inner_text()
    path = await first.locator("a.small").get_attribute("href")
    answer = await page.request.get(f"{page.url.removesuffix('/batches')}{path}")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("inline")
    assert (await answer.body()).startswith(b"%PDF")
    await page.get_by_role("button", name=f"{number} を取り消す").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#sure")).to_be_visible()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("#batch tbody tr", has_text=number)).to_contain_text("送付しない")
    assert ("suppressed", "recalled") in (await rig.states()).values()


async def test_a_batch_is_handed_over_and_settled(
    batches: Open, rig: Rig, no_axe_findings: NoAxeFindings, keep: Keep
) -> None:
    page = await batches()
    await page.get_by_role("button", name="今すぐ引き渡す").click()
    await expect(page.locator("#sure-text")).to_contain_text("4通")
    await sure(page)
    await expect(page.locator("#batches")).to_contain_text("受領待ち")
    await expect(page.locator("#batch .files a")).to_have_count(3)
    assert len(list(rig.house.folder.glob("*"))) == 3
    rig.clock.now += timedelta(days=4)
    await rig.post().turn()
    await page.reload()
    await expect(page.locator("#batch")).to_contain_text("受領の返事がありません")
    await no_axe_findings(page)
    await keep(page, "batches-unknown")
    await page.get_by_role("button", name="受領された").click()
    await sure(page)
    await expect(page.locator("#batch .state")).to_contain_text("mari が確認")


async def test_a_whole_batch_is_recalled(batches: Open, rig: Rig) -> None:
    page = await batches()
    await page.get_by_role("button", name="バッチを取り止める").click()
    await sure(page)
    await expect(page.locator("#batches")).to_contain_text("取り止め")
    assert set((await rig.states()).values()) == {("suppressed", "recalled")}


async def test_returned_mail_is_entered_by_its_number(batches: Open, no_axe_findings: NoAxeFindings) -> None:
    page = await batches()
    row = page.locator("#batch tbody tr", has_text="佐藤 花子")
    number = await row.locator("td.number").inner_text()
    await page.keyboard.press("/")
    await page.keyboard.type("00000-00000")
    await page.keyboard.press("Enter")
    await expect(page.locator("#returned-said")).to_contain_text("見つかりません")
    await page.fill("#number", number.lower())
    await page.keyboard.press("Enter")
    await expect(page.locator("#returned-said")).to_contain_text("佐藤 花子")
    await no_axe_findings(page)


async def test_who_may_not_market_sees_no_batches(browser: Browser, address: str, rig: Rig) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{address}/login")
    await page.fill("#login", "misaki")
    await page.fill("#password", "hikitome-desk")
    await page.keyboard.press("Enter")
    await page.wait_for_url(lambda url: "/login" not in url)
    await page.goto(f"{address}/batches")
    assert "/batches" not in page.url
    [batch] = await rig.batches()
    for path in ("/api/batches", f"/api/batches/{batch.id}", f"/batches/{batch.id}/files/x"):
        assert (await page.request.get(f"{address}{path}")).status == 403
