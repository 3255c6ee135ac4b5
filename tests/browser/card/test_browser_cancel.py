"""The way out, in a real browser: always there, two steps at most, and proof of it."""

from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import Page, expect
from sqlalchemy import text

from services.notifier.desk import Desk
from shared.events.customer import ContactChanged
from shared.events.subscription import Cycle, SubscriptionStarted
from shared.postgres.engine import AsyncEngine, transaction

OpenDesk = Callable[..., Awaitable[Page]]
LiveFully = Callable[[str], Awaitable[str]]
Live = Callable[..., Awaitable[None]]
Keep = Callable[[Page, str], Awaitable[None]]
NAME = "山田 花子"


async def taken(engine: AsyncEngine) -> list[Any]:
    asked = text("SELECT number, subscription, agent, reason, told, state FROM cancellation")
    async with transaction(engine) as connection:
        return list(await connection.execute(asked))


async def test_a_cancellation_is_taken_in_two_steps_whoever_holds_the_card_and_a_double_click_takes_one(
    open_desk: OpenDesk, live_fully: LiveFully, desk: Desk, engine: AsyncEngine, keep: Keep
) -> None:
    alert = await live_fully(NAME)
    await desk.claim(alert, "ken")
    page = await open_desk("misaki")
    await expect(page.locator("#card .actions")).to_contain_text("藤井 健が対応中です")
    await page.keyboard.press("x")
    dialog = page.locator("#cancel")
    await expect(dialog.locator("input:checked")).to_be_focused()
    await expect(dialog.locator(".facts")).to_contain_text("4回目のお届けから解約になります")
    await expect(dialog.locator(".facts")).to_contain_text("残り1回")
    await expect(dialog).not_to_contain_text("お休み")
    await page.check("#told-next_parcel")
    await page.check("#told-effective")
    await keep(page, "15-cancel")
    await page.dblclick("#cancel-confirm")
    await expect(dialog.locator(".number")).to_contain_text("K-20260610-")
    await keep(page, "16-cancel-taken")
    [one] = await taken(engine)
    assert (one.subscription, one.agent, one.state) == ("88", "misaki", "requested")
    assert {"next_parcel", "effective"} <= set(one.told)
    assert one.number == await dialog.locator(".number").text_content()


async def test_who_cancels_during_the_call_is_recorded_with_the_reason_and_leaves_the_queue(
    open_desk: OpenDesk, live_fully: LiveFully, engine: AsyncEngine
) -> None:
    await live_fully(NAME)
    page = await open_desk("misaki")
    await expect(page.locator("#card h2")).to_have_text(f"{NAME} 様")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-disposition=cancelled]")).to_be_enabled()
    await page.keyboard.press("4")
    await expect(page.locator("#reason")).to_be_focused()
    await expect(page.locator(".outcome")).to_contain_text("解約はまだ受け付けていません")
    await page.select_option("#reason", "too_dear")
    await page.click("#outcome-cancel")
    await expect(page.locator("#cancel-reason")).to_have_value("too_dear")
    await page.click("#cancel-confirm")
    await expect(page.locator("#cancel .number")).to_be_visible()
    await page.click("#cancel-done")
    await expect(page.locator("#record")).to_be_enabled()
    await page.click("#record")
    await expect(page.locator("#rows .row")).to_have_count(0)
    [one] = await taken(engine)
    assert one.reason == "too_dear"


async def test_a_customer_without_an_alert_is_found_looked_at_for_a_reason_and_let_go(
    open_desk: OpenDesk, live: Live, engine: AsyncEngine
) -> None:
    await live("佐藤 一郎", (100.0, ContactChanged(name="佐藤 一郎", phone="090-1111-2222")))
    await live("佐藤 一郎", (90.0, SubscriptionStarted("93", Cycle("month", 1))))
    page = await open_desk("misaki")
    await page.keyboard.press("/")
    await page.keyboard.type("佐藤")
    await page.locator("#found li").first.click()
    await expect(page.locator("#look-title")).to_be_focused()
    await page.keyboard.press("1")
    await expect(page.locator("#card-name")).to_have_text("佐藤 一郎 様")
    await expect(page.locator("#contracts .contract")).to_have_count(1)
    await expect(page.locator("[data-disposition]")).to_have_count(0)
    await page.keyboard.press("x")
    await page.click("#cancel-confirm")
    await expect(page.locator("#cancel .number")).to_be_visible()
    await page.click("#cancel-done")
    await expect(page.locator("#contracts .cancellation")).to_contain_text("解約受付")
    assert [one.subscription for one in await taken(engine)] == ["93"]
