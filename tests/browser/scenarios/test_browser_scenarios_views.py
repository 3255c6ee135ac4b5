"""How the scenarios look in each way out, in the dark, at 200 %, in English; and nothing that axe minds."""

from collections.abc import Awaitable, Callable
from typing import Literal

import pytest
from playwright.async_api import Page, expect

OpenPage = Callable[..., Awaitable[Page]]
Keep = Callable[[Page, str], Awaitable[None]]
NoFindings = Callable[[Page], Awaitable[None]]
WIDER_THAN_THE_PAGE = """[...document.querySelectorAll("main *:not(.sheet *):not(.tabs *)")]
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".unseen"))
  .map((one) => one.outerHTML.slice(0, 120))"""


async def test_each_way_is_previewed_as_it_arrives(
    open_scenarios: OpenPage, no_axe_findings: NoFindings, keep: Keep
) -> None:
    page = await open_scenarios("#/churn_warning")
    await page.click("#step-1")
    await expect(page.locator(".phone .bubble")).to_contain_text("山田 花子 様")
    await keep(page, "66-scenario-line")
    await page.click("#step-2")
    await expect(page.locator(".postcard.front")).to_contain_text("山田 花子 様")
    await expect(page.locator(".postcard.back .body")).to_be_visible()
    await keep(page, "67-scenario-postcard")
    await page.select_option("#f-steps-2-creatives-0-form", label="封書")
    await expect(page.locator(".letter")).to_be_visible()
    await page.click("#enlarge")
    await expect(page.locator("dialog .letter")).to_be_visible()
    await no_axe_findings(page)
    await keep(page, "68-scenario-letter")


async def test_quick_replies_stand_under_the_talk(open_scenarios: OpenPage, keep: Keep) -> None:
    page = await open_scenarios("#/survey")
    await expect(page.locator(".phone .quick li").first).to_be_visible()
    await keep(page, "69-scenario-replies")


async def test_what_goes_into_the_parcel_is_a_slip(open_scenarios: OpenPage, keep: Keep) -> None:
    page = await open_scenarios("#/third_vip")
    await expect(page.locator(".slip")).to_be_visible()
    await keep(page, "70-scenario-slip")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_in_any_view(
    open_scenarios: OpenPage, no_axe_findings: NoFindings, keep: Keep, scheme: Literal["light", "dark"]
) -> None:
    page = await open_scenarios(scheme=scheme)
    await expect(page.locator(".scenario-card")).to_have_count(11)
    await no_axe_findings(page)
    await keep(page, f"71-scenarios-{scheme}")
    await page.click("#open-churn_warning")
    await expect(page.locator(".mail-html")).to_be_visible()
    await no_axe_findings(page)
    await keep(page, f"72-scenario-{scheme}")
    for key in "1234":
        await page.keyboard.press(key)
        await no_axe_findings(page)
    await page.click("#tab-steps")
    for step in (1, 2):
        await page.click(f"#step-{step}")
        await expect(page.locator(".previewed").locator(".phone, .postcard").first).to_be_visible()
        await no_axe_findings(page)
    await page.fill("#f-steps-2-creatives-0-body", "{{ x }}")
    await expect(page.locator("#f-steps-2-creatives-0-body-wrong")).to_be_visible()
    await no_axe_findings(page)
    await page.click("#save")
    await no_axe_findings(page)


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_at_twice_the_size_nothing_is_wider_than_the_page(
    open_scenarios: OpenPage, no_axe_findings: NoFindings, keep: Keep, language: str
) -> None:
    page = await open_scenarios(f"?lang={language}")
    await page.set_viewport_size({"width": 683, "height": 384})
    await expect(page.locator(".scenario-card")).to_have_count(11)
    assert await page.evaluate(WIDER_THAN_THE_PAGE) == []
    await page.click("#open-churn_warning")
    await expect(page.locator(".mail-html")).to_be_visible()
    assert await page.evaluate(WIDER_THAN_THE_PAGE) == []
    await page.click("#tab-rules")
    assert await page.evaluate(WIDER_THAN_THE_PAGE) == []
    await no_axe_findings(page)
    await keep(page, f"73-scenario-rules-{language}")


async def test_the_keyboard_alone_leads_from_the_list_into_a_step_and_back(open_scenarios: OpenPage) -> None:
    page = await open_scenarios()
    await expect(page.locator(".scenario-card")).to_have_count(11)
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("k")
    await page.keyboard.press("Enter")
    await expect(page.locator(".step").first).to_be_visible()
    await page.keyboard.press("]")
    await expect(page.locator("#step-1")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator("#open-churn_warning")).to_be_focused()
