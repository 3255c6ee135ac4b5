"""LINE's webhook: signed, once, and true at once; of strangers nothing is kept."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text

from deploy.local.line_fake import line_app
from deploy.local.line_users import Users, signature
from services.notifier.app import Parts, create_app
from services.notifier.channels.line_words import Answer, data_of
from shared.clock import system_clock
from shared.events import envelope as wire
from shared.events.customer import ContactChanged, CustomerErased
from shared.events.engagement import LineBlocked, LineFollowed, SurveyAnswered
from shared.events.envelope import Envelope
from shared.postgres.engine import AsyncEngine, transaction
from tests.fake_line import HANAKO, SECRET, TOKEN, FakeLine, running_line, serving

REF = "demo/shopify/7"
ACTION = "6f1f0f0e-4d1c-5b7e-9a0a-000000000001"
Tell = Callable[..., Awaitable[httpx.Response]]
Follow = Callable[..., Awaitable[None]]
Happened = Callable[..., Envelope]


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[FakeLine]:
    async with running_line(tmp_path) as running:
        yield running


@pytest.fixture
def app(office: Any, line: FakeLine) -> FastAPI:
    """The same desk, but one that LINE knows."""
    settings = office.settings.model_copy(
        update={
            "line_channel_secret": SecretStr(SECRET),
            "line_access_token": SecretStr(TOKEN),
            "line_api_url": line.url,
        }
    )
    parts = Parts(office.desk, office.door, office.fanout)
    return create_app(settings, office.desk.business_now, system_clock, parts)


@pytest.fixture
async def desk(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.example") as client:
        yield client


@pytest.fixture
def tell(desk: httpx.AsyncClient) -> Tell:
    async def send(*events: dict[str, Any], secret: str = SECRET) -> httpx.Response:
        body = msgspec.json.encode({"destination": "U1", "events": events})
        headers = {"x-line-signature": signature(secret.encode(), body)}
        return await desk.post("/line/webhook", content=body, headers=headers)

    return send


@pytest.fixture
async def hanako(follow: Follow, happened: Happened) -> str:
    """A customer with a LINE id."""
    await follow(happened(ContactChanged(name="山田 花子", line=HANAKO)))
    return REF


@pytest.fixture
async def message(engine: AsyncEngine, hanako: str) -> str:
    """One that she got by LINE."""
    planned = (
        "INSERT INTO enrolment (customer_ref, scenario, episode, version, kind, cart, enrolled_at)"
        " VALUES (:ref, 'nps', 'e1', 1, 'survey', 'demo/shopify', now())",
        "INSERT INTO action (id, customer_ref, scenario, episode, step, channel, shop, correlation_id,"
        " causation_id, due_at, began_at, state) VALUES (CAST(:id AS uuid), :ref, 'nps', 'e1', 'ask',"
        " 'line', 'demo', 'c', 'c', now(), now(), 'sent')",
    )
    async with transaction(engine) as connection:
        await connection.execute(text(planned[0]), {"ref": hanako})
        await connection.execute(text(planned[1]), {"id": ACTION, "ref": hanako})
    return ACTION


async def told(engine: AsyncEngine) -> list[tuple[str, object]]:
    """What was said to everyone since the contact came."""
    async with transaction(engine) as connection:
        rows = await connection.execute(text("SELECT value FROM outbox ORDER BY id"))
        events = [wire.decode(row.value) for row in rows]
    return [(event.subject, event.data) for event in events]


async def unreached(engine: AsyncEngine) -> list[tuple[str, str, str]]:
    async with transaction(engine) as connection:
        rows = await connection.execute(text("SELECT customer_ref, channel, reason FROM unreachable"))
        return [tuple(row) for row in rows]


def at(event: dict[str, Any], moment: datetime) -> dict[str, Any]:
    return {**event, "timestamp": int(moment.timestamp() * 1000)}


async def test_a_block_means_no_more_line_until_it_is_taken_back(
    engine: AsyncEngine, tell: Tell, line: FakeLine, hanako: str
) -> None:
    assert (await tell(line.users.event(HANAKO, "unfollow"))).status_code == 200
    assert await unreached(engine) == [(hanako, "line", "line_blocked")]
    await tell(line.users.event(HANAKO, "follow", follow={"isUnblocked": True}))
    assert await unreached(engine) == []
    assert await told(engine) == [(hanako, LineBlocked()), (hanako, LineFollowed())]


async def test_what_is_told_again_counts_once(
    engine: AsyncEngine, tell: Tell, line: FakeLine, hanako: str
) -> None:
    event = line.users.event(HANAKO, "unfollow")
    await tell(event)
    await tell({**event, "deliveryContext": {"isRedelivery": True}})
    assert await told(engine) == [(hanako, LineBlocked())]


async def test_an_old_block_that_is_told_late_does_not_undo_a_newer_follow(
    engine: AsyncEngine, tell: Tell, line: FakeLine, hanako: str
) -> None:
    now = system_clock()
    await tell(at(line.users.event(HANAKO, "follow"), now - timedelta(minutes=1)))
    await tell(at(line.users.event(HANAKO, "unfollow"), now - timedelta(minutes=5)))
    assert await unreached(engine) == []


async def test_the_same_holds_when_the_cart_tells_of_it(
    engine: AsyncEngine, follow: Follow, happened: Happened, hanako: str
) -> None:
    await follow(happened(LineBlocked(), minutes=1))
    assert await unreached(engine) == [(hanako, "line", "line_blocked")]
    await follow(happened(LineFollowed(), minutes=2))
    assert await unreached(engine) == []


async def test_a_pressed_reply_is_an_answer_and_is_thanked_for(
    engine: AsyncEngine, tell: Tell, line: FakeLine, message: str
) -> None:
    event = line.users.event(HANAKO, "postback", postback={"data": data_of(Answer(message, "nps", "9"))})
    assert (await tell(event)).status_code == 200
    assert await told(engine) == [(REF, SurveyAnswered("nps", nps=9))]
    (thanks,) = line.line.store.chat(HANAKO)
    assert thanks.content == [{"type": "text", "text": "ご回答ありがとうございます。"}]


async def test_an_answer_to_somebody_else_s_message_is_none(
    engine: AsyncEngine, tell: Tell, line: FakeLine, message: str
) -> None:
    stranger = "U" + "0b" * 16
    data = {"data": data_of(Answer(message, "nps", "0"))}
    assert (await tell(line.users.event(stranger, "postback", postback=data))).status_code == 200
    assert await told(engine) == []


async def test_of_strangers_and_small_talk_nothing_is_kept(
    engine: AsyncEngine, tell: Tell, line: FakeLine, hanako: str
) -> None:
    stranger = "U" + "0b" * 16
    talk = line.users.event(HANAKO, "message", message={"type": "text", "text": "こんにちは"})
    answer = await tell(line.users.event(stranger, "unfollow"), talk)
    assert answer.status_code == 200
    assert (await told(engine), await unreached(engine)) == ([], [])


async def test_of_who_is_erased_nothing_is_kept(
    engine: AsyncEngine, tell: Tell, follow: Follow, happened: Happened, line: FakeLine, hanako: str
) -> None:
    await follow(happened(CustomerErased("7"), minutes=1))
    before = await told(engine)
    await tell(line.users.event(HANAKO, "unfollow"))
    assert (await told(engine), await unreached(engine)) == (before, [])


async def test_two_accounts_of_one_line_user_are_both_told_of(
    engine: AsyncEngine, tell: Tell, follow: Follow, happened: Happened, line: FakeLine, hanako: str
) -> None:
    await follow(happened(ContactChanged(line=HANAKO), subject="demo/shopify/8"))
    await tell(line.users.event(HANAKO, "unfollow"))
    assert [ref for ref, _, _ in sorted(await unreached(engine))] == [hanako, "demo/shopify/8"]


async def test_line_s_check_of_the_address_is_answered(tell: Tell) -> None:
    assert (await tell()).status_code == 200


async def test_what_is_not_signed_by_line_is_refused(
    engine: AsyncEngine, tell: Tell, desk: httpx.AsyncClient, line: FakeLine, hanako: str
) -> None:
    assert (await tell(line.users.event(HANAKO, "unfollow"), secret="wrong")).status_code == 401
    assert (await desk.post("/line/webhook", content=b'{"events": []}')).status_code == 401
    assert await unreached(engine) == []


async def test_what_is_signed_but_no_webhook_is_refused_too(desk: httpx.AsyncClient) -> None:
    headers = {"x-line-signature": signature(SECRET.encode(), b"[]")}
    assert (await desk.post("/line/webhook", content=b"[]", headers=headers)).status_code == 400


async def test_a_webhook_may_be_as_large_as_a_megabyte(desk: httpx.AsyncClient) -> None:
    for size, status in ((1_000_000, 200), (1_100_000, 413)):
        body = msgspec.json.encode({"events": [], "more": "x" * size})
        headers = {"x-line-signature": signature(SECRET.encode(), body)}
        assert (await desk.post("/line/webhook", content=body, headers=headers)).status_code == status


async def test_without_the_secret_there_is_no_such_address(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.post("/line/webhook", content=b"{}")).status_code == 404


async def test_what_is_pressed_and_blocked_on_the_fake_line_s_page_is_heard_at_the_desk(
    engine: AsyncEngine, app: FastAPI, line: FakeLine, message: str
) -> None:
    async with serving(app) as url, httpx.AsyncClient(trust_env=False) as browser:
        users = Users(line.line.store, f"{url}/line/webhook", SECRET.encode(), system_clock)
        async with serving(line_app(line.line, users)) as page:
            pressed = {"data": data_of(Answer(message, "nps", "9")), "words": "9"}
            answers = [
                await browser.post(f"{page}/users/{HANAKO}/press", data=pressed),
                await browser.post(f"{page}/users/{HANAKO}/block"),
            ]
    assert [answer.headers["location"] for answer in answers] == [f"/users/{HANAKO}"] * 2
    assert await told(engine) == [(REF, SurveyAnswered("nps", nps=9)), (REF, LineBlocked())]
    assert await unreached(engine) == [(REF, "line", "line_blocked")]
