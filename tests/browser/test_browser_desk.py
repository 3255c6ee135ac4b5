"""The desk in a real browser: log in, see an alert arrive live, claim it, resolve it; all by keyboard too."""

from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from services.notifier.alert import Changed
from services.notifier.desk import Desk
from services.notifier.life import withdraw
from services.notifier.resolution import Resolution
from services.notifier.store import alerts
from shared.clock import system_clock
from shared.postgres.engine import transaction

OpenDesk = Callable[..., Awaitable[Page]]
RaiseAlert = Callable[..., Awaitable[str]]
ChangePhone = Callable[[str, str], Awaitable[None]]
Looks = Callable[[], Awaitable[int]]
Keep = Callable[[Page, str], Awaitable[None]]

# Instead of a telephone, which this browser would wait for with its ears shut.
DIAL_NOWHERE = """() => document.addEventListener("click", (event) => {
  window.dialled = event.target.href;
  event.preventDefault();
})"""
# When rows began to move: all those of one redraw begin together.
WATCH_MOVES = """() => {
  window.moves = [];
  const animate = Element.prototype.animate;
  Element.prototype.animate = function (...how) {
    window.moves.push(performance.now());
    return animate.apply(this, how);
  };
}"""


async def top_of(locator: Locator) -> float:
    return float(await locator.evaluate("(element) => element.getBoundingClientRect().top"))


async def test_an_agent_logs_in_sees_an_alert_arrive_claims_and_resolves_it(
    open_desk: OpenDesk, raise_alert: RaiseAlert, keep: Keep
) -> None:
    page = await open_desk("misaki")
    await expect(page.locator("#empty")).to_be_visible()
    await keep(page, "1-empty")
    await raise_alert("山田 花子")
    await expect(page.locator("#rows .name")).to_have_text("山田 花子 様")
    await expect(page.locator("#card h2")).to_have_text("山田 花子 様")
    await expect(page.locator("#card .reason").first).to_contain_text("前回から2回連続でスキップ")
    await keep(page, "2-arrived")
    await page.click("#claim")
    await expect(page.locator("#rows .pill.mine")).to_be_visible()
    await expect(page.locator("#card .lease")).to_contain_text("残り 1")
    await expect(page.locator("#call")).to_contain_text("090-1234-5678")
    await keep(page, "3-claimed")
    await page.fill("#note", "続けてみるとのこと")
    await page.click("[data-disposition=kept]")
    await expect(page.locator("#rows .row")).to_have_count(0)
    await expect(page.locator("#count-done")).to_have_text("1")
    await expect(page.locator("#count-kept")).to_contain_text("12,800")
    await keep(page, "4-resolved")


async def test_the_number_to_call_is_shown_while_the_claim_is_ones_own_and_at_no_other_time(
    open_desk: OpenDesk, raise_alert: RaiseAlert, looks: Looks
) -> None:
    await raise_alert("山田 花子")
    page = await open_desk("misaki")
    reach, number = page.locator("#card .reach"), page.locator("#call")
    await expect(reach).to_contain_text("•••-••••-5678")
    await page.click("#claim")
    await expect(number).to_have_attribute("href", "tel:09012345678")
    await expect(reach).to_contain_text("090-1234-5678")
    await expect(reach.locator("a[href='mailto:hanako%2Bshop@example.jp']")).to_be_visible()
    await expect(reach).to_contain_text("閲覧は記録されます")
    await page.fill("#note", "お話し中")
    assert await looks() == 1
    await page.reload()
    await expect(number).to_contain_text("090-1234-5678")
    assert await looks() == 2
    await page.keyboard.press("Backspace")
    await expect(reach).to_contain_text("•••-••••-5678")
    await expect(number).to_have_count(0)
    assert "1234-5678" not in await page.content()


async def test_another_number_that_arrives_during_the_call_is_the_one_that_is_shown(
    open_desk: OpenDesk, raise_alert: RaiseAlert, change_phone: ChangePhone
) -> None:
    await raise_alert("山田 花子")
    page = await open_desk("misaki")
    await page.click("#claim")
    await expect(page.locator("#call")).to_contain_text("090-1234-5678")
    await page.fill("#note", "番号が変わったとのこと")
    await change_phone("山田 花子", "+819000000171")
    await expect(page.locator("#call")).to_contain_text("090-0000-0171")
    await expect(page.locator("#note")).to_have_value("番号が変わったとのこと")
    await expect(page.locator("#note")).to_be_focused()


