"""The lists of the desk in a real browser: to call, mine, to call back, parked, and who asked to leave."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from playwright.async_api import Page, expect
from sqlalchemy import text

from services.notifier.desk import Desk
from services.notifier.resolution import Resolution
from shared.clock import system_clock
from shared.events.subscription import SubscriptionCancelRequested
from shared.postgres.engine import AsyncEngine, transaction

OpenDesk = Callable[..., Awaitable[Page]]
RaiseAlert = Callable[..., Awaitable[str]]
Tell = Callable[..., Awaitable[None]]
Keep = Callable[[Page, str], Awaitable[None]]


async def put_off(desk: Desk, alert: str, agent: str, **time: float) -> None:
    await desk.claim(alert, agent)
    await desk.resolve(alert, agent, Resolution("callback", callback_at=system_clock() + timedelta(**time)))


async def chord(page: Page, letter: str) -> None:
    await page.keyboard.press("g")
    await page.keyboard.press(letter)


async def test_each_list_shows_its_own_and_its_number_and_keys_lead_to_it(
    open_desk: OpenDesk, raise_alert: RaiseAlert, desk: Desk, engine: AsyncEngine, keep: Keep
) -> None:
    await raise_alert("山田 花子")
    await desk.claim(await raise_alert("佐藤 一郎"), "misaki")
    await put_off(desk, await raise_alert("鈴木 恵子"), "ken", hours=2)
    parked = await raise_alert("高橋 美咲")
    async with transaction(engine) as connection:
        where = text("UPDATE alert SET parked = true WHERE id = CAST(:alert AS uuid)")
        await connection.execute(where, {"alert": parked})
    page = await open_desk("misaki")
    tallies = [page.locator(f"#tally-{name}") for name in ("waiting", "mine", "later", "parked")]
    for tally, number in zip(tallies, ("2", "1", "1", "1"), strict=True):
        await expect(tally).to_have_text(number)
    names = page.locator("#rows .name")
    for letter, name in (("m", "佐藤 一郎"), ("b", "鈴木 恵子"), ("p", "高橋 美咲")):
        await chord(page, letter)
        await expect(names).to_have_text([f"{name} 様"])
    await keep(page, "14-parked")
    await chord(page, "c")
    await expect(page.locator("#empty")).to_contain_text("未処理の解約受付はありません")
    await page.keyboard.press("]")
    await expect(names).to_have_count(2)
    await page.keyboard.press("[")
    await expect(page.locator("#list-cancellations")).to_have_attribute("aria-selected", "true")
    await page.click("#list-later")
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator("#list-mine")).to_be_focused()
    await page.reload()
    await expect(page.locator("#list-mine")).to_have_attribute("aria-selected", "true")


async def test_a_promised_call_comes_to_the_top_when_it_is_time_and_its_agent_is_told(
    open_desk: OpenDesk, raise_alert: RaiseAlert, desk: Desk
) -> None:
    await raise_alert("山田 花子", priority=99)
    alert = await raise_alert("佐藤 一郎", priority=1)
    page = await open_desk("misaki")
    await expect(page.locator("#rows .row")).to_have_count(2)
    await put_off(desk, alert, "misaki", seconds=8)
    await expect(page.locator("#tally-later")).to_have_text("1")
    await expect(page.locator("#rows .name")).to_have_text(["山田 花子 様"])
    await expect(page.locator("#rows .name")).to_have_text(["佐藤 一郎 様", "山田 花子 様"], timeout=20_000)
    await expect(page.locator(".row.due .pill.promise.now")).to_contain_text("あなたのお約束")
    await expect(page.locator(".toast")).to_have_text("お約束の時間です: 佐藤 一郎 様")
    await expect(page.locator("#tally-later")).to_have_text("0")


async def test_a_promise_of_another_agent_is_shown_as_such(
    open_desk: OpenDesk, raise_alert: RaiseAlert, desk: Desk
) -> None:
    await put_off(desk, await raise_alert("佐藤 一郎"), "ken", hours=1)
    page = await open_desk("misaki")
    await page.keyboard.press("]")
    await expect(page.locator("#empty")).to_contain_text("担当中のお客様はいません")
    await page.keyboard.press("]")
    await expect(page.locator("#rows .pill.promise")).to_contain_text("お約束")
    await expect(page.locator("#rows .facts")).to_contain_text("通話1回")
    await expect(page.locator("#rows [data-contact]")).to_contain_text("電話")


async def test_a_cancellation_stays_until_it_is_done_or_taken_back(
    open_desk: OpenDesk, tell: Tell, raise_alert: RaiseAlert, keep: Keep
) -> None:
    for name in ("山田 花子", "佐藤 一郎"):
        await raise_alert(name)
        await tell(name, SubscriptionCancelRequested(f"contract {name}"))
    page = await open_desk("misaki")
    await expect(page.locator("#tally-cancellations")).to_have_text("2")
    await chord(page, "c")
    asked = page.locator("#cancellations li")
    await expect(asked).to_have_count(2)
    await keep(page, "15-cancellations")
    first = asked.filter(has_text="山田 花子")
    await first.locator("input").fill("SHOP-1234")
    await page.keyboard.press("Enter")
    await expect(first.locator(".pill")).to_have_text("処理済み SHOP-1234")
    await asked.filter(has_text="佐藤 一郎").locator("button", has_text="取り下げ").click()
    await expect(asked.filter(has_text="佐藤 一郎").locator(".pill")).to_have_text("取り下げ")
    await expect(page.locator("#tally-cancellations")).to_have_text("0")
    async with page.expect_download() as download:
        await page.click("#cancellations a")
    assert (await download.value).suggested_filename.endswith(".csv")
