"""The effect page in a real browser: a verdict in words, numbers, segments, and whom contact makes leave."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from playwright.async_api import Page, expect
from sqlalchemy import text

from services.notifier.scenarios.scenario import Creative, Scenario, Step
from services.notifier.scenarios.trigger import OnRisk
from services.notifier.settings import NotifierSettings
from shared.postgres.engine import AsyncEngine, transaction
from tests.browser.conftest import BUSINESS_NOW, Service

OpenPage = Callable[..., Awaitable[Page]]
Keep = Callable[[Page, str], Awaitable[None]]
NoFindings = Callable[[Page], Awaitable[None]]
Seed = Callable[..., Awaitable[None]]

# Elements that make the page itself scroll sideways; what a table's own frame hides does not.
WIDER_THAN_THE_PAGE = """[...document.querySelectorAll("main *:not(.wide *)")]
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".unseen"))
  .map((one) => one.outerHTML.slice(0, 120))"""
MARKETER = {
    "login": "marie",
    "name": "真理恵",
    "password": "hikitome-desk",
    "role": "marketer",
}
# Every fifth is left alone. `n` is the customer's number; whoever has a small remainder of 7919 n leaves.
_ENROL = text(
    "INSERT INTO enrolment (customer_ref, scenario, episode, version, kind, reason, cart, subscription,"
    " enrolled_at, held, delivery_number) SELECT 'demo/shopify/' || n, :scenario, 'e' || n, 1,"
    " 'subscription', (ARRAY['skipped_in_a_row', 'bound_ended', 'payment_failing']) [1 + n % 3],"
    " 'demo/shopify', 's' || n, CAST(:now AS timestamptz) - make_interval(days => 30 + n % 150), n % 5 = 0,"
    " 1 + n % 8 FROM generate_series(1, :many) AS n"
)
_LEAVE = text(
    "INSERT INTO happening (event_id, customer_ref, what, at, received_at, facts)"
    " SELECT gen_random_uuid(), customer_ref, 'subscription.cancelled', enrolled_at + interval '10 days',"
    " enrolled_at, jsonb_build_object('subscription', subscription) FROM (SELECT *,"
    " split_part(customer_ref, '/', 3)::int * 7919 % 1000 AS luck FROM enrolment) AS e"
    " WHERE luck < CASE WHEN held THEN CAST(:held AS int) WHEN reason = :worse"
    " THEN CAST(:worsened AS int) ELSE CAST(:sent AS int) END"
)
_ORDER = text(
    "INSERT INTO happening (event_id, customer_ref, what, at, received_at, facts)"
    " SELECT gen_random_uuid(), e.customer_ref, 'order.placed', enrolled_at + make_interval(days => d),"
    " enrolled_at, jsonb_build_object('order', e.episode || '-' || d, 'total', jsonb_build_object('amount',"
    " 3980 * (1 + delivery_number % 2), 'currency', 'JPY')) FROM enrolment AS e"
    " CROSS JOIN (VALUES (-40), (8), (38)) AS days (d) WHERE d < 10 OR NOT EXISTS"
    " (SELECT FROM happening AS h WHERE h.customer_ref = e.customer_ref"
    " AND h.what = 'subscription.cancelled')"
)
_SEND = text(
    "INSERT INTO action (id, customer_ref, scenario, episode, step, channel, creative, shop, correlation_id,"
    " causation_id, state, reason, due_at, began_at, cost_amount) SELECT gen_random_uuid(), customer_ref,"
    " scenario, episode, 'first', CASE WHEN delivery_number % 2 = 0 THEN 'line' ELSE 'mail' END,"
    " CASE WHEN delivery_number % 4 < 2 THEN 'gentle' ELSE 'short' END, 'demo', 'c', 'c',"
    " CASE WHEN held THEN 'suppressed' ELSE 'sent' END, CASE WHEN held THEN 'holdout' END, enrolled_at,"
    " CASE WHEN held THEN NULL ELSE enrolled_at END, 110 FROM enrolment"
)
_SCENARIO = text("INSERT INTO scenario (key, version, active) VALUES (:key, 1, true)")
_VERSION = text("INSERT INTO scenario_version (key, version, body) VALUES (:key, 1, CAST(:body AS jsonb))")


@pytest_asyncio.fixture(loop_scope="session")
async def service(service: Service) -> Service:
    """With somebody who may market."""
    misaki = {"login": "misaki", "name": "岡田 みさき", "password": "hikitome-desk"}
    await service.stop()
    service.settings = NotifierSettings.model_validate(
        {
            "shop_name": "みどり健康堂",
            "unsubscribe_secrets": ["s" * 32],
            "desk_agents": [misaki, MARKETER],
        }
    )
    await service.start()
    return service


@pytest.fixture
def seed(engine: AsyncEngine) -> Seed:
    """So many enrolments; of a thousand so many leave, of those who are sent to and of the others."""

    async def put(many: int, sent: int, held: int, worsened: int | None = None) -> None:
        numbers = {"sent": sent, "held": held, "worsened": sent if worsened is None else worsened}
        async with transaction(engine) as connection:
            await keep_scenario(connection)
            values: dict[str, Any] = {"scenario": "churn_warning", "now": BUSINESS_NOW, "many": many}
            await connection.execute(_ENROL, values)
            await connection.execute(_LEAVE, {**numbers, "worse": "bound_ended"})
            await connection.execute(_ORDER)
            await connection.execute(_SEND)

    return put


async def keep_scenario(connection: Any) -> None:
    creatives = (Creative("short", "mail", "x"), Creative("gentle", "mail", "y"))
    trigger = OnRisk(bands=frozenset({"high"}), kinds=frozenset({"subscription"}))
    scenario = Scenario("churn_warning", "解約予兆", trigger, (Step("first", ("mail",), creatives),), "salt")
    given = {"key": scenario.key, "body": msgspec.json.encode(scenario).decode()}
    await connection.execute(_SCENARIO, given)
    await connection.execute(_VERSION, given)


async def test_a_marketer_reads_the_verdict_and_what_it_brought(
    seed: Seed, open_effect: OpenPage, keep: Keep, no_axe_findings: NoFindings
) -> None:
    await seed(4_000, sent=120, held=210)
    page = await open_effect("marie")

    await expect(page.locator(".said")).to_contain_text("多く継続しました（95%区間")
    await expect(page.locator(".state")).to_have_text("効果あり")
    await expect(page.locator("#arms tbody tr")).to_have_count(2)
    await expect(page.locator("#money .tile")).to_have_count(4)
    await expect(page.locator("#forest svg circle")).not_to_have_count(0)
    await expect(page.locator("#creatives tbody tr")).to_have_count(2)
    await expect(page.locator("#verdict")).to_contain_text("は観察中です")
    await no_axe_findings(page)
    await keep(page, "effect")
    await page.emulate_media(color_scheme="dark")
    await no_axe_findings(page)
    await page.set_viewport_size({"width": 683, "height": 384})
    assert await page.evaluate(WIDER_THAN_THE_PAGE) == []


async def test_too_little_is_said_to_be_too_little(
    seed: Seed, open_effect: OpenPage, no_axe_findings: NoFindings, keep: Keep
) -> None:
    await seed(60, sent=200, held=210)
    page = await open_effect("marie", "/effect?lang=en")

    await expect(page.locator(".state")).to_have_text("Too few")
    await expect(page.locator(".said")).to_contain_text("Not known yet.")
    await no_axe_findings(page)
    await keep(page, "effect-few")


async def test_nobody_was_enrolled_yet(open_effect: OpenPage, no_axe_findings: NoFindings) -> None:
    page = await open_effect("marie")

    await expect(page.locator(".said")).to_contain_text("まだ登録したお客様がいません")
    await expect(page.locator("#found")).to_be_hidden()
    await no_axe_findings(page)


async def test_whom_contact_makes_leave_is_put_on_the_list(
    seed: Seed, open_effect: OpenPage, engine: AsyncEngine, no_axe_findings: NoFindings, keep: Keep
) -> None:
    await seed(4_000, sent=120, held=140, worsened=320)
    page = await open_effect("marie")

    await page.get_by_role("button", name="起こさないリストへ").first.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#spare")).to_contain_text("回数縛りの終了直後")
    await no_axe_findings(page)
    await keep(page, "effect-harmful")
    await page.get_by_role("button", name="載せる").click()
    await expect(page.locator(".toast.good")).to_contain_text("1,334人")

    async with transaction(engine) as connection:
        rows = await connection.execute(text("SELECT because, by FROM do_not_wake GROUP BY 1, 2"))
        assert [tuple(row) for row in rows] == [("holdout_showed", "marie")]
        rows = await connection.execute(
            text("SELECT who, why FROM audit_entry WHERE what = 'do_not_wake.added'")
        )
        assert [tuple(row) for row in rows] == [("marie", "holdout_showed")]


async def test_the_numbers_leave_as_a_sheet_by_one_key(seed: Seed, open_effect: OpenPage) -> None:
    await seed(600, sent=120, held=210)
    page = await open_effect("marie")
    await expect(page.locator("#arms tbody tr")).to_have_count(2)

    async with page.expect_download() as download:
        await page.keyboard.press("c")
    written = await asyncio.to_thread((await (await download.value).path()).read_text, "utf-8-sig")

    assert "解約予兆" in written
    assert "比較群,96," in written


async def test_dates_of_ones_own_are_asked_for(seed: Seed, open_effect: OpenPage) -> None:
    await seed(600, sent=120, held=210)
    page = await open_effect("marie")
    await page.select_option("#span", "own")
    await page.fill("#first", _day(BUSINESS_NOW - timedelta(days=101)))
    await page.fill("#last", _day(BUSINESS_NOW - timedelta(days=102)))
    await page.keyboard.press("Enter")
    await expect(page.locator("#asked-wrong")).to_be_visible()

    await page.fill("#last", _day(BUSINESS_NOW - timedelta(days=101)))
    await page.keyboard.press("Enter")
    await expect(page.locator("#asked-wrong")).to_be_hidden()
    await expect(page.locator("#arms tbody tr").first).to_contain_text("送った4")


async def test_an_agent_of_the_desk_is_shown_to_the_desk(open_effect: OpenPage, address: str) -> None:
    page = await open_effect("misaki")
    await expect(page).to_have_url(f"{address}/")


@pytest.fixture
def open_effect(browser: Any, address: str) -> OpenPage:
    async def open_for(login: str, path: str = "/effect") -> Page:
        context = await browser.new_context(viewport={"width": 1366, "height": 768}, locale="ja-JP")
        page: Page = await context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", _fail)
        await page.goto(f"{address}/login")
        await page.fill("#login", login)
        await page.fill("#password", "hikitome-desk")
        await page.keyboard.press("Enter")
        await page.wait_for_url(lambda url: "login" not in url)
        await page.goto(f"{address}{path}")
        return page

    return open_for


def _fail(error: object) -> None:
    raise AssertionError(f"a script of the page failed: {error}")


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
