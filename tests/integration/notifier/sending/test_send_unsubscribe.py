"""The unsubscribe link: one POST is enough, a GET changes nothing, and the mails stop."""

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

import httpx
import pytest
from fastapi import FastAPI

from services.notifier.routes import unsubscribe
from services.notifier.scenarios.unsubscribe import sign
from services.notifier.templates.occasion import Sender
from shared.events.customer import ConsentGranted, ConsentWithdrawn
from shared.events.risk import RiskAssessed

if TYPE_CHECKING:
    from tests.integration.notifier.sending.conftest import Desk

Risk = Callable[..., RiskAssessed]
SECRET = b"secret of these tests"
SENDER = Sender("みどり茶房", "みどり茶房", "shop@midori.example", "東京都千代田区1-1-1", "0120-000-000", "")
LINK = f"/unsubscribe/{sign(SECRET, 'tea-shop/shopify/1001', 'mail')}"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
async def browser(desk: "Desk") -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(unsubscribe.router(desk.engine, SENDER, [SECRET], desk.clock))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.example") as client:
        yield client


async def granted(desk: "Desk") -> list[object]:
    return [yes for (yes,) in await desk.rows("SELECT granted FROM consent")]


async def test_looking_at_the_link_changes_nothing(desk: "Desk", browser: httpx.AsyncClient) -> None:
    await desk.meet()
    answer = await browser.get(LINK)
    assert answer.status_code == 200
    assert "配信を停止しますか" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert await granted(desk) == [True]
    assert await desk.events() == []


async def test_one_post_withdraws_the_consent_and_tells_it_once(
    desk: "Desk", browser: httpx.AsyncClient
) -> None:
    await desk.meet()
    desk.later(minutes=1)
    for _ in range(2):
        answer = await browser.post(LINK, data=ONE_CLICK)
        assert answer.status_code == 200
        assert "配信を停止しました" in answer.text
        assert "set-cookie" not in answer.headers
        desk.later(minutes=1)
    assert await granted(desk) == [False]
    assert await desk.events() == [ConsentWithdrawn("mail")]


async def test_the_mails_stop_until_there_is_a_new_yes(
    desk: "Desk", browser: httpx.AsyncClient, at_risk: Risk
) -> None:
    await desk.meet()
    await desk.tell(at_risk("e1"))
    desk.later(minutes=1)
    await browser.post(LINK)
    await desk.dispatcher().turn()
    assert await desk.states() == [("suppressed", "no_consent")]
    desk.later(minutes=1)
    await desk.tell(ConsentGranted("mail"))
    await desk.tell(at_risk("e2"))
    await desk.dispatcher().turn()
    assert len(desk.post.kept) == 1
    desk.later(minutes=1)
    await browser.post(LINK)
    assert (await desk.events())[-1] == ConsentWithdrawn("mail")
    assert await granted(desk) == [False]


async def test_the_link_in_a_mail_is_the_one_that_works(
    desk: "Desk", browser: httpx.AsyncClient, at_risk: Risk
) -> None:
    await desk.meet()
    await desk.tell(at_risk())
    await desk.dispatcher().turn()
    link = desk.post.kept[0]["List-Unsubscribe"].strip("<>")
    desk.later(minutes=1)
    assert (await browser.post(link.removeprefix("https://desk.midori.example"))).status_code == 200
    assert await granted(desk) == [False]


async def test_who_never_agreed_may_refuse_as_well(desk: "Desk", browser: httpx.AsyncClient) -> None:
    assert (await browser.post(LINK)).status_code == 200
    assert await granted(desk) == [False]


@pytest.mark.parametrize("link", ["/unsubscribe/x", LINK + "x", "/unsubscribe/a.b"])
async def test_a_link_nobody_signed_opens_nothing(
    desk: "Desk", browser: httpx.AsyncClient, link: str
) -> None:
    await desk.meet()
    for answer in (await browser.get(link), await browser.post(link)):
        assert answer.status_code == 404
        assert "0120-000-000" in answer.text
    assert await granted(desk) == [True]
