"""What comes back of mails: whatever is posted is read, or refused without harm."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from services.notifier.channels.mail_news import News, Unreadable, read, read_returned
from services.notifier.channels.signature import delivery_signed, key_of

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
KEY = key_of(SECRET)
NOW = datetime(2026, 3, 10, 3, 0, tzinfo=UTC)
ACTION = "8d7a3f0e-7a4b-5c1d-9e2f-000000000001"
PIECES = (
    b"Content-Type: multipart/report; boundary=b\r\n\r\n",
    b"--b\r\n",
    b"--b--\r\n",
    b"Content-Type: message/delivery-status\r\n\r\n",
    b"Content-Type: message/rfc822\r\n\r\n",
    b"Content-Type: text/rfc822-headers\r\nContent-Transfer-Encoding: base64\r\n\r\n",
    b"Action: failed\r\nStatus: 5.1.1\r\n",
    b"Status: \xff\xfe\r\n",
    f"Message-ID: <{ACTION}@midori.example>\r\n".encode(),
    b"\r\n",
    b"Subject: =?utf-8?b?4pi6?= =?x?\r\n",
)


def headers(body: bytes, at: datetime = NOW, delivery: str = "msg_1") -> dict[str, str]:
    signature = Webhook(SECRET).sign(delivery, at, body.decode("latin-1"))
    return {
        "webhook-id": delivery,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }


def test_what_the_standards_own_library_signs_is_signed() -> None:
    assert delivery_signed(KEY, headers(b'{"a": 1}'), b'{"a": 1}', NOW) == "msg_1"
    both = headers(b"{}")
    both["webhook-signature"] = f"v1,{base64.b64encode(b'x' * 32).decode()} {both['webhook-signature']}"
    assert delivery_signed(KEY, both, b"{}", NOW) == "msg_1"


def test_the_older_names_of_the_headers_are_known_and_never_mixed_with_the_new() -> None:
    old = {name.replace("webhook", "svix"): value for name, value in headers(b"{}").items()}
    assert delivery_signed(KEY, old, b"{}", NOW) == "msg_1"
    assert delivery_signed(KEY, {**old, "webhook-id": "msg_2"}, b"{}", NOW) is None


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_signature_of_another_time_is_none(minutes: int) -> None:
    assert delivery_signed(KEY, headers(b"{}", NOW + timedelta(minutes=minutes)), b"{}", NOW) is None
    assert delivery_signed(KEY, headers(b"{}", NOW + timedelta(minutes=minutes / 2)), b"{}", NOW)


@given(st.dictionaries(st.sampled_from([*headers(b"{}")]), st.text(max_size=60)), st.binary(max_size=40))
def test_nobody_without_the_key_can_sign(changes: dict[str, str], body: bytes) -> None:
    genuine = headers(b"{}")
    changed = {**genuine, **changes}
    assert delivery_signed(KEY, changed, b"{}", NOW) is None or changed == genuine
    assert delivery_signed(KEY, {**changes}, body, NOW) is None or changes == genuine


def test_a_secret_that_is_none_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"(?i)base64|padding"):
        key_of("whsec_not base64!")


@given(st.binary(max_size=200) | st.from_regex(r'\{"type": ?"(mail\.)?(bounced|opened)"[^\x00]{0,40}\}'))
def test_whatever_a_provider_posts_is_read_or_refused(body: bytes | str) -> None:
    raw = body.encode() if isinstance(body, str) else body
    try:
        told = read("msg_1", raw)
    except Unreadable:
        return
    assert told is None or isinstance(told, News)


@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=20), max_size=14).map(b"".join))
def test_whatever_mail_comes_back_is_read_or_refused(raw: bytes) -> None:
    try:
        told = read_returned("msg_1", raw)
    except Unreadable:
        return
    assert told is None or told.action == ACTION


def test_a_mail_in_a_mail_without_end_harms_nobody() -> None:
    deep = b"Content-Type: message/rfc822\r\n\r\n" * 3000 + b"Subject: x\r\n\r\n"
    try:
        assert read_returned("msg_1", deep) is None
    except Unreadable:
        return
