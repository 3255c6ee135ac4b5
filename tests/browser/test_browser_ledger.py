"""The ledger and the consents in a real browser: why two, why none, what is unknown, who is left alone."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from deploy.local.ports import free_port
from services.notifier.desk import Desk
from services.notifier.scenarios.shipped import SHIPPED
from services.notifier.settings import NotifierSettings
from shared.events.customer import ConsentGranted, ConsentWithdrawn, ContactChanged
from shared.postgres.engine import AsyncEngine
from tests.browser.conftest import BUSINESS_NOW, Service
from tests.integration.notifier.ledger.conftest import KEY, Records

Keep = Callable[[Page, str], Awaitable[None]]
NoAxeFindings = Callable[[Page], Awaitable[None]]
Open = Callable[[str], Awaitable[Page]]
PASSWORD = "hikitome-desk"
NAMES = ("山田 花子", "佐藤 美咲", "鈴木 一郎", "高橋 さくら", "田中 恵子", "伊藤 由美")
STATES = (
    ("sent", None, "mail"),
    ("planned", "quiet_hours", "line"),
    ("suppressed", "no_consent", "mail"),
    ("batched", None, "postal_dm"),
    ("rejected", "smtp_550_at_rcpt", "mail"),
    ("suppressed", "holdout", "phone"),
)
BODY = msgspec.json.encode(SHIPPED["churn_warning"]).decode()


@pytest_asyncio.fixture(loop_scope="session")
async def service(desk: Desk) -> AsyncIterator[Service]:
    """A desk with a marketer."""
    settings = NotifierSettings.model_validate(
        {
            "shop_name": "みどり健康堂",
            "unsubscribe_secrets": ["s" * 32],
            "never_contact_pepper": KEY.decode(),
            "desk_agents": [{"login": "mari", "name": "真鍋 まり", "password": PASSWORD, "role": "marketer"}],
        }
    )
    service = Service(desk, settings, free_port())
    await service.start()
    yield service
    await service.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def records(engine: AsyncEngine) -> Records:
    """A shop with some customers, and messages in every state."""
    made = Records(engine)
    await made.run(
        "INSERT INTO scenario (key, version, active) VALUES ('churn_warning', 1, false)"
        " ON CONFLICT DO NOTHING"
    )
    await made.run(
        "INSERT INTO scenario_version (key, version, body) VALUES ('churn_warning', 1, CAST(:body AS jsonb))"
        " ON CONFLICT DO NOTHING",
        body=BODY,
    )
    await made.run(
        "INSERT INTO batch (id, way, form, cut_off)"
        " VALUES (gen_random_uuid(), 'postal_dm', 'postcard', now())"
    )
    for place, name in enumerate(NAMES):
        ref = f"demo/shopify/{place + 7}"
        contact = ContactChanged(
            name=name, mail=f"m{place}@example.jp", phone=f"090-1234-567{place}", line=f"U{place}"
        )
        await made.hear(contact, ConsentGranted("mail", "お得な情報をメールで受け取る"), ref=ref)
        state, reason, channel = STATES[place]
        await _put(made, place, ref, state, reason, channel)
    await made.hear(
        ConsentGranted("line", "LINE公式アカウントを友だち追加"), ConsentWithdrawn("mail"), minutes=60
    )
    await made.put(20, "suppressed", "frequency_cap", channel="line", creative="b")
    action = await made.put(
        30, "unknown", "no_answer_after_dot", ref="demo/shopify/8", episode="e8", began_at=BUSINESS_NOW
    )
    await made.run(
        "INSERT INTO action_message (action_id, address, subject, body) VALUES (CAST(:id AS uuid),"
        " 'm1@example.jp', '次回のお届けについて', '佐藤 美咲 様\n\nいつもありがとうございます。')",
        id=action,
    )
    await made.run("UPDATE action SET changed_at = now() - interval '95 minutes' WHERE state = 'unknown'")
    return made


async def _put(made: Records, place: int, ref: str, state: str, reason: str | None, channel: str) -> None:
    batched = state == "batched"
    changes = {"ref": ref, "episode": f"e{place + 7}", "channel": channel, "held": reason == "holdout"}
    changed = BUSINESS_NOW + timedelta(minutes=place)
    action = await made.put(place, "planned" if batched else state, reason, changed_at=changed, **changes)
    if batched:
        await made.run(
            "UPDATE action SET state = 'batched', began_at = now(), batch = (SELECT id FROM batch LIMIT 1)"
            " WHERE id = CAST(:id AS uuid)",
            id=action,
        )


@pytest_asyncio.fixture(loop_scope="session")
async def enter(browser: Browser, address: str, records: Records) -> Open:
    """A page of the marketer's; an error of its scripts fails the test."""

    async def open_for(path: str) -> Page:
        context = await browser.new_context(
            viewport={"width": 1366, "height": 768}, locale="ja-JP", accept_downloads=True
        )
        page = await context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: pytest.fail(f"a script of the page failed: {error}"))
        await page.goto(f"{address}/login")
        await page.fill("#login", "mari")
        await page.fill("#password", PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_url(lambda url: "/login" not in url)
        await page.goto(f"{address}{path}")
        return page

    return open_for


async def look(page: Page, name: str, no_axe_findings: NoAxeFindings, keep: Keep) -> None:
    """Light, dark, and at 200 %."""
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await no_axe_findings(page)
        await keep(page, f"{name}-{scheme}")
    await page.set_viewport_size({"width": 683, "height": 384})
    await no_axe_findings(page)
    assert int(await page.evaluate("document.documentElement.scrollWidth - innerWidth")) <= 0
    await page.set_viewport_size({"width": 1366, "height": 768})


async def test_the_ledger_says_why_two_and_why_none(
    enter: Open, no_axe_findings: NoAxeFindings, keep: Keep, tmp_path: Path
) -> None:
    page = await enter("/messages")
    await expect(page.locator("#entries tr")).to_have_count(8)
    await expect(page.locator("#entries")).to_contain_text("メールサーバーが宛先を断ったため（550）")
    await look(page, "60-messages", no_axe_findings, keep)
    await page.select_option("#reason", "holdout")
    await expect(page.locator("#entries tr")).to_have_count(1)
    await page.get_by_role("button", name="絞り込みを解除").click()
    await expect(page.locator("#entries tr")).to_have_count(8)
    await page.keyboard.press("/")
    await page.keyboard.type("山田")
    await page.keyboard.press("Enter")
    await expect(page.locator("#about-title")).to_have_text("山田 花子 様の配信")
    await expect(page.locator("#entries tr")).to_have_count(2)
    await expect(page.locator("#entries")).to_contain_text("送りすぎを防ぐため")
    await expect(page.locator("#about-standing")).to_contain_text("メール: 拒否")
    assert "?" not in page.url
    await look(page, "61-messages-one", no_axe_findings, keep)
    async with page.expect_download() as saving:
        await page.locator("#save").click()
    download = await saving.value
    await download.save_as(tmp_path / "messages.csv")
    assert (tmp_path / "messages.csv").read_text(encoding="utf-8-sig").count("山田 花子") == 2
    await page.locator("#about-end").click()
    await expect(page.locator("#entries tr")).to_have_count(8)


async def test_a_person_says_what_became_of_an_unknown_one(
    enter: Open, records: Records, no_axe_findings: NoAxeFindings, keep: Keep
) -> None:
    page = await enter("/consents")
    badge = page.locator("#waiting-messages")
    await expect(badge).to_have_text("1")
    await look(page, "62-message-waiting", no_axe_findings, keep)
    await page.locator("#to-messages").click()
    await expect(page.locator("#count-unknown")).to_have_text("1")
    await page.keyboard.press("u")
    await expect(page.locator("#entries tr")).to_have_count(1)
    await expect(page.locator("#entries")).to_contain_text("1時間35分前から不明")
    await page.locator("#entries button").click()
    await page.locator("#settle-words").click()
    await expect(page.locator("#detail .words")).to_contain_text("m•••@example.jp")
    await no_axe_findings(page)
    await look(page, "62-message-unknown", no_axe_findings, keep)
    await page.select_option("#settle-note", "customer")
    await page.locator("#settle-sent").click()
    await expect(page.locator("#count-unknown")).to_have_text("0")
    await expect(badge).to_be_hidden()
    await expect(page.locator("#none")).to_be_visible()
    assert ("message.settled", "demo/shopify/8", "customer") in [one[:3] for one in await records.audited()]


async def test_the_consents_of_one_customer_their_figures_and_the_lists(
    enter: Open, no_axe_findings: NoAxeFindings, keep: Keep, tmp_path: Path
) -> None:
    page = await enter("/consents")
    await expect(page.locator("#valid-mail b")).to_have_text("5人")
    await expect(page.locator("#entries tr")).to_have_count(8)
    await page.locator(".months summary").click()
    await expect(page.locator("#months tr")).to_have_count(1)
    await look(page, "63-consents", no_axe_findings, keep)
    await page.fill("#ask", "佐藤")
    await page.locator("#ask-form button").click()
    await expect(page.locator("#about-title")).to_have_text("佐藤 美咲 様の同意")
    await expect(page.locator("#entries tr")).to_have_count(1)
    await page.locator("#sleep").click()
    await expect(page.locator("#about-standing")).to_contain_text("起こさない")
    await page.locator("#ban").click()
    await expect(page.locator("#about-standing")).to_contain_text("配信禁止")
    await expect(page.locator("#valid-mail b")).to_have_text("4人")
    await look(page, "64-consents-one", no_axe_findings, keep)
    await page.locator("#tab-never").click()
    await expect(page.locator("#never-entries tr")).to_have_count(3)
    (tmp_path / "never.csv").write_text("m2@example.jp,退会\nM3@example.jp\nnobody\n", encoding="utf-8")
    await page.set_input_files("#never-file", tmp_path / "never.csv")
    await page.locator("#never-import").click()
    await expect(page.locator("#never-entries tr")).to_have_count(5)
    await expect(page.locator("#never-problem")).to_have_text("1件は宛先として読めませんでした")
    await look(page, "65-never", no_axe_findings, keep)
    await page.locator("#tab-sleep").click()
    await expect(page.locator("#sleep-entries")).to_contain_text("佐藤 美咲")
    await look(page, "66-sleep", no_axe_findings, keep)
    await page.locator("#sleep-entries button").click()
    await expect(page.locator("#sleep-none")).to_be_visible()


async def test_the_proof_is_printed_as_a_page_of_its_own(enter: Open, keep: Keep) -> None:
    page = await enter("/consents")
    await page.evaluate("window.print = () => { document.body.dataset.printed = 'yes'; }")
    await page.locator("#print").click()
    await expect(page.locator("body")).to_have_attribute("data-printed", "yes")
    await page.emulate_media(media="print")
    await expect(page.locator("#proof")).to_contain_text("お得な情報をメールで受け取る")
    await expect(page.locator(".top")).to_be_hidden()
    await keep(page, "67-proof")
