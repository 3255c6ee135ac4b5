"""What is around the desk in a real browser: its bar and menu, sound and signs; and that all can use it."""

from collections.abc import Awaitable, Callable
from datetime import time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Page, expect

from services.notifier.desk import Desk
from services.notifier.scenarios.calling import CallingHours, Calls
from shared.clock import system_clock
from shared.postgres.engine import AsyncEngine

OpenDesk = Callable[..., Awaitable[Page]]
RaiseAlert = Callable[..., Awaitable[str]]
Keep = Callable[[Page, str], Awaitable[None]]
NoAxeFindings = Callable[[Page], Awaitable[None]]

NEVER = Calls(CallingHours(ZoneInfo("Asia/Tokyo"), time(0), time(0)))
# Whoever looks elsewhere: this browser's pages always believe that they are looked at.
LOOK_AWAY = """() => {
  document.hasFocus = () => false;
  window.tones = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...when) { window.tones += 1; return start.apply(this, when); };
}"""


async def too_wide(page: Page) -> int:
    return int(await page.evaluate("document.documentElement.scrollWidth - innerWidth"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1366, 768), (683, 384)])
async def test_axe_finds_nothing_on_the_desk_nor_in_its_dialogs(
    open_desk: OpenDesk,
    raise_alert: RaiseAlert,
    desk: Desk,
    no_axe_findings: NoAxeFindings,
    keep: Keep,
    scheme: Literal["light", "dark"],
    width: int,
    height: int,
) -> None:
    await desk.claim(await raise_alert("佐藤 一郎", priority=1), "ken")
    await raise_alert("山田 花子", priority=9)
    page = await open_desk("misaki")
    await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    await page.set_viewport_size({"width": width, "height": height})
    await expect(page.locator("#rows .row")).to_have_count(2)
    await no_axe_findings(page)
    assert await too_wide(page) <= 0
    await keep(page, f"16-desk-{scheme}-{width}")
    await page.keyboard.press("/")
    await page.keyboard.type("山田")
    await expect(page.locator("#found li")).to_have_count(1)
    await no_axe_findings(page)
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await expect(page.locator("#help")).to_be_visible()
    await no_axe_findings(page)
    await keep(page, f"17-help-{scheme}-{width}")


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_at_twice_the_size_the_places_are_behind_a_button_and_the_card_behind_the_list(
    open_desk: OpenDesk, raise_alert: RaiseAlert, keep: Keep, language: str
) -> None:
    await raise_alert("山田 花子")
    page = await open_desk("ken", f"/?lang={language}")
    await expect(page.locator("#rows .row")).to_have_count(1)
    assert await too_wide(page) <= 0
    await expect(page.locator("#log-out")).to_be_in_viewport()
    await page.set_viewport_size({"width": 683, "height": 384})
    assert await too_wide(page) <= 0
    await expect(page.locator("#log-out")).to_be_hidden()
    await page.focus("#open-menu")
    await page.keyboard.press("Enter")
    await expect(page.locator("#to-duplicates")).to_be_visible()
    await keep(page, f"18-menu-{language}")
    await page.keyboard.press("Escape")
    await expect(page.locator("#to-duplicates")).to_be_hidden()
    await expect(page.locator("#open-menu")).to_be_focused()
    await expect(page.locator("#card")).to_be_hidden()
    await page.click("#rows .row")
    await expect(page.locator("#card h2").first).to_be_visible()
    await page.click(".sides [data-side=queue]")
    await expect(page.locator("#rows .row")).to_be_visible()


async def test_the_first_key_leads_past_the_bar(open_desk: OpenDesk, raise_alert: RaiseAlert) -> None:
    await raise_alert("山田 花子")
    page = await open_desk("misaki")
    await page.keyboard.press("Tab")
    await expect(page.locator("#skip")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()


async def test_who_looks_elsewhere_hears_and_sees_how_many_came(
    open_desk: OpenDesk, raise_alert: RaiseAlert
) -> None:
    page = await open_desk("misaki")
    title = await page.title()
    await page.evaluate(LOOK_AWAY)
    await raise_alert("山田 花子")
    await expect(page).to_have_title(f"(1) {title}")
    assert await page.evaluate("window.tones") == 0
    await page.click("#sound")
    await expect(page.locator("#sound")).to_have_attribute("aria-pressed", "true")
    await expect(page).to_have_title(title)
    assert await page.evaluate("window.tones") == 1
    await raise_alert("佐藤 一郎")
    await raise_alert("鈴木 恵子")
    await expect(page).to_have_title(f"(2) {title}")
    await expect(page.locator("link[rel=icon]")).to_have_attribute("href", "/static/mark-new.svg")
    assert await page.evaluate("window.tones") == 3
    await page.keyboard.press("j")
    await expect(page).to_have_title(title)
    await page.reload()
    await expect(page.locator("#sound")).to_have_attribute("aria-pressed", "true")


async def test_a_flood_is_announced_as_one_number(open_desk: OpenDesk, raise_alert: RaiseAlert) -> None:
    page = await open_desk("misaki")
    said = page.locator("#announce")
    await raise_alert("山田 花子")
    await expect(said).to_have_text("新しいアラート: 山田 花子 様")
    for name in ("佐藤 一郎", "鈴木 恵子", "高橋 美咲"):
        await raise_alert(name)
    await expect(said).to_have_text("新しいアラート 3件", timeout=10_000)


class TestOutsideTheHours:
    @pytest.fixture
    async def desk(self, engine: AsyncEngine) -> Desk:
        return Desk(engine, system_clock, system_clock, timedelta(minutes=15), NEVER)

    async def test_the_desk_says_when_calls_may_be_made_again(self, open_desk: OpenDesk) -> None:
        page = await open_desk("misaki")
        await expect(page.locator("#banner")).to_contain_text("いまは架電時間外です。次は")