async def test_everything_can_be_done_by_keyboard_alone(open_desk: OpenDesk, raise_alert: RaiseAlert) -> None:
    await raise_alert("山田 花子", priority=3)
    await raise_alert("佐藤 一郎", priority=2)
    page = await open_desk("misaki")
    card = page.locator("#card h2")
    await expect(card).to_have_text("山田 花子 様")
    await page.keyboard.press("j")
    await expect(card).to_have_text("佐藤 一郎 様")
    await page.keyboard.press("Enter")
    await expect(page.locator("#note")).to_be_visible()
    await page.evaluate(DIAL_NOWHERE)
    await expect(page.locator("#call")).to_be_visible()
    await page.keyboard.press("t")
    assert await page.evaluate("window.dialled") == "tel:09012345678"
    await page.keyboard.press("m")
    await page.keyboard.type("1")
    await expect(page.locator("#note")).to_have_value("1")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Backspace")
    await expect(page.locator("#toasts")).to_contain_text("対応待ちに戻しました")
    await expect(page.locator("#claim")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(page.locator("#note")).to_be_visible()
    await expect(page.locator("[data-disposition=kept]")).to_be_enabled()
    await page.keyboard.press("1")
    await expect(page.locator("#rows .row")).to_have_count(1)
    await expect(card).to_have_text("山田 花子 様")
    await page.keyboard.press("?")
    await expect(page.locator("#help")).to_be_visible()


async def test_a_more_urgent_customer_goes_to_the_top_and_the_selection_stays(
    open_desk: OpenDesk, raise_alert: RaiseAlert
) -> None:
    await raise_alert("山田 花子", priority=50)
    page = await open_desk("misaki")
    await raise_alert("佐藤 一郎", priority=90)
    await raise_alert("鈴木 恵子", priority=70)
    rows = page.locator("#rows .name")
    await expect(rows).to_have_text(["佐藤 一郎 様", "鈴木 恵子 様", "山田 花子 様"])
    await expect(page.locator("#card h2")).to_have_text("山田 花子 様")


async def test_two_agents_see_each_others_work_and_never_call_the_same_customer(
    open_desk: OpenDesk, raise_alert: RaiseAlert
) -> None:
    await raise_alert("山田 花子")
    misaki, ken = await open_desk("misaki"), await open_desk("ken")
    await misaki.click("#claim")
    await expect(ken.locator("#rows .pill")).to_have_text("岡田 みさきが対応中")
    await expect(ken.locator("#claim")).to_be_disabled()
    await misaki.keyboard.press("Backspace")
    await expect(ken.locator("#claim")).to_be_enabled()


async def test_a_hostile_name_stays_text(open_desk: OpenDesk, raise_alert: RaiseAlert) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    page = await open_desk("misaki")
    await raise_alert(hostile)
    await expect(page.locator("#card h2")).to_have_text(f"{hostile} 様")
    assert await page.locator("#card img, #rows img").count() == 0


async def test_an_alert_that_is_withdrawn_leaves_and_its_agent_may_still_say_how_the_call_ended(
    open_desk: OpenDesk, raise_alert: RaiseAlert, desk: Desk
) -> None:
    alert_id = await raise_alert("山田 花子")
    page = await open_desk("misaki")
    await page.click("#claim")
    await expect(page.locator("#note")).to_be_visible()
    async with transaction(desk.engine) as connection:
        found = await alerts.find(connection, alert_id)
        assert found is not None
        withdrawn = withdraw(found, "subscription_ended", system_clock())
        assert isinstance(withdrawn, Changed)
        await alerts.save(connection, [withdrawn], system_clock())
    await expect(page.locator("#rows .row")).to_have_count(0)
    await expect(page.locator("#card .closed")).to_contain_text("取り下げられました")
    await expect(page.locator("#card .reach")).to_contain_text("•••-••••-5678")
    await expect(page.locator("#call")).to_have_count(0)
    await page.click("[data-disposition=kept]")
    await expect(page.locator("#count-done")).to_have_text("1")


async def test_the_desk_speaks_english_and_dark_when_asked(
    open_desk: OpenDesk, raise_alert: RaiseAlert, keep: Keep
) -> None:
    await raise_alert("山田 花子")
    page = await open_desk("misaki", "/?lang=en")
    await page.emulate_media(color_scheme="dark")
    await expect(page.locator("#queue-title")).to_have_text("Customers to call")
    await expect(page.locator("#card .reason").first).to_contain_text("Skipped 2 deliveries in a row")
    await page.click("#claim")
    await expect(page.locator("#card .reach")).to_contain_text("Every look is recorded")
    await keep(page, "5-english-dark")


async def test_logging_out_ends_it(open_desk: OpenDesk, address: str) -> None:
    page = await open_desk("misaki")
    await page.click("#log-out")
    await page.wait_for_url(f"{address}/login")
    await page.goto(f"{address}/")
    assert page.url == f"{address}/login"


async def test_a_wrong_password_is_told(browser: Browser, address: str, keep: Keep) -> None:
    page = await browser.new_page(viewport={"width": 1366, "height": 768})
    await page.goto(f"{address}/login")
    await page.fill("#login", "misaki")
    await page.fill("#password", "wrong")
    await page.click("button")
    await expect(page.locator("[role=alert]")).to_have_text("ログインIDまたはパスワードが違います。")
    await keep(page, "6-refused")


async def test_rows_glide_one_change_after_another_and_in_a_flood_they_are_there_at_once(
    open_desk: OpenDesk, raise_alert: RaiseAlert
) -> None:
    page = await open_desk("misaki")
    await page.evaluate(WATCH_MOVES)
    await raise_alert("山田 花子")
    await expect(page.locator("#rows .row")).to_have_count(1)
    assert len(await page.evaluate("window.moves")) == 1
    for number in range(12):
        await raise_alert(f"顧客 {number}", priority=float(number))
    await expect(page.locator("#rows .row")).to_have_count(13)
    moves = await page.evaluate("window.moves")
    gaps = [later - earlier for earlier, later in pairwise(moves)]
    assert not [gap for gap in gaps if 250 < gap < 500]


async def test_who_has_scrolled_down_keeps_the_chosen_customer_in_view(
    open_desk: OpenDesk, raise_alert: RaiseAlert
) -> None:
    for number in range(12):
        await raise_alert(f"顧客 {number}", priority=float(number))
    page = await open_desk("misaki")
    await expect(page.locator("#rows .row")).to_have_count(12)
    for _ in range(11):
        await page.keyboard.press("ArrowDown")
    chosen = page.locator("#rows [aria-selected=true]")
    await expect(chosen).to_contain_text("顧客 0")
    before = await top_of(chosen)
    await raise_alert("山田 花子", priority=100.0)
    await expect(page.locator("#rows .row")).to_have_count(13)
    assert await top_of(chosen) == pytest.approx(before, abs=1)


async def test_who_asked_for_less_motion_sees_none(open_desk: OpenDesk, raise_alert: RaiseAlert) -> None:
    page = await open_desk("misaki")
    await page.emulate_media(reduced_motion="reduce")
    await page.evaluate(WATCH_MOVES)
    await raise_alert("山田 花子")
    await expect(page.locator("#rows .row")).to_have_count(1)
    assert await page.evaluate("window.moves") == []
    assert await page.evaluate("document.getAnimations().length") == 0


async def test_what_others_closed_makes_way_for_the_next_customer(
    open_desk: OpenDesk, raise_alert: RaiseAlert, desk: Desk
) -> None:
    first = await raise_alert("山田 花子", priority=9)
    await raise_alert("佐藤 一郎", priority=1)
    page = await open_desk("misaki")
    await expect(page.locator("#card h2")).to_have_text("山田 花子 様")
    await desk.claim(first, "ken")
    await desk.resolve(first, "ken", Resolution("kept"))
    await expect(page.locator("#card .closed")).to_have_text("対応が完了しました: 継続")
    await expect(page.locator("#card h2")).to_have_text("佐藤 一郎 様", timeout=10_000)
