"""The queue in a real browser: a row at one glance, filters that hide nobody silently, views, and search."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from playwright.async_api import Page, Request, expect
from sqlalchemy import text

from shared.clock import system_clock
from shared.events.customer import ConsentWithdrawn, ContactChanged
from shared.events.money import Money
from shared.events.risk import Reason
from shared.postgres.engine import AsyncEngine, transaction

OpenDesk = Callable[..., Awaitable[Page]]
RaiseAlert = Callable[..., Awaitable[str]]
Tell = Callable[..., Awaitable[None]]
Keep = Callable[[Page, str], Awaitable[None]]

CARD_EXPIRED = (Reason("card_expired", "カードの有効期限切れで決済に失敗（3日前）", {"d": 3}, 1.0),)


async def wait_since(engine: AsyncEngine, alert: str, **ago: float) -> None:
    async with transaction(engine) as connection:
        at = system_clock() - timedelta(**ago)
        await connection.execute(
            text("UPDATE alert SET raised_at = :at WHERE id = CAST(:alert AS uuid)"),
            {"at": at, "alert": alert},
        )


async def names_on(page: Page) -> list[str]:
    return [name.removesuffix(" 様") for name in await page.locator("#rows .name").all_text_contents()]


async def test_a_row_tells_at_one_glance_who_why_until_when_and_how_to_reach(
    open_desk: OpenDesk, raise_alert: RaiseAlert, tell: Tell, engine: AsyncEngine, keep: Keep
) -> None:
    alert = await raise_alert("山田 花子")
    refused = ConsentWithdrawn("line")
    await tell("山田 花子", ContactChanged(name="山田 花子", kana="ヤマダ ハナコ"), refused)
    late = await raise_alert("佐藤 一郎", priority=5)
    await wait_since(engine, alert, minutes=20, seconds=30)
    await wait_since(engine, late, minutes=65, seconds=30)
    page = await open_desk("misaki")
    row = page.locator(".row", has_text="山田 花子")
    await expect(row.locator(".odds")).to_contain_text("82%")
    await expect(row.locator(".kana")).to_have_text("ヤマダ ハナコ")
    await expect(row.locator(".why")).to_have_text("前回から2回連続でスキップ")
    await expect(row.locator(".value")).to_contain_text("12,800")
    await expect(row.locator(".facts")).to_contain_text("お届け 3回目縛り4回")
    await expect(row.locator(".until")).to_contain_text("あと2日")
    await expect(row.locator(".sla")).to_contain_text("対応目標まで 3")
    await expect(row.locator(".refused")).to_have_text("LINE不可")
    await expect(page.locator(".row", has_text="佐藤 一郎").locator(".sla.over")).to_contain_text("目標超過 ")
    await row.click()
    await page.click("#claim")
    await expect(row.locator(".pill.mine")).to_contain_text("あなたが対応中 14:")
    await expect(row.locator(".sla")).to_have_text("")
    await keep(page, "12-queue")


async def test_filters_say_how_many_they_leave_out_and_stay_over_a_reload(
    open_desk: OpenDesk, raise_alert: RaiseAlert
) -> None:
    await raise_alert("山田 花子", priority=9)
    await raise_alert("佐藤 一郎", priority=8, band="high", reasons=CARD_EXPIRED, delivery_number=1)
    await raise_alert("鈴木 恵子", priority=7, band="high", kind="payment")
    page = await open_desk("misaki")
    await page.select_option("#filter-band", "high")
    await expect(page.locator("#rows .row")).to_have_count(2)
    await expect(page.locator("#outside")).to_contain_text("他に 1件（フィルター外）")
    await page.select_option("#filter-reason", "card_expired")
    await page.select_option("#filter-delivery", "first")
    await expect(page.locator("#rows .row")).to_have_count(1)
    await expect(page.locator("#outside")).to_contain_text("他に 2件")
    await page.reload()
    await expect(page.locator("#outside")).to_contain_text("他に 2件")
    await raise_alert("高橋 美咲", priority=99)
    await expect(page.locator("#outside")).to_contain_text("他に 3件")
    await page.select_option("#filter-cutoff", "24")
    await expect(page.locator("#empty")).to_contain_text("条件に合うお客様はいません")
    await page.click("#outside button")
    await expect(page.locator("#rows .row")).to_have_count(4)
    await expect(page.locator("#outside")).to_be_hidden()


async def test_the_queue_is_worked_in_the_order_one_chooses(
    open_desk: OpenDesk, raise_alert: RaiseAlert
) -> None:
    await raise_alert("山田 花子", priority=9, value_at_risk=Money(1_000, "JPY"))
    await raise_alert("佐藤 一郎", priority=8, value_at_risk=Money(9_000, "JPY"), cutoff=None)
    await raise_alert("鈴木 恵子", priority=7, value_at_risk=Money(5_000, "JPY"))
    page = await open_desk("misaki")
    await expect(page.locator("#rows .row")).to_have_count(3)
    assert await names_on(page) == ["山田 花子", "佐藤 一郎", "鈴木 恵子"]
    await page.select_option("#filter-sort", "value")
    assert await names_on(page) == ["佐藤 一郎", "鈴木 恵子", "山田 花子"]
    await page.select_option("#filter-sort", "cutoff")
    assert await names_on(page) == ["山田 花子", "鈴木 恵子", "佐藤 一郎"]
    await page.select_option("#filter-sort", "newest")
    assert await names_on(page) == ["鈴木 恵子", "佐藤 一郎", "山田 花子"]


async def test_a_view_is_saved_chosen_by_its_number_and_deleted(
    open_desk: OpenDesk, raise_alert: RaiseAlert
) -> None:
    await raise_alert("山田 花子")
    await raise_alert("佐藤 一郎", band="high")
    page = await open_desk("misaki")
    await page.select_option("#filter-band", "high")
    await page.keyboard.press("Escape")
    await page.keyboard.press("g")
    await page.keyboard.press("v")
    await page.keyboard.type("リスク高")
    await page.keyboard.press("Enter")
    await expect(page.locator(".toast")).to_contain_text("リスク高")
    await page.keyboard.press("g")
    await page.keyboard.press("x")
    await expect(page.locator("#rows .row")).to_have_count(2)
    await page.reload()
    await expect(page.locator("#view option")).to_have_text(["ビュー", "1 リスク高"])
    await expect(page.locator("#rows .row")).to_have_count(2)
    await page.keyboard.press("Shift+Digit1")
    await expect(page.locator("#rows .row")).to_have_count(1)
    await page.click("#view-drop")
    await expect(page.locator("#view option")).to_have_count(1)


async def test_a_customer_is_found_by_what_one_is_told_even_outside_the_filters(
    open_desk: OpenDesk, raise_alert: RaiseAlert, tell: Tell, keep: Keep
) -> None:
    await raise_alert("山田 花子")
    await tell("佐藤 一郎", ContactChanged(name="佐藤 一郎", phone="080-2222-3333"))
    page = await open_desk("misaki")
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if "search" in request.url else None)
    await page.select_option("#filter-band", "high")
    await expect(page.locator("#rows .row")).to_have_count(0)
    await page.keyboard.press("Escape")
    await page.keyboard.press("/")
    await page.keyboard.type("山田")
    found = page.locator("#found li")
    await expect(found).to_have_count(1)
    await expect(found).to_contain_text("•••-••••-5678")
    await keep(page, "13-search")
    await page.keyboard.press("Enter")
    await expect(page.locator("#card h2").first).to_have_text("山田 花子 様")
    await expect(page.locator("#rows .row")).to_have_count(1)
    await page.keyboard.press("/")
    await page.keyboard.type("08022223333")
    await expect(found).to_contain_text("佐藤 一郎")
    await page.keyboard.press("Enter")
    await expect(page.locator("#card #look-title")).to_be_visible()
    await page.keyboard.press("/")
    await page.keyboard.type("だれか")
    await expect(page.locator(".found-note")).to_have_text("見つかりません")
    await page.keyboard.press("Escape")
    await expect(page.locator(".found")).to_be_hidden()
    await expect(page.locator("#search")).to_have_value("")
    assert {request.url.rsplit("/", 1)[-1] for request in asked} <= {"search", "search.js"}
    kept = await page.evaluate("JSON.stringify({...sessionStorage}) + JSON.stringify({...localStorage})")
    assert "山田" not in kept + page.url
    assert "0802222" not in kept
