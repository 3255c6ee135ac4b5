"""Webhooks on their way out: signed as the standard says, over TLS to a checked address, and nowhere else."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from services.notifier.channels.webhook import Post, Webhooks, allows, is_public, retry_after, signed
from services.notifier.retries import Answered, Unanswered
from shared.clock import system_clock

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


@given(st.binary(max_size=200).map(lambda raw: b'"' + raw.hex().encode() + b'"'), st.uuids())
def test_the_library_of_the_standard_accepts_what_we_sign(body: bytes, key: object) -> None:
    headers = signed(Post(f"msg_{key}", "https://a.example", (SECRET,), body), system_clock())
    assert Webhook(SECRET).verify(body, headers) == body.decode().strip('"')


def test_the_signature_is_the_one_of_the_standards_own_example() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    at = datetime.fromtimestamp(1614265330, UTC)
    post = Post("msg_p5jXN8AQM9LWM0D4loKWxJek", "", (secret,), b'{"test": 2432232314}')
    assert signed(post, at)["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - an address that must be refused
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fc00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "ff02::1",
        "no address",
    ],
)
def test_addresses_that_are_not_of_the_open_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_addresses_of_the_open_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "public", "private"),
    [
        ("https://crm.example/hooks?a=b", True, True),
        ("https://crm.example:8443/", True, True),
        ("http://crm.example/", False, True),
        ("https://10.0.0.1/", False, True),
        ("https://[::1]/", False, True),
        ("https://user:word@crm.example/", False, False),
        ("ftp://crm.example/", False, False),
        ("https:///nowhere", False, False),
        ("file:///etc/passwd", False, False),
        ("crm.example", False, False),
        ("", False, False),
        ("https://crm.example:99999/", False, False),
    ],
)
def test_only_web_addresses_may_be_endpoints(url: str, public: bool, private: bool) -> None:
    assert (allows(url, private_hosts=False), allows(url, private_hosts=True)) == (public, private)


WORDS = ["Mon,", "1", "Jan", "2026", "9999", "3000000000", "0", "0:0", "12:00:00", "GMT", "+9999", ","]


@given(st.text(max_size=40) | st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join))
def test_whatever_a_receiver_asks_for_makes_sense_or_is_ignored(said: str) -> None:
    wait = retry_after(said, system_clock())
    assert wait is None or wait >= 0


def test_a_receiver_may_ask_in_seconds_or_by_a_date() -> None:
    now = datetime(2026, 4, 1, tzinfo=UTC)
    assert retry_after(" 120 ", now) == 120
    assert retry_after("Wed, 01 Apr 2026 00:02:00 GMT", now) == 120
    assert retry_after("soon", now) is None


@given(st.text(max_size=80))
def test_whatever_is_typed_has_an_answer(url: str) -> None:
    assert allows(url, private_hosts=False) <= allows(url, private_hosts=True)


async def test_a_name_that_nobody_has_is_said_to_be_unknown() -> None:
    post = Post("msg_1", f"https://{'a' * 70}.invalid/", (SECRET,), b"{}")
    assert await Webhooks(system_clock).send(post) == Unanswered("unknown_host")


@pytest.fixture
async def secure(tmp_path: Path) -> AsyncIterator[tuple[int, ssl.SSLContext]]:
    """A receiver over TLS whose certificate is for `localhost`: its port, and a context that trusts it."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    making = await asyncio.create_subprocess_exec(
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-keyout", str(key), "-out", str(certificate), "-subj", "/CN=localhost", "-days", "2"),
        *("-addext", "subjectAltName=DNS:localhost"),
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await making.wait() == 0
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(certificate, key)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\nretry-after: 7\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=own)
    yield server.sockets[0].getsockname()[1], ssl.create_default_context(cafile=str(certificate))
    server.close()


async def test_the_certificate_must_fit_the_name_though_the_connection_goes_to_an_address(
    secure: tuple[int, ssl.SSLContext],
) -> None:
    port, context = secure
    webhooks = Webhooks(system_clock, private_hosts=True, context=context)

    async def send(host: str) -> object:
        return await webhooks.send(Post("msg_1", f"https://{host}:{port}/", (SECRET,), b"{}"))

    assert await send("localhost") == Answered(204, 7.0)
    assert await send("127.0.0.1") == Unanswered("no_connection")
    untrusting = Webhooks(system_clock, private_hosts=True)
    post = Post("msg_1", f"https://localhost:{port}/", (SECRET,), b"{}")
    assert await untrusting.send(post) == Unanswered("no_connection")
