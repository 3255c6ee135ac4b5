"""How a call ends, in a real browser: one key where nothing is missing, and nothing typed is ever lost."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.async_api import Page, expect
from sqlalchemy import text

from services.notifier.desk import Desk
from shared.events.customer import ContactChanged
from shared.postgres.engine import AsyncEngine, transaction

OpenDesk = Callable[..., Awaitable[Page]]
RaiseAlert = Callable[..., Awaitable[str]]
LiveFully = Callable[[str], Awaitable[str]]
Tell = Callable[..., Awaitable[None]]
NAME, NEXT = "山田 花子", "佐藤 一郎"


async def recorded(engine: AsyncEngine) -> list[Any]:
    asked = text(
        "SELECT d.disposition, d.reason, d.reason_detail, d.offer, d.answer, n.note FROM disposition AS d"
        " LEFT JOIN disposition_note AS n ON n.disposition = d.id ORDER BY d.at"
    )
    async with transaction(engine) as connection:
        return [tuple(row) for row in await connection.execute(asked)]


async def claimed(open_desk: OpenDesk) -> Page:
    page = await open_desk("misaki")
    await expect(page.locator("#card h2")).to_have_text(f"{NAME} 様")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-disposition=kept]")).to_be_enabled()
    return page


async def test_one_key_records_what_needs_nothing_more_and_twice_the_key_records_it_once(
    open_desk: OpenDesk, raise_alert: RaiseAlert, engine: AsyncEngine
) -> None:
    await raise_alert(NAME, priority=9)
    await raise_alert(NEXT, priority=1)
    page = await claimed(open_desk)
    await page.keyboard.press("1")
    await page.keyboard.press("1")
    await expect(page.locator("#card h2")).to_have_text(f"{NEXT} 様")
    await expect(page.locator("#claim")).to_be_enabled()
    assert await recorded(engine) == [("kept", None, None, None, None, None)]


async def test_a_double_click_records_one_result_and_leaves_the_next_customer_alone(
    open_desk: OpenDesk, raise_alert: RaiseAlert, engine: AsyncEngine
) -> None:
    await raise_alert(NAME, priority=9)
    await raise_alert(NEXT, priority=1)
    page = await claimed(open_desk)
    await page.select_option("#reason", "too_much")
    await page.dblclick("[data-disposition=no_answer]")
    await expect(page.locator("#card h2")).to_have_text(f"{NEXT} 様")
    await expect(page.locator("#claim")).to_be_enabled()
    assert await recorded(engine) == [("no_answer", None, None, None, None, None)]


async def test_what_the_server_refuses_is_told_at_its_field_and_can_be_put_right(
    open_desk: OpenDesk, live_fully: LiveFully, engine: AsyncEngine
) -> None:
    await live_fully(NAME)
    page = await claimed(open_desk)
    await page.fill("#note", "間隔を2か月に")
    await page.click("#offer-cycle")
    await page.click("#answer-accepted")
    await page.keyboard.press("1")
    await expect(page.locator("#outcome-problem")).to_have_text("ご提案への返答と結果が合いません")
    await expect(page.locator("#answer")).to_be_focused()
    await expect(page.locator("#note")).to_have_value("間隔を2か月に")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await page.keyboard.press("2")
    await expect(page.locator("#rows .row")).to_have_count(0)
    assert [(row[0], row[3], row[4]) for row in await recorded(engine)] == [
        ("kept_modified", "cycle", "accepted")
    ]


async def test_reason_and_note_go_with_the_result(
    open_desk: OpenDesk, raise_alert: RaiseAlert, engine: AsyncEngine
) -> None:
    await raise_alert(NAME)
    page = await claimed(open_desk)
    await page.keyboard.press("r")
    await expect(page.locator("#reason")).to_be_focused()
    await page.select_option("#reason", "too_much")
    await page.select_option("#reason-detail", "forgets")
    await page.keyboard.press("Escape")
    await page.keyboard.press("m")
    await page.keyboard.type("まだ2袋ある")
    await page.keyboard.press("Escape")
    await page.keyboard.press("1")
    await expect(page.locator("#rows .row")).to_have_count(0)
    assert await recorded(engine) == [("kept", "too_much", "forgets", None, None, "まだ2袋ある")]


async def test_an_accepted_offer_makes_its_result_one_key_away(
    open_desk: OpenDesk, live_fully: LiveFully, engine: AsyncEngine
) -> None:
    await live_fully(NAME)
    page = await claimed(open_desk)
    await expect(page.locator("#offers .offer").first).to_be_attached()
    await page.keyboard.press("o")
    await expect(page.locator("#offer-cycle")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#answer-accepted")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator(".offered")).to_contain_text("承諾")
    await expect(page.locator("[data-disposition=kept_modified].likely")).to_be_enabled()
    await page.keyboard.press("2")
    await expect(page.locator("#rows .row")).to_have_count(0)
    assert await recorded(engine) == [("kept_modified", None, None, "cycle", "accepted", None)]


async def test_where_persuasion_ends_nothing_is_offered(open_desk: OpenDesk, live_fully: LiveFully) -> None:
    await live_fully(NAME)
    page = await claimed(open_desk)
    await expect(page.locator("#offers .offer").first).to_be_attached()
    await page.select_option("#reason", "not_suitable")
    await expect(page.locator("#talk .persuasion")).to_have_text("ご提案なし: 手続きのみ")
    await expect(page.locator("#offers .offer")).to_have_count(0)


async def test_a_call_back_takes_two_keys(
    open_desk: OpenDesk, raise_alert: RaiseAlert, engine: AsyncEngine
) -> None:
    await raise_alert(NAME)
    page = await claimed(open_desk)
    await page.keyboard.press("5")
    await expect(page.locator("#record")).to_be_enabled()
    await page.keyboard.press("1")
    await expect(page.locator("#tally-later")).to_have_text("1")
    assert [row[0] for row in await recorded(engine)] == ["callback"]


async def test_a_call_back_in_the_past_is_told_at_its_field_and_nothing_typed_is_lost(
    open_desk: OpenDesk, raise_alert: RaiseAlert, engine: AsyncEngine
) -> None:
    await raise_alert(NAME)
    page = await claimed(open_desk)
    await page.fill("#note", "夕方に")
    await page.keyboard.press("Escape")
    await page.keyboard.press("5")
    await page.fill("#callback-at", "2020-01-01T10:00")
    await expect(page.locator("#record")).to_be_enabled()
    await page.click("#record")
    await expect(page.locator("#outcome-problem")).to_have_text("かけ直しはこれからの日時にしてください")
    await expect(page.locator("#callback-at")).to_be_focused()
    await expect(page.locator("#note")).to_have_value("夕方に")
    assert await recorded(engine) == []


async def test_what_was_typed_outlives_a_lost_connection(
    open_desk: OpenDesk, raise_alert: RaiseAlert, engine: AsyncEngine
) -> None:
    await raise_alert(NAME)
    page = await claimed(open_desk)
    await page.fill("#note", "続けるとのこと")
    await page.keyboard.press("Escape")
    await page.context.set_offline(True)
    await page.keyboard.press("1")
    await expect(page.locator("#note")).to_have_value("続けるとのこと")
    assert await recorded(engine) == []
    await page.context.set_offline(False)
    await expect(page.locator("#live[data-state=live]")).to_be_visible(timeout=20_000)
    await page.keyboard.press("1")
    await expect(page.locator("#rows .row")).to_have_count(0)
    assert [row[5] for row in await recorded(engine)] == ["続けるとのこと"]


async def test_what_was_typed_outlives_a_reload_and_not_a_log_out(
    open_desk: OpenDesk, raise_alert: RaiseAlert
) -> None:
    await raise_alert(NAME)
    page = await claimed(open_desk)
    await page.select_option("#reason", "moving")
    await page.fill("#note", "来月引越")
    await page.reload()
    await expect(page.locator("#note")).to_have_value("来月引越")
    await expect(page.locator("#reason")).to_have_value("moving")
    await page.click("#log-out")
    await expect(page.locator("#password")).to_be_visible()
    assert await page.evaluate("sessionStorage.getItem('desk.drafts')") is None


async def test_what_was_typed_is_still_there_when_the_lease_has_ended_and_another_took_over(
    open_desk: OpenDesk, raise_alert: RaiseAlert, desk: Desk
) -> None:
    alert = await raise_alert(NAME)
    page = await claimed(open_desk)
    await page.fill("#note", "途中のメモ")
    await page.keyboard.press("Escape")
    await _end_lease(desk.engine, alert)
    await desk.claim(alert, "ken")
    await expect(page.locator("#card .actions")).to_contain_text("藤井 健が対応中です")
    await expect(page.locator(".unsaved")).to_contain_text("途中のメモ")
    await desk.release(alert, "ken")
    await page.click("#claim")
    await expect(page.locator("#note")).to_have_value("途中のメモ")


async def test_what_an_input_method_is_composing_outlives_what_the_stream_tells(
    open_desk: OpenDesk, raise_alert: RaiseAlert, tell: Tell
) -> None:
    await raise_alert(NAME)
    page = await claimed(open_desk)
    await page.keyboard.press("5")
    await page.focus("#note")
    keyboard = await page.context.new_cdp_session(page)
    composing = {"text": "つづける", "selectionStart": 4, "selectionEnd": 4}
    await keyboard.send("Input.imeSetComposition", composing)
    await tell(NAME, ContactChanged(name=NAME, phone="+819000000171"))
    await expect(page.locator("#call")).to_contain_text("090-0000-0171")
    await raise_alert(NAME, probability=0.9)
    await expect(page.locator("#card .gauge")).to_contain_text("90%")
    await keyboard.send("Input.insertText", {"text": "続ける"})
    await expect(page.locator("#note")).to_have_value("続ける")


async def test_a_card_is_handed_to_a_colleague_who_has_it_at_once(
    open_desk: OpenDesk, raise_alert: RaiseAlert
) -> None:
    await raise_alert(NAME)
    misaki, ken = await claimed(open_desk), await open_desk("ken")
    await misaki.keyboard.press("f")
    await misaki.select_option("#transfer-to", "ken")
    await misaki.fill("#transfer-note", "お支払いの件です")
    await misaki.click("#transfer-send")
    await expect(ken.locator("[data-disposition=kept]")).to_be_enabled()
    await expect(misaki.locator("#transfer-dialog")).to_have_count(0)


async def test_no_contact_any_more_is_asked_once_more_before_it_is_recorded(
    open_desk: OpenDesk, raise_alert: RaiseAlert, engine: AsyncEngine
) -> None:
    await raise_alert(NAME)
    page = await claimed(open_desk)
    await page.keyboard.press("8")
    await expect(page.locator(".outcome .hint")).to_contain_text("すべて止めます")
    assert await recorded(engine) == []
    await expect(page.locator("#record")).to_be_enabled()
    await page.keyboard.press("Enter")
    await expect(page.locator("#rows .row")).to_have_count(0)
    assert [row[0] for row in await recorded(engine)] == ["dnc"]


async def _end_lease(engine: AsyncEngine, alert: str) -> None:
    over = datetime.now(UTC) - timedelta(seconds=1)
    async with transaction(engine) as connection:
        await connection.execute(
            text("UPDATE alert SET lease_until = :over WHERE id = CAST(:id AS uuid)"),
            {"over": over, "id": alert},
        )
