"""Links in messages: a person's click is counted once and led on; machines only look, and cannot answer."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from services.notifier.scenarios.link import Links, ToAnswer, ToPage, ToSurvey, sign
from services.notifier.scenarios.scenario import Creative, Reply, Scenario, Step
from services.notifier.scenarios.trigger import OnEvent
from services.notifier.store import scenarios
from shared.events.engagement import LineClicked, MailClicked, SurveyAnswered
from shared.postgres.engine import transaction

if TYPE_CHECKING:
    from tests.integration.notifier.mail.conftest import Shop

Sent = Callable[..., Awaitable[str]]
SECRET = b"s" * 32
PAGE = "https://midori.example/account?from=mail&x=%E8%8C%B6"


def to_page(action: str, url: str = PAGE) -> str:
    return "/go/" + sign(SECRET, ToPage(action, url))


def to_answer(action: str, answer: str = "too_much") -> str:
    return "/go/" + sign(SECRET, ToAnswer(action, "pace", answer, "量が多い"))


async def test_a_click_leads_on_and_is_told_to_everyone(shop: "Shop", sent: Sent) -> None:
    action = await sent()
    answer = await shop.web.get(to_page(action))
    assert (answer.status_code, answer.headers["location"]) == (302, PAGE)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in answer.headers
    (told,) = await shop.events()
    assert told.data == MailClicked(action)
    assert (told.subject, told.source, told.shop) == (
        "tea-shop/shopify/1001",
        "/shops/tea-shop/shopify",
        "tea-shop",
    )
    assert await shop.happenings() == [("mail.clicked", action)]


async def test_clicks_of_one_minute_are_one(shop: "Shop", sent: Sent) -> None:
    link = to_page(await sent())
    shop.clock[0] = shop.clock[0].replace(second=10)
    await shop.web.get(link)
    await shop.web.get(link)
    assert len(await shop.events()) == 1
    shop.clock[0] += timedelta(minutes=1)
    await shop.web.get(link)
    assert len(await shop.events()) == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-purpose": "prefetch;prerender"},
        {"purpose": "prefetch"},
        {"x-moz": "prefetch"},
        {"sec-fetch-mode": "no-cors"},
        {"user-agent": "SafeLinks-Scanner/1.0"},
        {"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
        {"user-agent": ""},
    ],
)
async def test_who_only_looks_is_led_on_and_not_counted(
    shop: "Shop", sent: Sent, headers: dict[str, str]
) -> None:
    answer = await shop.web.get(to_page(await sent()), headers=headers)
    assert answer.status_code == 302
    assert await shop.events() == []


async def test_asking_for_the_head_alone_counts_nothing(shop: "Shop", sent: Sent) -> None:
    answer = await shop.web.head(to_page(await sent()))
    assert (answer.status_code, answer.headers["location"]) == (302, PAGE)
    assert await shop.events() == []


async def test_a_link_nobody_signed_leads_nowhere(shop: "Shop", sent: Sent) -> None:
    action = await sent()
    forged = "/go/" + sign(b"x" * 32, ToPage(action, "https://evil.example/"))
    for link in (forged, to_page(action) + "x", "/go/x", "/go/https:evil.example"):
        answer = await shop.web.get(link)
        assert answer.status_code == 404
        assert "location" not in answer.headers
        assert "0120-000-000" in answer.text
    assert await shop.events() == []


async def test_only_addresses_of_the_web_are_led_to(shop: "Shop", sent: Sent) -> None:
    action = await sent()
    for url in ("javascript:alert(1)", "//evil.example", "data:text/html,x", "https://"):
        assert (await shop.web.get(to_page(action, url))).status_code == 404
        assert Links("https://shop.example", SECRET, action, "").to(url) == url


async def test_a_click_of_who_is_erased_is_not_told(shop: "Shop", sent: Sent) -> None:
    link = to_page(await sent())
    async with transaction(shop.engine) as connection:
        await connection.execute(
            text("INSERT INTO customer_mark (customer_ref, erased_at) VALUES (:ref, now())"),
            {"ref": "tea-shop/shopify/1001"},
        )
    assert (await shop.web.get(link)).status_code == 302
    assert await shop.events() == []


@pytest.mark.parametrize("state", ["planned", "suppressed"])
async def test_what_never_left_cannot_be_clicked(shop: "Shop", sent: Sent, state: str) -> None:
    action = await sent(state=state)
    await shop.rows("UPDATE action SET began_at = NULL RETURNING id")
    await shop.web.get(to_page(action))
    assert await shop.events() == []


async def test_a_click_in_line_is_told_as_such_and_what_is_printed_has_no_clicks(
    shop: "Shop", sent: Sent
) -> None:
    action = await sent("line")
    for way in (action, await sent("postal_dm")):
        assert (await shop.web.get(to_page(way))).status_code == 302
    assert [one.data for one in await shop.events()] == [LineClicked(action)]


async def test_somebody_who_clicks_without_end_is_led_on_and_no_longer_counted(
    shop: "Shop", sent: Sent
) -> None:
    link = to_page(await sent())
    for _ in range(30):
        shop.clock[0] += timedelta(minutes=1)
        assert (await shop.web.get(link)).status_code == 302
    assert 20 <= len(await shop.events()) <= 25


async def test_looking_at_an_answer_answers_nothing(shop: "Shop", sent: Sent) -> None:
    page = await shop.web.get(to_answer(await sent()))
    assert page.status_code == 200
    assert page.text.count("<button") == 1
    assert "量が多い" in page.text
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert await shop.events() == []


@pytest.mark.parametrize("way", ["mail", "line"])
async def test_the_button_answers_once_however_often_it_is_pressed(
    shop: "Shop", sent: Sent, way: str
) -> None:
    link = to_answer(await sent(way))
    for _ in range(3):
        answer = await shop.web.post(link)
        assert answer.status_code == 200
        assert "ありがとうございました" in answer.text
    assert [one.data for one in await shop.events()] == [SurveyAnswered("pace", reason="too_much")]
    assert [what for what, _ in await shop.happenings()] == ["survey.answered"]


async def test_numbers_are_recommendations(shop: "Shop", sent: Sent) -> None:
    await shop.web.post(to_answer(await sent(), "9"))
    assert [one.data for one in await shop.events()] == [SurveyAnswered("pace", nps=9)]


async def test_what_is_printed_leads_to_all_the_answers(shop: "Shop", sent: Sent) -> None:
    replies = (Reply("量が多い", "too_much"), Reply("ちょうどよい", "good"))
    creative = Creative("card", "postal_dm", "いかがですか。", survey="pace", replies=replies)
    step = Step("mail", ("postal_dm",), (creative,))
    scenario = Scenario("thanks", "お礼", OnEvent("order.placed"), (step,), "thanks/1")
    async with transaction(shop.engine) as connection:
        await scenarios.save(connection, scenario, "misaki", None, 0)
    action = await sent("postal_dm")
    page = await shop.web.get("/go/" + sign(SECRET, ToSurvey(action, "pace")))
    assert page.status_code == 200
    first, second = re.findall(r'action="(/go/[^"]+)"', page.text)
    await shop.web.post(second)
    assert [one.data for one in await shop.events()] == [SurveyAnswered("pace", reason="good")]
    assert (await shop.web.get("/go/" + sign(SECRET, ToSurvey(action, "other")))).status_code == 404
    assert first != second


async def test_a_page_takes_no_answer_and_nothing_unsigned_does(shop: "Shop", sent: Sent) -> None:
    action = await sent()
    for link in (to_page(action), to_answer(action) + "x", "/go/x"):
        assert (await shop.web.post(link)).status_code == 404
    assert await shop.events() == []
