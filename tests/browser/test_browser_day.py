"""A day at the desk: two agents race, the service restarts, a customer is erased; each call is told once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from playwright.async_api import Page, expect
from sqlalchemy import text

from shared.events.customer import CustomerErased
from shared.events.subscription import SubscriptionCancelled
from shared.postgres.engine import AsyncEngine, transaction

OpenDesk = Callable[..., Awaitable[Page]]
RaiseAlert = Callable[..., Awaitable[str]]
Tell = Callable[..., Awaitable[None]]
Keep = Callable[[Page, str], Awaitable[None]]
FIRST, ERASED, LATER, OFFLINE, LEAVING = "山田 花子", "佐藤 一郎", "鈴木 恵子", "高橋 実", "田中 由美"
LONG = 20_000


class Service(Protocol):
    async def start(self) -> None: ...

    async def stop(self) -> None: ...


async def rows(engine: AsyncEngine, asked: str) -> list[Any]:
    async with transaction(engine) as connection:
        return [tuple(row) for row in await connection.execute(text(asked))]


async def test_a_day_at_the_desk(
    open_desk: OpenDesk,
    raise_alert: RaiseAlert,
    tell: Tell,
    service: Service,
    engine: AsyncEngine,
    keep: Keep,
) -> None:
    for priority, name in ((9, FIRST), (8, ERASED), (7, LATER), (5, LEAVING)):
        await raise_alert(name, priority=priority, subscription=name)
    misaki, ken = await open_desk("misaki"), await open_desk("ken")

    # Two agents, one customer.
    for page in (misaki, ken):
        await expect(page.locator("#card h2")).to_have_text(f"{FIRST} 様")
        await expect(page.locator("#claim")).to_be_enabled()
    await asyncio.gather(misaki.keyboard.press("Enter"), ken.keyboard.press("Enter"))
    ours = misaki.locator("[data-disposition=kept]")
    theirs = ken.locator("[data-disposition=kept]")
    await expect(ours.or_(misaki.locator("#claim:disabled"))).to_be_visible()
    await expect(theirs.or_(ken.locator("#claim:disabled"))).to_be_visible()
    assert await ours.count() + await theirs.count() == 1
    winner, loser = (misaki, ken) if await ours.count() else (ken, misaki)
    await expect(loser.locator("#call")).to_have_count(0)
    await expect(winner.locator("#call")).to_contain_text("090-1234-5678")
    await keep(loser, "30-day-race")

    # The service restarts while one is on the phone; the claim, the session and the number stay.
    await service.stop()
    await expect(winner.locator("#live")).to_have_attribute("data-state", "lost")
    await raise_alert(OFFLINE, priority=6)
    await service.start()
    for page in (misaki, ken):
        await expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=LONG)
        await expect(page.locator("#rows")).to_contain_text(OFFLINE, timeout=LONG)
    await winner.keyboard.press("1")
    await expect(loser.locator("#rows")).not_to_contain_text(FIRST)

    # The next customer is erased while the card is open before both.
    await loser.click(f"#rows .row:has-text('{ERASED}')")
    await expect(loser.locator("#card h2")).to_have_text(f"{ERASED} 様")
    await tell(ERASED, CustomerErased(ERASED))
    for page in (misaki, ken):
        await expect(page.locator("#rows")).not_to_contain_text(ERASED)
        await expect(page.locator("body")).not_to_contain_text("090-1234-5678")
    await expect(loser.locator("#card h2")).not_to_have_text(f"{ERASED} 様")

    # One cancels by the cart while nobody holds her; one asks to leave on the phone.
    await tell(LATER, SubscriptionCancelled(LATER))
    await expect(winner.locator("#rows")).not_to_contain_text(LATER)
    await winner.click(f"#rows .row:has-text('{LEAVING}')")
    await expect(winner.locator("#card h2")).to_have_text(f"{LEAVING} 様")
    await winner.keyboard.press("x")
    await winner.click("#cancel-confirm")
    await expect(winner.locator("#cancel .number")).to_contain_text("K-20260610-")
    await winner.click("#cancel-done")
    await expect(loser.locator("#rows")).not_to_contain_text(LEAVING)
    await keep(winner, "31-day-end")

    assert await rows(engine, "SELECT count(*), count(DISTINCT alert) FROM disposition") == [(1, 1)]
    assert await rows(engine, "SELECT state, count(*) FROM cancellation GROUP BY 1") == [("requested", 1)]
    claimed = "SELECT count(*) FROM alert_change WHERE what = 'claimed' GROUP BY alert HAVING count(*) > 1"
    assert await rows(engine, claimed) == []
    assert await rows(engine, "SELECT count(*) FROM contact_view") == [(1,)]
