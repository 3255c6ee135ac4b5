"""The desk without its service: it shows what was, says so, comes back by itself, and is then exact."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from playwright.async_api import Page, expect
from sqlalchemy import text

from services.notifier.desk import Desk
from services.notifier.resolution import Resolution
from shared.postgres.engine import AsyncEngine, transaction

OpenDesk = Callable[..., Awaitable[Page]]
RaiseAlert = Callable[..., Awaitable[str]]
Keep = Callable[[Page, str], Awaitable[None]]

LONG = 20_000


class Service(Protocol):
    async def start(self) -> None: ...

    async def stop(self) -> None: ...


async def test_a_restart_of_the_service_loses_nothing_and_shows_nothing_twice(
    open_desk: OpenDesk, raise_alert: RaiseAlert, service: Service, desk: Desk, keep: Keep
) -> None:
    gone = await raise_alert("山田 花子", priority=9)
    await raise_alert("佐藤 一郎", priority=8)
    page = await open_desk("misaki")
    await expect(page.locator("#rows .row")).to_have_count(2)
    await service.stop()
    await expect(page.locator("#live")).to_have_attribute("data-state", "lost")
    await expect(page.locator("#lost")).to_contain_text("時点の内容です")
    await expect(page.locator("#rows .row")).to_have_count(2)
    await page.keyboard.press("Enter")
    await keep(page, "19-lost")
    await desk.claim(gone, "ken")
    await desk.resolve(gone, "ken", Resolution("kept"))
    await raise_alert("鈴木 恵子", priority=7)
    await service.start()
    await expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=LONG)
    await expect(page.locator("#rows .name")).to_have_text(["佐藤 一郎 様", "鈴木 恵子 様"], timeout=LONG)
    await expect(page.locator("#lost")).to_be_hidden()
    await expect(page.locator("#count-done")).to_have_text("1")


async def test_who_was_away_for_too_long_reads_the_list_again(
    open_desk: OpenDesk, raise_alert: RaiseAlert, service: Service, engine: AsyncEngine
) -> None:
    await raise_alert("山田 花子", priority=9)
    page = await open_desk("misaki")
    await expect(page.locator("#rows .row")).to_have_count(1)
    await service.stop()
    await raise_alert("佐藤 一郎", priority=8)
    async with transaction(engine) as connection:
        await connection.execute(text("UPDATE alert_sequence SET last = last + 5000"))
    await service.start()
    await expect(page.locator("#rows .name")).to_have_text(["山田 花子 様", "佐藤 一郎 様"], timeout=LONG)
    await expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=LONG)
