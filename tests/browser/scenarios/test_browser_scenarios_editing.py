"""The marketer's scenarios in a real browser: looked at, edited beside a preview, saved, compared, copied."""

from collections.abc import Awaitable, Callable

from playwright.async_api import Dialog, Page, expect

OpenPage = Callable[..., Awaitable[Page]]
Keep = Callable[[Page, str], Awaitable[None]]

SUBJECT = "#f-steps-0-creatives-0-subject"
BODY = "#f-steps-0-creatives-0-body"


async def save(page: Page, note: str) -> None:
    await page.click("#save")
    await page.fill("#note", note)
    await page.click("#sc-yes")


async def test_all_scenarios_stand_in_the_list_with_what_sets_them_off(
    open_scenarios: OpenPage, keep: Keep
) -> None:
    page = await open_scenarios()
    await expect(page.locator(".scenario-card")).to_have_count(11)
    first = page.locator("#card-churn_warning")
    await expect(first.locator(".sentence")).to_contain_text("離脱リスクが「高・最高」になったとき")
    await expect(first.locator(".line li")).to_have_count(3)
    await expect(first.locator("[role=switch]")).to_have_attribute("aria-checked", "true")
    await keep(page, "60-scenarios")


async def test_a_changed_subject_is_previewed_and_saved_as_the_next_version(
    open_scenarios: OpenPage, keep: Keep
) -> None:
    page = await open_scenarios("#/churn_warning")
    await expect(page.locator(".mail-head .subject")).to_contain_text("みどり健康堂")
    await page.fill(SUBJECT, "{{ addressee }}、お変わりありませんか")
    await expect(page.locator(".mail-head .subject")).to_have_text("山田 花子 様、お変わりありませんか")
    mail = page.frame_locator(".mail-html")
    await expect(mail.locator("body")).to_contain_text("配信を止める")
    assert await mail.locator(".card").evaluate("one => getComputedStyle(one).borderRadius") == "8px"
    await keep(page, "61-scenario-mail")
    await page.click("#save")
    await expect(page.locator("dialog .diff ins")).to_have_text("{{ addressee }}、お変わりありませんか")
    await page.fill("#note", "やわらかい件名に")
    await keep(page, "62-scenario-save")
    await page.click("#sc-yes")
    await expect(page.locator(".sheet-head .title")).to_contain_text("版 2")
    await expect(page.locator("#save")).to_be_disabled()
    await page.keyboard.press("4")
    await expect(page.locator(".version").first).to_contain_text("やわらかい件名に")
    await page.click("#differences-2")
    await expect(page.locator(".version .diff ins")).to_have_text("{{ addressee }}、お変わりありませんか")
    await keep(page, "63-scenario-history")


async def test_an_old_version_is_taken_again_as_a_new_one(open_scenarios: OpenPage) -> None:
    page = await open_scenarios("#/churn_warning")
    before = await page.input_value(SUBJECT)
    await page.fill(SUBJECT, "別の件名")
    await save(page, "試し")
    await expect(page.locator(".sheet-head .title")).to_contain_text("版 2")
    await page.click("#tab-history")
    await page.click("#take-1")
    await expect(page.locator(SUBJECT)).to_have_value(before)
    await save(page, "元に戻す")
    await expect(page.locator(".sheet-head .title")).to_contain_text("版 3")


async def test_a_wrong_placeholder_is_refused_at_its_field(open_scenarios: OpenPage, keep: Keep) -> None:
    page = await open_scenarios("#/churn_warning")
    await expect(page.locator(".mail-head .subject")).to_be_visible()
    await page.fill(BODY, "{{ namae }} 様")
    await expect(page.locator(f"{BODY}-wrong")).to_have_text("知らない差し込み項目です: namae")
    await expect(page.locator(BODY)).to_have_attribute("aria-invalid", "true")
    await expect(page.locator(".look")).to_contain_class("stale")
    await page.focus("#tab-rules")
    await page.keyboard.press("2")
    await save(page, "")
    await expect(page.locator(BODY)).to_be_focused()
    await expect(page.locator(".sheet-head .title")).to_contain_text("版 1")
    await keep(page, "64-scenario-wrong")


