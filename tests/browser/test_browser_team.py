"""The supervisor's page in a real browser: who has what, what calls came to, a CSV, and what is parked."""

import random
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import text

from services.notifier.desk import Desk
from shared.clock import system_clock
from shared.events.ids import derived_id
from shared.postgres.engine import AsyncEngine, transaction

OpenPage = Callable[..., Awaitable[Page]]
RaiseAlert = Callable[..., Awaitable[str]]
Keep = Callable[[Page, str], Awaitable[None]]
NoFindings = Callable[[Page], Awaitable[None]]
Settled = Callable[..., Awaitable[None]]

REASONS = ["skipped_in_a_row", "cancel_page_week", "bound_ended", "payment_failing", "nps_low", "complaint"]
OUTCOMES = [
    "kept",
    "kept_modified",
    "paused",
    "cancelled",
    "callback",
    "no_answer",
    "no_answer",
    "wrong_number",
]
NAMES = ["佐藤 陽子", "鈴木 花", "高橋 美咲", "田中 久美子", "伊藤 さくら", "渡辺 恵"]

_ALERT = text(
    "INSERT INTO alert (id, episode, customer_ref, cart, correlation_id, kind, band, probability, priority,"
    " value_amount, value_currency, reasons, model, horizon_days, subscription, delivery_number, due, cutoff,"
    " assessed_at, noticed_at, raised_at, state, disposition, closed_at, agent)"
    " VALUES (CAST(:id AS uuid), :name, :ref, 'demo/shopify', 'c', 'subscription', :band, .5, :priority,"
    " :value, 'JPY', CAST(:reasons AS jsonb), 'm1', 30, :name, :number, :due, :due, :at, :at, :at,"
    " 'resolved', 'kept', :at, 'misaki')"
)
_CALL = text(
    "INSERT INTO disposition (id, alert, attempt, customer_ref, cart, subscription, delivery_number, kind,"
    " band, top_reason, value_amount, value_currency, agent, claimed_at, at, business_at, disposition,"
    " offer, answer, cost_amount) VALUES (CAST(:id AS uuid), CAST(:id AS uuid), 1, :ref, 'demo/shopify',"
    " :name, :number, 'subscription', :band, :reason, :value, 'JPY', :agent, :called, :called, :called,"
    " :outcome, :offer, :answer, :cost)"
)

# Elements that make the page itself scroll sideways; what a table's own frame hides does not.
WIDER_THAN_THE_PAGE = """[...document.querySelectorAll("main *:not(.wide *)")]
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".unseen"))
  .map((one) => one.outerHTML.slice(0, 120))"""


@pytest.fixture
def settled(engine: AsyncEngine) -> Settled:
    """Calls of the last weeks, the same each time."""

    async def put(count: int) -> None:
        chance, now = random.Random(7), system_clock()
        async with transaction(engine) as connection:
            for at in range(count):
                row = past_call(chance, at)
                raised = now - timedelta(days=chance.random() * 27)
                called = raised + timedelta(minutes=chance.expovariate(1 / 40))
                times = {"at": raised, "called": called, "due": raised + timedelta(days=chance.random() * 9)}
                await connection.execute(_ALERT, row | times)
                await connection.execute(_CALL, row | times)

    return put


def past_call(chance: random.Random, at: int) -> dict[str, Any]:
    reason, outcome = chance.choices(REASONS, (9, 7, 5, 4, 2, 1))[0], chance.choice(OUTCOMES)
    offered = outcome in ("kept", "kept_modified", "paused") and chance.random() < 0.6
    return {
        "id": derived_id("past", str(at)),
        "name": f"past-{at}",
        "ref": f"demo/shopify/past-{at}",
        "band": chance.choice(["high", "critical"]),
        "priority": chance.expovariate(1 / 900),
        "value": chance.randrange(2_000, 40_000),
        "reasons": f'[{{"code": "{reason}"}}]',
        "reason": reason,
        "number": 1 + int(chance.expovariate(1 / 3)),
        "agent": chance.choice(["misaki", "misaki", "ken"]),
        "outcome": outcome,
        "offer": "skip" if offered else None,
        "answer": chance.choice(["accepted", "declined"]) if offered else None,
        "cost": chance.choice([0, 300, 800]) if offered else None,
    }


@pytest.fixture
def open_team(open_desk: OpenPage, address: str) -> OpenPage:
    async def open_for(query: str = "") -> Page:
        page = await open_desk("ken")
        await page.goto(f"{address}/supervisor{query}")
        for table in ("figures", "capacities", "agents"):
            await page.wait_for_selector(f"#{table} table")
        return page

    return open_for


