"""Suspected duplicates in a real browser: side by side, judged and separated again by keyboard alone."""

from collections.abc import Awaitable, Callable

from playwright.async_api import Page, expect

from shared.events.customer import ContactChanged
from shared.events.identity import CustomerMerged, DuplicateSuspected

OpenDesk = Callable[..., Awaitable[Page]]
RaiseAlert = Callable[..., Awaitable[str]]
Tell = Callable[..., Awaitable[None]]
Keep = Callable[[Page, str], Awaitable[None]]

HANAKO = ContactChanged(
    name="山田 花子",
    kana="ヤマダ ハナコ",
    mail="hanako@example.jp",
    phone="+81 90-1234-5678",
    postcode="220-0012",
    prefecture="神奈川県",
    address="横浜市西区みなとみらい2-2-1",
)
ALSO_HANAKO = ContactChanged(
    name="山田花子",
    kana="ﾔﾏﾀﾞ ﾊﾅｺ",
    mail="yamada.h@example.com",
    phone="090-1234-5678",
    postcode="220-0012",
    address="神奈川県横浜市西区みなとみらい２－２－１",
)
SON = ContactChanged(name="山田 太郎", kana="ヤマダ タロウ", phone="09012345678")
HOSTILE = ContactChanged(name="<img src=x onerror=alert(1)>", mail="hanako@example.jp")


async def suspect(tell: Tell) -> None:
    await tell("1001", HANAKO, DuplicateSuspected("demo/shopify/2002", ("phone", "household")))
    await tell("2002", ALSO_HANAKO)
    await tell("3003", SON, DuplicateSuspected("demo/shopify/1001", ("phone",)))
    await tell("4004", HOSTILE, DuplicateSuspected("demo/shopify/1001", ("mail",)))


async def test_a_supervisor_compares_two_registrations_and_judges_by_keyboard(
    open_desk: OpenDesk, tell: Tell, keep: Keep
) -> None:
    await suspect(tell)
    desk = await open_desk("ken")
    await expect(desk.locator("#count-duplicates")).to_have_text("3")
    await desk.click("#to-duplicates")
    await expect(desk.locator("#rows .row")).to_have_count(3)
    await desk.click("#rows .row:has-text('山田花子')")
    faces = desk.locator(".faces")
    await expect(faces.locator("tr.agrees")).to_have_count(4)
    await expect(faces.locator("[data-field=mail] .verdict")).to_have_text("相違")
    await expect(desk.locator(".evidence")).to_contain_text("同じ電話番号")
    await keep(desk, "7-duplicates")
    await desk.keyboard.press("s")
    await expect(desk.locator("#count-waiting")).to_have_text("2")
    await expect(desk.locator("#count-judged")).to_have_text("1")
    await desk.keyboard.press("k")
    await desk.keyboard.press("b")
    await expect(desk.locator("#count-judged")).to_have_text("2")
    await desk.keyboard.press("ArrowRight")
    await expect(desk.locator("#card .actions")).to_contain_text("藤井 健が「別のお客様」と判定")
    await keep(desk, "8-duplicates-judged")
    await desk.keyboard.press("s")
    await expect(desk.locator("#card .actions")).to_contain_text("藤井 健が「同じお客様」と判定")


async def test_what_was_merged_can_be_separated(open_desk: OpenDesk, tell: Tell, keep: Keep) -> None:
    await tell("1001", HANAKO, CustomerMerged(("demo/shopify/1001", "demo/shopify/2002"), ("mail",)))
    await tell("2002", ALSO_HANAKO)
    page = await open_desk("ken", "/duplicates")
    await expect(page.locator("#empty")).to_contain_text("重複の疑いはありません")
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator(".accounts li")).to_have_count(2)
    await keep(page, "9-duplicates-merged")
    await page.keyboard.press("1")
    await expect(page.locator(".accounts")).to_contain_text("分離を反映中")
    await expect(page.locator("#count-judged")).to_have_text("1")


async def test_the_page_speaks_english_and_a_hostile_name_stays_text(
    open_desk: OpenDesk, tell: Tell, keep: Keep
) -> None:
    await suspect(tell)
    page = await open_desk("ken", "/duplicates?lang=en")
    await page.emulate_media(color_scheme="dark")
    await page.click("#rows .row:has-text('onerror')")
    await expect(page.locator("#card h2")).to_contain_text("<img src=x onerror=alert(1)>")
    assert await page.locator("#card img, #rows img").count() == 0
    await page.click("#rows .row:has-text('山田花子')")
    await expect(page.locator(".evidence")).to_contain_text("same phone number")
    await keep(page, "10-duplicates-english-dark")


async def test_an_agent_has_neither_the_link_nor_the_page(open_desk: OpenDesk, address: str) -> None:
    page = await open_desk("misaki")
    await expect(page.locator("#to-duplicates")).to_have_count(0)
    await page.goto(f"{address}/duplicates")
    assert page.url == f"{address}/"


async def test_the_card_shows_other_accounts_strengths_and_how_sure_the_model_is(
    open_desk: OpenDesk, raise_alert: RaiseAlert, tell: Tell, keep: Keep
) -> None:
    await raise_alert("1001", kind="payment", rung="rfm")
    await tell("1001", HANAKO, CustomerMerged(("demo/shopify/1001", "demo/woo/77"), ("mail",)))
    page = await open_desk("misaki")
    card = page.locator("#card")
    await expect(card.locator(".account")).to_have_text("woo 77")
    await expect(card.locator(".strengths")).to_contain_text("1年以上ご継続")
    await expect(card.locator(".rough")).to_have_text("学習データが少ないため目安です")
    await expect(card.locator(".script")).to_contain_text("お支払い")
    await expect(page.locator("#rows .facts")).to_contain_text("決済失敗")
    await keep(page, "11-card-payment")


async def test_nothing_keeps_people_from_using_the_page(
    open_desk: OpenDesk, tell: Tell, no_axe_findings: Callable[[Page], Awaitable[None]]
) -> None:
    await suspect(tell)
    page = await open_desk("ken", "/duplicates")
    await expect(page.locator("#rows .row")).to_have_count(3)
    await page.click("#rows .row:has-text('山田花子')")
    await expect(page.locator(".faces tr.agrees")).to_have_count(4)
    await no_axe_findings(page)
    await page.emulate_media(color_scheme="dark")
    await page.set_viewport_size({"width": 683, "height": 384})
    await no_axe_findings(page)