async def test_a_placeholder_goes_in_where_the_cursor_is(open_scenarios: OpenPage) -> None:
    page = await open_scenarios("#/churn_warning")
    await page.fill(SUBJECT, "前後")
    await page.locator(SUBJECT).evaluate("one => one.setSelectionRange(1, 1)")
    await page.click("#panel-steps .creative:visible .chip:has-text('商品名')")
    await expect(page.locator(SUBJECT)).to_have_value("前{{ product_title }}後")
    await expect(page.locator(".mail-head .subject")).to_have_text("前黒豆のむ美容液後")


async def test_what_is_not_saved_survives_a_reload_and_can_be_dropped(open_scenarios: OpenPage) -> None:
    page = await open_scenarios("#/churn_warning")
    before = await page.input_value(SUBJECT)
    await page.fill(SUBJECT, "途中の件名")
    asked: list[str] = []

    async def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.accept()

    page.on("dialog", leave)
    await page.reload()
    assert asked == ["beforeunload"]
    await expect(page.locator(SUBJECT)).to_have_value("途中の件名")
    await expect(page.locator(".save-bar")).to_contain_text("復元しました")
    await page.click("#back")
    await expect(page.locator("#card-churn_warning")).to_contain_text("未保存の変更あり")
    await page.click("#open-churn_warning")
    await page.click("#drop-draft")
    await expect(page.locator(SUBJECT)).to_have_value(before)
    await expect(page.locator("#save")).to_be_disabled()


async def test_who_saves_second_sees_both_changes_and_decides(open_scenarios: OpenPage, keep: Keep) -> None:
    one = await open_scenarios("#/churn_warning")
    await one.fill(SUBJECT, "わたしの件名")
    other = await open_scenarios("#/churn_warning")
    await other.click("#tab-rules")
    await other.fill("#f-priority", "80")
    await save(other, "優先順位")
    await expect(other.locator(".sheet-head .title")).to_contain_text("版 2")
    await save(one, "件名")
    both = one.locator("dialog .both section")
    await expect(both.nth(0)).to_contain_text("80")
    await expect(both.nth(1)).to_contain_text("わたしの件名")
    await keep(one, "65-scenario-conflict")
    await one.click("#sc-mine")
    await expect(one.locator(".sheet-head .title")).to_contain_text("版 3")
    await expect(one.locator(SUBJECT)).to_have_value("わたしの件名")


async def test_a_copy_is_a_new_scenario_that_is_off(open_scenarios: OpenPage) -> None:
    page = await open_scenarios("#/dormant")
    await page.click("#copy")
    await page.fill("#new-title", "休眠復活 冬")
    await page.fill("#new-key", "dormant_winter")
    await page.click("#sc-yes")
    await expect(page.locator(".sheet-head h2")).to_have_text("休眠復活 冬")
    await expect(page.locator("#switch-dormant_winter")).to_have_attribute("aria-checked", "false")


async def test_steps_ways_and_variants_are_added_in_the_form(open_scenarios: OpenPage) -> None:
    page = await open_scenarios("#/churn_warning")
    await page.click("#ab-0-0")
    await expect(page.locator("#panel-steps .step:first-child .share")).to_contain_text(["50%", "50%"])
    await page.select_option("#f-steps-0-ways-add", label="LINE")
    await expect(page.locator("#step-0 .way")).to_have_count(2)
    await page.click("#add-step")
    await expect(page.locator(".step")).to_have_count(4)
    await expect(page.locator("#step-3")).to_have_attribute("aria-expanded", "true")
    await page.fill("#f-steps-3-delay-days", "9")
    await expect(page.locator("#step-3 .when")).to_contain_text("9日後")