async def test_the_supervisor_sees_the_team_and_its_results(
    open_team: OpenPage, raise_alert: RaiseAlert, desk: Desk, settled: Settled, keep: Keep
) -> None:
    await settled(420)
    ids = [await raise_alert(name, 500.0 - at) for at, name in enumerate(NAMES)]
    await desk.claim(ids[1], "misaki")
    page = await open_team()
    await expect(page.locator("#agents tr[data-agent=misaki]")).to_contain_text("鈴木 花 様")
    await expect(page.locator("#next tbody tr")).to_have_count(5)
    await expect(page.locator("#queue-now .tile").first).to_contain_text("5")
    figures = page.locator("#figures")
    await expect(figures.locator("tfoot")).to_contain_text("420")
    await expect(figures.locator("tbody tr").first.locator("th")).to_have_text("連続スキップ")
    chart = figures.locator("svg[role=img]").first
    await expect(chart).to_have_attribute("aria-label", re.compile(r"つながった通話 \d+件"))
    await keep(page, "20-team")
    await page.keyboard.press("2")
    await expect(page.locator("[name=span][value='7']")).to_be_checked()
    await page.select_option("#by", "agent")
    await expect(figures.locator("tbody")).to_contain_text("岡田 みさき")
    await page.select_option("#by", "day")
    await expect(figures.locator("tbody tr")).to_have_count(7)


async def test_a_period_of_ones_own_and_one_that_is_none(open_team: OpenPage, settled: Settled) -> None:
    await settled(40)
    page = await open_team()
    await page.check("[name=span][value=own]", force=True)
    await page.fill("#first", "2026-06-01")
    await page.fill("#last", "2026-05-01")
    await page.click("#show-dates")
    await expect(page.locator("#asked-wrong")).to_contain_text("期間が正しくありません")
    await page.fill("#last", "2026-06-30")
    await page.keyboard.press("Enter")
    await expect(page.locator("#asked-wrong")).to_be_hidden()
    await expect(page.locator("#results-period")).to_contain_text("6/30")


async def test_an_alert_is_given_to_another_agent_and_back_to_the_queue(
    open_team: OpenPage, raise_alert: RaiseAlert, desk: Desk
) -> None:
    first = await raise_alert("佐藤 陽子")
    page = await open_team()
    await page.select_option(f"#give-{first}", "misaki")
    await page.click(f"#do-{first}")
    await expect(page.locator("#toasts")).to_contain_text("岡田 みさきさんに割り当てました")
    misaki = page.locator("#agents tr[data-agent=misaki]")
    await expect(misaki).to_contain_text("佐藤 陽子 様")
    await page.select_option(f"#give-{first}", "")
    await page.click(f"#do-{first}")
    await expect(page.locator("#next")).to_contain_text("佐藤 陽子 様")
    await expect(misaki).not_to_contain_text("佐藤 陽子 様")


async def test_a_capacity_is_tried_and_saved_and_the_queue_follows(
    open_team: OpenPage, raise_alert: RaiseAlert, settled: Settled
) -> None:
    await settled(300)
    await raise_alert("佐藤 陽子", 5000.0)
    await raise_alert("鈴木 花", 1.0)
    page = await open_team()
    await page.uncheck("#no-limit")
    await page.click("#capacity-form button[type=submit]")
    await expect(page.locator("#capacity-wrong")).to_be_visible()
    await page.fill("#per-day", "3")
    await page.click("#try")
    await expect(page.locator("#capacities tr.wanted")).to_contain_text("3")
    await page.click("#capacity-form button[type=submit]")
    await expect(page.locator("#capacities tr.total")).to_contain_text("現在の設定")
    await expect(page.locator("#capacity-state")).to_contain_text("藤井 健")
    await expect(page.locator("#next tbody tr")).to_have_count(1)
    parked = page.locator("#queue-now .tile", has_text="保留")
    await expect(parked).to_contain_text("1")


async def test_the_csv_is_saved_by_a_key(open_team: OpenPage, settled: Settled) -> None:
    await settled(40)
    page = await open_team()
    async with page.expect_download() as saving:
        await page.keyboard.press("c")
    saved = await saving.value
    assert re.fullmatch(
        r"hikitome-team_\d{4}-\d\d-\d\d_\d{4}-\d\d-\d\d_by-reason\.csv", saved.suggested_filename
    )
    content = (await saved.path()).read_bytes()
    assert content.startswith("\ufeff引き留めデスク 実績,みどり健康堂\r\n".encode())
    await expect(page.locator("#toasts")).to_contain_text("CSVを保存しました")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_keeps_people_from_using_the_page(
    open_team: OpenPage,
    raise_alert: RaiseAlert,
    desk: Desk,
    settled: Settled,
    keep: Keep,
    no_axe_findings: NoFindings,
    scheme: Any,
) -> None:
    await settled(120)
    ids = [await raise_alert(name) for name in NAMES]
    await desk.claim(ids[0], "misaki")
    page = await open_team("?lang=en" if scheme == "dark" else "")
    await page.emulate_media(color_scheme=scheme)
    await page.click("summary")
    await no_axe_findings(page)
    # 200 % of 1366 × 768: nothing but tables, in their own frames, scrolls sideways.
    await page.set_viewport_size({"width": 683, "height": 384})
    wide = await page.evaluate(WIDER_THAN_THE_PAGE)
    assert wide == []
    await no_axe_findings(page)
    await keep(page, f"21-team-{scheme}-zoomed")


async def test_an_agent_has_neither_the_link_nor_the_page(open_desk: OpenPage, address: str) -> None:
    page = await open_desk("misaki")
    await expect(page.locator("#to-supervisor")).to_have_count(0)
    await page.goto(f"{address}/supervisor")
    assert page.url == f"{address}/"
