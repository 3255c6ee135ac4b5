"""The card in a real browser: all that is known of a customer at one glance, for eyes, keyboards and ears."""

from collections.abc import Awaitable, Callable

from playwright.async_api import Page, expect

OpenDesk = Callable[..., Awaitable[Page]]
LiveFully = Callable[[str], Awaitable[str]]
RaiseAlert = Callable[..., Awaitable[str]]
Check = Callable[[Page], Awaitable[None]]
Keep = Callable[[Page, str], Awaitable[None]]
NAME = "山田 花子"


async def opened(open_desk: OpenDesk, path: str = "/") -> Page:
    page = await open_desk("misaki", path)
    await expect(page.locator("#timeline li").first).to_be_attached()
    await expect(page.locator("#offers .offer").first).to_be_attached()
    return page


async def test_the_card_tells_who_why_now_what_to_say_and_what_there_is(
    open_desk: OpenDesk, live_fully: LiveFully, keep: Keep
) -> None:
    await live_fully(NAME)
    page = await opened(open_desk)
    head = page.locator("#card .head")
    await expect(head).to_contain_text("ヤマダ ハナコ")
    await expect(head.locator(".marks")).to_contain_text("メール不可")
    await expect(head.locator(".stake")).to_contain_text("12,800")
    await expect(head.locator(".until")).to_contain_text("締切まで あと2日")
    await expect(head.locator(".gauge i")).to_have_attribute("aria-label", "高から上昇")
    await expect(head.locator(".strip")).to_contain_text("縛り4回 · あと1回で縛り終了")
    await expect(page.locator("#why .reason")).to_have_count(3)
    await expect(page.locator("#talk .say-opening")).to_contain_text("お届けのペース")
    await expect(page.locator("#talk .never")).to_contain_text("いまは解約できません")
    meant, other = page.locator("#contracts .contract").nth(0), page.locator("#contracts .contract").nth(1)
    await expect(meant).to_contain_text("すこやか青汁 30包")
    await expect(meant).to_contain_text("連続2回スキップ中")
    await expect(other).to_contain_text("休止中")
    await keep(page, "12-card")


async def test_the_score_is_a_line_for_the_eye_and_a_table_for_the_ear(
    open_desk: OpenDesk, live_fully: LiveFully
) -> None:
    await live_fully(NAME)
    page = await opened(open_desk)
    await expect(page.locator(".chart .dot")).to_have_count(4)
    await expect(page.locator(".chart .last")).to_have_text("82%")
    rows = page.locator(".chart tbody tr")
    await expect(rows).to_have_count(4)
    await expect(rows.last).to_contain_text("最高")


async def test_everything_that_happened_is_told_by_day_and_can_be_narrowed_to_one_kind(
    open_desk: OpenDesk, live_fully: LiveFully, keep: Keep
) -> None:
    await live_fully(NAME)
    page = await opened(open_desk)
    await page.keyboard.press("h")
    await expect(page.locator("#timeline")).to_be_focused()
    timeline = page.locator("#timeline .days")
    for told in (
        "ご注文",
        "スキップ",
        "決済失敗",
        "NPS 4",
        "解約ページ",
        "受信の停止（メール）",
        "お問い合わせ",
    ):
        await expect(timeline).to_contain_text(told)
    await keep(page, "13-card-timeline")
    await page.click("#timeline-web")
    await expect(timeline).to_contain_text("解約ページ")
    await expect(timeline).not_to_contain_text("ご注文")
    await expect(page.locator("#timeline-web")).to_be_focused()


async def test_each_part_of_the_card_is_one_key_away(open_desk: OpenDesk, live_fully: LiveFully) -> None:
    await live_fully(NAME)
    page = await opened(open_desk)
    for key, part in {"w": "#why", "s": "#talk", "c": "#contracts", "h": "#timeline"}.items():
        await page.keyboard.press(key)
        await expect(page.locator(part)).to_be_focused()
        await expect(page.locator(part)).to_be_in_viewport()


async def test_axe_finds_nothing_on_a_full_card_before_and_during_the_call(
    open_desk: OpenDesk, live_fully: LiveFully, no_axe_findings: Check
) -> None:
    await live_fully(NAME)
    page = await opened(open_desk)
    await no_axe_findings(page)
    await page.click("#claim")
    await expect(page.locator("#call")).to_be_visible()
    await page.emulate_media(color_scheme="dark")
    await no_axe_findings(page)
    await page.keyboard.press("5")
    await expect(page.locator("#callback-at")).to_be_visible()
    await no_axe_findings(page)
    await page.keyboard.press("Escape")
    await page.keyboard.press("x")
    await expect(page.locator("#cancel")).to_be_visible()
    await no_axe_findings(page)


async def test_at_twice_the_size_the_card_can_be_read_and_worked_with(
    open_desk: OpenDesk, live_fully: LiveFully, no_axe_findings: Check, keep: Keep
) -> None:
    await live_fully(NAME)
    page = await opened(open_desk)
    await page.set_viewport_size({"width": 683, "height": 384})
    await page.click(".sides [data-side=card]")
    await expect(page.locator("#claim")).to_be_in_viewport()
    await page.click("#claim")
    await expect(page.locator("[data-disposition=dnc]")).to_be_in_viewport()
    await expect(page.locator("#cancel-open")).to_be_in_viewport()
    wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
    await no_axe_findings(page)
    await keep(page, "14-card-twice-the-size")


async def test_what_is_read_stays_where_it_is_when_the_stream_tells_of_the_same_customer(
    open_desk: OpenDesk, live_fully: LiveFully, raise_alert: RaiseAlert
) -> None:
    await live_fully(NAME)
    page = await opened(open_desk)
    await page.keyboard.press("h")
    inner = page.locator("#card .inner")
    await expect(page.locator("#timeline")).to_be_in_viewport()
    await page.wait_for_function("document.querySelector('#card .inner').scrollTop > 100")
    before = await inner.evaluate(
        "(element) => new Promise((done) => setTimeout(() => done(element.scrollTop), 600))"
    )
    await raise_alert(NAME, priority=120.0, probability=0.9)
    await expect(page.locator("#card .gauge")).to_contain_text("90%")
    assert await inner.evaluate("(element) => element.scrollTop") == before
    await expect(page.locator("#timeline")).to_be_focused()


async def test_a_card_in_english_says_it_all_in_english(open_desk: OpenDesk, live_fully: LiveFully) -> None:
    await live_fully(NAME)
    page = await opened(open_desk, "/?lang=en")
    await expect(page.locator("#timeline .days")).to_contain_text("Payment failed")
    await expect(page.locator("#contracts")).to_contain_text("2 skipped in a row")
    await expect(page.locator("#cancel-open")).to_contain_text("Take the cancellation")
