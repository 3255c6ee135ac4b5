"""A scenario that runs: switched on after its dry run, looked at, stopped by itself, recalled, off."""

from collections.abc import Awaitable, Callable

from playwright.async_api import Page, expect

from services.notifier.store import scenarios
from shared.postgres.engine import AsyncEngine, transaction

OpenPage = Callable[..., Awaitable[Page]]
Keep = Callable[[Page, str], Awaitable[None]]
NoFindings = Callable[[Page], Awaitable[None]]
RaiseAlert = Callable[..., Awaitable[str]]


async def test_it_is_switched_on_only_after_one_has_seen_its_dry_run(
    open_scenarios: OpenPage, raise_alert: RaiseAlert, no_axe_findings: NoFindings, keep: Keep
) -> None:
    page = await open_scenarios()
    for name in ("山田 花子", "佐藤 一郎", "鈴木 恵"):
        await raise_alert(name)
    await page.click("#switch-churn_warning")
    await page.click("#sc-yes")
    await expect(page.locator("#switch-churn_warning")).to_have_attribute("aria-checked", "false")
    await page.click("#switch-churn_warning")
    dry = page.locator(".sc-dialog .dry")
    await expect(dry).to_contain_text("直近30日")
    await expect(dry.locator(".tile").first).to_contain_text("3")
    await no_axe_findings(page)
    await keep(page, "74-scenario-dry-run")
    await expect(page.locator("#switch-churn_warning")).to_have_attribute("aria-checked", "false")
    await page.click("#sc-yes")
    await expect(page.locator("#switch-churn_warning")).to_have_attribute("aria-checked", "true")


async def test_who_turns_away_from_the_dry_run_switches_nothing_on(open_scenarios: OpenPage) -> None:
    page = await open_scenarios()
    await page.click("#switch-dormant")
    await expect(page.locator(".sc-dialog .tiles")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator(".sc-dialog")).to_have_count(0)
    await expect(page.locator("#switch-dormant")).to_have_attribute("aria-checked", "false")


async def test_people_stand_at_their_steps_and_what_is_unsent_is_recalled(
    open_scenarios: OpenPage, raise_alert: RaiseAlert, no_axe_findings: NoFindings, keep: Keep
) -> None:
    page = await open_scenarios("#/churn_warning")
    for name in ("山田 花子", "佐藤 一郎"):
        await raise_alert(name)
    await page.click("#tab-people")
    people = page.locator("#panel-people tbody tr")
    await expect(people).to_have_count(2)
    await expect(page.locator("#panel-people")).to_contain_text("山田 花子 様")
    await no_axe_findings(page)
    await keep(page, "75-scenario-people")
    await page.select_option("#people-step", label="「mail」待ち")
    await expect(page.locator("#people-step")).to_have_value("mail")
    await page.click("#back")
    card = page.locator("#card-churn_warning")
    await expect(card.locator("#sc_recall-churn_warning")).to_be_visible()
    await page.click("#sc_recall-churn_warning")
    await expect(page.locator(".sc-dialog .question")).to_contain_text("件を取り消します")
    await page.click("#sc-yes")
    await expect(page.locator("#toasts")).to_contain_text("取り消しました")
    await expect(card.locator("#sc_recall-churn_warning")).to_have_count(0)


async def test_one_that_stopped_by_itself_says_why_and_goes_on_when_told(
    open_scenarios: OpenPage, engine: AsyncEngine, no_axe_findings: NoFindings, keep: Keep
) -> None:
    page = await open_scenarios()
    async with transaction(engine) as connection:
        await scenarios.halt(connection, "churn_warning", "blast_radius")
    await page.reload()
    card = page.locator("#card-churn_warning")
    await expect(card.locator(".halted")).to_contain_text("上限を超える")
    await no_axe_findings(page)
    await keep(page, "76-scenario-halted")
    await page.click("#sc_resume-churn_warning")
    await page.click("#sc-yes")
    await expect(card.locator(".halted")).to_have_count(0)


async def test_a_file_is_looked_at_before_it_is_taken_in(open_scenarios: OpenPage, keep: Keep) -> None:
    page = await open_scenarios()
    written = await page.request.get(f"{page.url.split('/scenarios')[0]}/api/scenarios/dormant/export")
    await page.keyboard.press("i")
    await page.fill("#toml", (await written.text()).replace('title = "休眠復活"', 'title = "おかえりなさい"'))
    await page.click("#sc-yes")
    await expect(page.locator(".import")).to_contain_text("おかえりなさい")
    await expect(page.locator(".import")).to_contain_text("新しい版")
    await keep(page, "77-scenario-import")
    await page.click("#sc-yes")
    await expect(page.locator("#card-dormant h3")).to_contain_text("おかえりなさい")
    await page.keyboard.press("i")
    await page.fill("#toml", "[[scenario]")
    await page.click("#sc-yes")
    await expect(page.locator(".sc-dialog h2")).to_have_text("読み込めません")
