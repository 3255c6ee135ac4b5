"""The status page in a real browser: how the system is in words, what to do, and without a server."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from playwright.async_api import Page, Route, expect

from services.notifier.condition import Figures, Heard, Sample, judge, worst
from shared.clock import system_clock

OpenPage = Callable[..., Awaitable[Page]]
Keep = Callable[[Page, str], Awaitable[None]]
NoFindings = Callable[[Page], Awaitable[None]]

WELL = {
    "ingest": [Sample("hikitome_spool_records", {}, 0)],
    "scoring": [
        Sample("hikitome_consumer_assigned_partitions", {}, 12),
        Sample("hikitome_consumer_lag_seconds", {}, 0.3),
        Sample("hikitome_outbox_pending", {}, 0),
        Sample("hikitome_model_loaded", {"version": "2026-06-01"}, 1),
        Sample("hikitome_model_trained_timestamp_seconds", {}, system_clock().timestamp() - 9 * 86_400),
    ],
    "notifier": [Sample("hikitome_sse_clients", {}, 4)],
}


def told(figures: Figures) -> bytes:
    statements = judge(figures, system_clock())
    return msgspec.json.encode({"level": worst(statements), "statements": statements})


def known(**changes: Any) -> Figures:
    """A day on which all is well but one cart is quiet."""
    now = system_clock()
    carts = [
        Heard("midori/shopify", now - timedelta(minutes=3), 18_422),
        Heard("midori/ecforce", now - timedelta(hours=30), 905),
    ]
    well = Figures(
        carts, WELL, messages_due=2, messages_planned=140, raised=14, claimed=3, schema="009_cancellation"
    )
    return replace(well, version="0.1.0", **changes)


async def answer(page: Page, figures: Figures) -> None:
    async def fulfill(route: Route) -> None:
        await route.fulfill(body=told(figures), content_type="application/json")

    await page.route("**/api/status", fulfill)


@pytest.fixture
def open_status(open_desk: OpenPage, address: str) -> OpenPage:
    """With these figures, or with those of the service itself."""

    async def open_for(figures: Figures | None = None, query: str = "") -> Page:
        page = await open_desk("misaki")
        if figures is not None:
            await answer(page, figures)
        await page.goto(f"{address}/status{query}")
        await expect(page.locator("#overall-text")).not_to_be_empty()
        return page

    return open_for


async def test_the_service_tells_how_it_is(open_status: OpenPage) -> None:
    page = await open_status()
    await expect(page.locator("#overall")).to_have_attribute("data-level", "look")
    await expect(page.locator("#area-shops")).to_contain_text("まだどのショップからもデータが届いていません")
    await expect(page.locator("#area-services")).to_contain_text("HIKITOME_STATUS_SOURCES")
    await expect(page.locator("#area-desk")).to_contain_text("対応待ち 0件")


async def test_what_is_wrong_says_what_to_do_and_what_is_well_does_not(
    open_status: OpenPage, keep: Keep, no_axe_findings: NoFindings
) -> None:
    sources = {**WELL, "ingest": None}
    page = await open_status(known(sources=sources, unknown=2))
    await expect(page.locator("#overall-text")).to_have_text("対応が必要な項目があります")
    down = page.locator("[data-key='service:ingest']")
    await expect(down).to_contain_text("ingest が応答しません")
    await expect(down.locator(".todo")).to_contain_text("再起動")
    quiet = page.locator("[data-key='cart:midori/ecforce']")
    await expect(quiet).to_contain_text("30時間0分 何も届いていません")
    await expect(page.locator("[data-key='service:scoring'] .todo")).to_be_hidden()
    await keep(page, "22-status")
    await no_axe_findings(page)


async def test_what_has_not_changed_stays_the_same_element(open_status: OpenPage) -> None:
    page = await open_status(known())
    await page.evaluate("document.querySelector(\"[data-key='service:scoring']\").marked = true")
    await answer(page, known(unknown=1, sources={**WELL, "scoring": None}))
    await page.keyboard.press("r")
    await expect(page.locator("[data-key='service:scoring']")).to_contain_text("応答しません")
    assert await page.evaluate("document.querySelector(\"[data-key='service:scoring']\").marked")
    await expect(page.locator("[data-key='lag:scoring']")).to_have_count(0)


async def test_without_a_server_the_page_says_of_when_it_tells(open_status: OpenPage) -> None:
    page = await open_status(known())
    await page.context.set_offline(True)
    await page.route("**/api/status", lambda route: route.abort())
    await page.keyboard.press("r")
    await expect(page.locator("#status-lost")).to_contain_text("時点のものです")
    await expect(page.locator("[data-key='service:scoring']")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_keeps_people_from_using_the_page(
    open_status: OpenPage, keep: Keep, no_axe_findings: NoFindings, scheme: Any
) -> None:
    page = await open_status(known(), "?lang=en")
    await page.emulate_media(color_scheme=scheme)
    await no_axe_findings(page)
    await keep(page, f"23-status-english-{scheme}")
    await page.set_viewport_size({"width": 683, "height": 384})
    assert await page.evaluate("document.documentElement.scrollWidth") <= 683
    await no_axe_findings(page)
