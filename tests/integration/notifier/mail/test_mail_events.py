"""What comes back of mails: bounces and complaints hold at once, count once, and only if they are signed."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client import REGISTRY

from shared.clock import system_clock
from shared.events.action import ActionSent
from shared.events.customer import ConsentWithdrawn
from shared.events.engagement import MailBounced, MailClicked, MailOpened

if TYPE_CHECKING:
    from tests.integration.notifier.mail.conftest import Shop

Sent = Callable[..., Awaitable[str]]
UNREACHABLE = "SELECT channel, reason FROM unreachable"
CONSENTS = "SELECT channel, granted FROM consent"


def word(what: str, action: str | None = None, **data: Any) -> bytes:
    named = {"message_id": f"<{action}@midori.example>"} if action else {}
    return json.dumps({"type": f"mail.{what}", "data": {**named, **data}}).encode()


def returned(action: str, status: str = "5.1.1", said: str = "failed", head_only: bool = False) -> bytes:
    original = f"From: shop@midori.example\r\nMessage-ID: <{action}@midori.example>\r\nSubject: x\r\n\r\n" + (
        "" if head_only else "body\r\n"
    )
    kind = "text/rfc822-headers" if head_only else "message/rfc822"
    return (
        "From: MAILER-DAEMON@mx.example\r\nTo: shop@midori.example\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nYour mail did not arrive.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; hanako@example.jp\r\nAction: {said}\r\nStatus: {status}\r\n"
        f"--b\r\nContent-Type: {kind}\r\n\r\n{original}--b--\r\n"
    ).encode()


async def test_a_dead_address_is_not_written_to_again(shop: "Shop", sent: Sent) -> None:
    action = await sent()
    answer = await shop.tell("/mail/events", word("bounced", action, kind="hard", status="5.1.1"))
    assert answer.status_code == 204
    assert [one.data for one in await shop.events()] == [MailBounced(True, action)]
    assert await shop.rows(UNREACHABLE) == [("mail", "hard_bounce")]
    assert await shop.happenings() == [("mail.bounced", action)]


@pytest.mark.parametrize("data", [{"kind": "soft"}, {"kind": "soft", "status": "4.2.2"}, {"status": "5.2.2"}])
async def test_a_full_mailbox_stays_reachable(shop: "Shop", sent: Sent, data: dict[str, str]) -> None:
    action = await sent()
    await shop.tell("/mail/events", word("bounced", action, **data))
    assert [one.data for one in await shop.events()] == [MailBounced(False, action)]
    assert await shop.rows(UNREACHABLE) == []


async def test_a_complaint_is_a_no_to_mail(shop: "Shop", sent: Sent) -> None:
    action = await sent()
    await shop.tell("/mail/events", word("complained", action))
    assert [one.data for one in await shop.events()] == [MailBounced(True, action), ConsentWithdrawn("mail")]
    assert await shop.rows(UNREACHABLE) == [("mail", "complaint")]
    assert await shop.rows(CONSENTS) == [("mail", False)]


async def test_a_word_that_is_told_again_counts_once(shop: "Shop", sent: Sent) -> None:
    action = await sent()
    for _ in range(3):
        await shop.tell("/mail/events", word("complained", action), delivery="msg_1")
    assert len(await shop.events()) == 2


async def test_opening_and_clicking_are_told(shop: "Shop", sent: Sent) -> None:
    action = await sent()
    await shop.tell("/mail/events", word("opened", action))
    await shop.tell("/mail/events", word("clicked", action))
    assert [one.data for one in await shop.events()] == [MailOpened(action), MailClicked(action)]


@pytest.mark.parametrize("what", ["delivered", "opened", "bounced"])
async def test_what_comes_back_proves_that_an_unknown_mail_was_sent(
    shop: "Shop", sent: Sent, what: str
) -> None:
    action = await sent(state="unknown")
    for _ in range(2):
        await shop.tell("/mail/events", word(what, action))
    assert await shop.rows("SELECT state, reason FROM action") == [("sent", None)]
    proofs = [one.data for one in await shop.events() if isinstance(one.data, ActionSent)]
    assert [(one.action, one.channel) for one in proofs] == [(action, "mail")]


async def test_a_mail_is_found_by_the_providers_own_word_too(shop: "Shop", sent: Sent) -> None:
    action = await sent(provider_id="em_4711")
    await shop.tell("/mail/events", word("bounced", id="em_4711", kind="hard"))
    assert [one.data for one in await shop.events()] == [MailBounced(True, action)]


@pytest.mark.parametrize(("kind", "permanent"), [("Permanent", True), ("Transient", False)])
async def test_a_bounce_in_the_words_of_the_api_that_we_send_by(
    shop: "Shop", sent: Sent, kind: str, permanent: bool
) -> None:
    action = await sent(provider_id="56761188-7520-42d8-8898-ff6fc54ce618")
    bounce = {"type": kind, "subType": "General", "message": "The mailbox said no."}
    data = {
        "email_id": "56761188-7520-42d8-8898-ff6fc54ce618",
        "message_id": "<0100019d-7c3f4a52-1f0b-4f7e-9d55-1a2b3c4d5e6f-000000@mail.example>",
        "to": ["hanako@example.jp"],
        "bounce": bounce,
    }
    body = json.dumps({"type": "email.bounced", "created_at": "2026-03-10T03:00:00Z", "data": data}).encode()
    assert (await shop.tell("/mail/events", body)).status_code == 204
    assert [one.data for one in await shop.events()] == [MailBounced(permanent, action)]


@pytest.mark.parametrize(
    "body", [word("delivered"), word("bounced", id="em_unknown"), word("scheduled", id="x")]
)
async def test_what_says_nothing_to_us_is_taken_and_forgotten(shop: "Shop", sent: Sent, body: bytes) -> None:
    await sent()
    assert (await shop.tell("/mail/events", body)).status_code == 204
    assert await shop.events() == []


async def test_what_is_not_signed_or_was_signed_long_ago_is_refused(shop: "Shop", sent: Sent) -> None:
    body = word("complained", await sent())
    long_ago = system_clock() - timedelta(minutes=10)
    refused = [
        await shop.web.post("/mail/events", content=body),
        await shop.tell("/mail/events", body, at=long_ago),
        await shop.tell("/mail/events", body, headers={"webhook-signature": "v1,AAAA v2,x"}),
        await shop.tell("/mail/events", body, headers={"webhook-id": "msg_other"}),
        await shop.web.post("/mail/events/dsn", content=body),
    ]
    assert [one.status_code for one in refused] == [401] * 5
    assert await shop.events() == []


@pytest.mark.parametrize("body", [b"", b"[]", b'{"type": 1}', b"\xff", b'{"type": "bounced", "data": 5}'])
async def test_what_is_signed_and_makes_no_sense_is_refused(shop: "Shop", body: bytes) -> None:
    assert (await shop.tell("/mail/events", body)).status_code == 400


@pytest.mark.parametrize("head_only", [False, True])
async def test_a_mail_that_came_back_is_a_bounce(shop: "Shop", sent: Sent, head_only: bool) -> None:
    action = await sent()
    raw = returned(action, head_only=head_only)
    for _ in range(2):
        assert (await shop.tell("/mail/events/dsn", raw, delivery="msg_1")).status_code == 204
    assert [one.data for one in await shop.events()] == [MailBounced(True, action)]
    assert await shop.rows(UNREACHABLE) == [("mail", "hard_bounce")]


async def test_a_mail_that_is_only_late_is_no_bounce(shop: "Shop", sent: Sent) -> None:
    action = await sent()
    for raw in (
        returned(action, "4.4.1", "delayed"),
        b"From: a@b.jp\r\nSubject: out of office\r\n\r\nhi",
        b"",
    ):
        assert (await shop.tell("/mail/events/dsn", raw)).status_code == 204
    assert await shop.events() == []


async def test_a_full_mailbox_that_sends_back_stays_reachable(shop: "Shop", sent: Sent) -> None:
    action = await sent()
    await shop.tell("/mail/events/dsn", returned(action, "5.2.2"))
    assert [one.data for one in await shop.events()] == [MailBounced(False, action)]
    assert await shop.rows(UNREACHABLE) == []


@pytest.mark.parametrize(
    ("what", "data", "counted"),
    [
        ("bounced", {"kind": "hard"}, "bounced"),
        ("bounced", {"kind": "soft"}, "full"),
        ("complained", {}, "complained"),
    ],
)
async def test_complaints_and_dead_addresses_are_counted_apart(
    shop: "Shop", sent: Sent, what: str, data: dict[str, str], counted: str
) -> None:
    def told(outcome: str) -> float:
        labels = {"what": counted, "outcome": outcome}
        return REGISTRY.get_sample_value("hikitome_mail_events_total", labels) or 0.0

    action, heard, known = await sent(), told("heard"), told("known")
    for _ in range(2):
        await shop.tell("/mail/events", word(what, action, **data), delivery="msg_1")
    assert (told("heard"), told("known")) == (heard + 1, known + 1)
