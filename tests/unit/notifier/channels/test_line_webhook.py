"""What LINE tells by webhook: only what is signed with the channel's secret is believed."""

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.line_users import signature as line_signature
from services.notifier.channels.line_webhook import (
    Delivery,
    Heard,
    Unreadable,
    is_signed,
    read,
    signature,
)
from services.notifier.channels.line_words import Answer, data_of

SECRET = b"channel secret"
USER = "U" + "0a" * 16
ACTION = "6f1f0f0e-4d1c-5b7e-9a0a-000000000001"
AT = datetime(2026, 3, 10, 3, 0, tzinfo=UTC)


def body(*events: dict[str, object]) -> bytes:
    return json.dumps({"destination": "U1", "events": events}).encode()


def event(kind: str, **more: object) -> dict[str, object]:
    return {
        "type": kind,
        "mode": "active",
        "timestamp": int(AT.timestamp() * 1000),
        "source": {"type": "user", "userId": USER},
        "webhookEventId": "01ABC",
        "deliveryContext": {"isRedelivery": False},
        **more,
    }


def test_the_signature_is_the_one_of_a_known_example() -> None:
    """RFC 4231, the second case, in base64."""
    known = bytes.fromhex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    assert base64.b64decode(signature(b"Jefe", b"what do ya want for nothing?")) == known


@given(st.binary(max_size=64), st.binary(min_size=1, max_size=32))
def test_what_is_signed_with_the_secret_is_line_s(raw: bytes, secret: bytes) -> None:
    assert is_signed(secret, raw, line_signature(secret, raw))


@given(st.binary(min_size=1, max_size=64), st.integers(0, 511))
def test_one_other_bit_is_a_forgery(raw: bytes, bit: int) -> None:
    place = bit // 8 % len(raw)
    other = raw[:place] + bytes([raw[place] ^ (1 << bit % 8)]) + raw[place + 1 :]
    assert not is_signed(SECRET, other, signature(SECRET, raw))


@pytest.mark.parametrize("claimed", ["", "AAAA", "あ", "\udc80"])
def test_what_is_no_signature_proves_nothing(claimed: str) -> None:
    assert not is_signed(SECRET, b"{}", claimed)


def test_line_proves_an_address_with_no_events() -> None:
    assert read(body()) == Delivery((), 0)


def test_follows_blocks_and_answers_are_heard() -> None:
    answer = Answer(ACTION, "nps", "9")
    told = body(
        event("follow", replyToken="t1", follow={"isUnblocked": True}),
        event("unfollow"),
        event("postback", replyToken="t2", postback={"data": data_of(answer)}),
    )
    assert read(told).heard == (
        Heard("01ABC", USER, AT, "followed", "t1"),
        Heard("01ABC", USER, AT, "blocked"),
        Heard("01ABC", USER, AT, answer, "t2"),
    )


@pytest.mark.parametrize(
    "said",
    [
        event("message", message={"type": "text", "text": "解約したい"}),
        event("postback", postback={"data": "menu=open"}),
        event("unfollow", source={"type": "group", "groupId": "C1"}),
        event("something-new"),
    ],
)
def test_the_rest_says_nothing_to_us(said: dict[str, object]) -> None:
    assert read(body(said)) == Delivery((), 1)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b'{"events": {}}',
        b'{"events": [{"type": "follow"}]}',
        b"\xff",
        body(event("follow", timestamp=-1)),
        body(event("follow", timestamp=10**18)),
        b"[" * 100_000,
    ],
)
def test_what_is_no_webhook_can_not_be_read(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        read(raw)
