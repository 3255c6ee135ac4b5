"""A connection is worth a while, not more: whatever a peer holds back, it is closed; others are served."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from prometheus_client import REGISTRY

from shared.process.deadline import Patience
from tests.wire import served

PATIENCE = Patience(head=0.3, body=0.3, idle=0.4, unread=0.3, connections=40)
TOO_LONG = 10.0
POST = b"POST /x HTTP/1.1\r\nhost: a\r\n"
CHUNKED = POST + b"transfer-encoding: chunked\r\n\r\n"
WHOLE = POST + b"content-length: 3\r\n\r\nabc"
GET = b"GET /x HTTP/1.1\r\nhost: a\r\n\r\n"


async def telling(scope: Any, receive: Any, send: Any) -> None:
    """Answers with what it saw of a request; /large with more than a connection holds."""
    if scope["type"] != "http":
        return
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message["body"]), message["more_body"]
    seen = b"%d headers=%d" % (size, len(scope["headers"]))
    body = b"x" * 50_000_000 if scope["path"] == "/large" else seen
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """A server with very little patience."""
    async with served(telling, patience=PATIENCE) as port:
        yield port


async def exchange(port: int, *sent: bytes, again: bytes = b"") -> bytes:
    """All that comes until the other side closes; `again` is sent now and then until then."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    told = b""
    try:
        async with asyncio.timeout(TOO_LONG):
            for part in sent:
                writer.write(part)
                await asyncio.sleep(0)
            dripping = asyncio.create_task(drip(writer, again))
            try:
                while part := await reader.read(1024):
                    told += part
            finally:
                dripping.cancel()
    except ConnectionError:
        # Who still writes when the other side has closed is told so; what was said before that counts.
        pass
    finally:
        writer.close()
    return told


async def drip(writer: asyncio.StreamWriter, again: bytes) -> None:
    while again:
        await asyncio.sleep(0.02)
        writer.write(again)


def cut(reason: str) -> float:
    return REGISTRY.get_sample_value("hikitome_connections_cut_total", {"reason": reason}) or 0.0


@pytest.mark.parametrize(
    ("sent", "again"),
    [
        pytest.param(b"", b"", id="silent"),
        pytest.param(b"", b"\r\n", id="empty lines"),
        pytest.param(POST, b"", id="half a head"),
        pytest.param(POST, b"a: b\r\n", id="a trickling head"),
    ],
)
async def test_a_head_that_does_not_end_is_not_answered(port: int, sent: bytes, again: bytes) -> None:
    before = cut("late")

    assert await exchange(port, sent, again=again) == b""
    assert cut("late") == before + 1


async def test_half_a_body_is_answered_408(port: int) -> None:
    answer = await exchange(port, POST + b"content-length: 9\r\n\r\nabc")

    assert answer == b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("sent", "again"),
    [
        pytest.param(POST + b"content-length: 999\r\n\r\n", b"x", id="a body"),
        pytest.param(CHUNKED, b"1\r\nx\r\n", id="chunks"),
        pytest.param(CHUNKED + b"1\r\nx\r\n0\r\n", b"a: b\r\n", id="trailers"),
    ],
)
async def test_what_trickles_is_cut_off(port: int, sent: bytes, again: bytes) -> None:
    """Who writes at that very moment may not see the answer."""
    before = cut("late")

    assert (await exchange(port, sent, again=again))[:12] in (b"HTTP/1.1 408", b"")
    assert cut("late") == before + 1


@pytest.mark.parametrize("again", [b"", b"\r\n"])
async def test_who_has_nothing_more_to_ask_is_let_go(port: int, again: bytes) -> None:
    assert (await exchange(port, WHOLE, again=again)).endswith(b"3 headers=2")


async def test_a_body_in_pieces_is_whole_in_the_end(port: int) -> None:
    answer = await exchange(port, POST + b"content-length: 100000\r\n\r\n", *[b"x" * 10_000] * 10)

    assert answer.endswith(b"100000 headers=2")


async def test_one_connection_serves_many_requests(port: int) -> None:
    answer = await exchange(port, *[WHOLE] * 10)

    assert answer.count(b"3 headers=2") == 10


async def test_who_pipelines_too_much_gets_the_first_answers_only(port: int) -> None:
    answer = await exchange(port, GET * 1000)

    assert 1 <= answer.count(b"HTTP/1.1 200 OK") < 20
    assert b"connection: close" in answer


async def test_junk_after_a_whole_request_does_not_spoil_its_answer(port: int) -> None:
    answer = await exchange(port, WHOLE + b"\x00\x01 junk\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"\x16\x03\x01\x02junk\r\n\r\n", id="TLS"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="HTTP/2"),
        pytest.param(CHUNKED + b"zz\r\n", id="no chunk"),
        pytest.param(POST + b"content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n", id="two lengths"),
        pytest.param(POST + b"content-length: 3\r\ncontent-length: 4\r\n\r\nabcd", id="two sizes"),
        pytest.param("GET /店 HTTP/1.1\r\n\r\n".encode(), id="a path in UTF-8"),
        pytest.param(b"CONNECT a:443 HTTP/1.1\r\nhost: a\r\n\r\n", id="CONNECT"),
    ],
)
async def test_what_is_not_http_is_told_nothing_more(port: int, sent: bytes) -> None:
    answer = await exchange(port, sent)

    assert answer == b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


async def test_more_headers_than_anybody_sends_are_refused(port: int) -> None:
    answer = await exchange(port, POST + b"x: y\r\n" * 101 + b"\r\n")

    assert answer.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(POST + b"x: " + b"y" * 1_000_000, id="a header"),
        pytest.param(b"GET /" + b"y" * 1_000_000, id="an address"),
        pytest.param(CHUNKED + b"1\r\nx\r\n0\r\nx: " + b"y" * 4_000_000, id="a trailer"),
    ],
)
async def test_a_head_without_end_is_not_collected(port: int, sent: bytes) -> None:
    before = cut("malformed")

    assert b" 200 " not in await exchange(port, sent)
    assert cut("malformed") == before + 1


async def test_trailers_change_nothing_in_the_head(port: int) -> None:
    answer = await exchange(port, CHUNKED + b"1\r\nx\r\n0\r\nx-shopify-topic: y\r\n\r\n")

    assert answer.endswith(b"1 headers=2")


async def test_another_protocol_is_not_spoken(port: int) -> None:
    answer = await exchange(
        port, b"GET /x HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"
    )

    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"connection: close" in answer


async def test_who_does_not_read_the_answer_is_cut_off(port: int) -> None:
    before = cut("unread")
    _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    writer.write(b"GET /large HTTP/1.1\r\nhost: a\r\n\r\n")

    async with asyncio.timeout(TOO_LONG):
        while cut("unread") == before:
            assert not writer.is_closing()
            await asyncio.sleep(0.01)
    writer.close()


async def test_a_crowd_of_silent_connections_keeps_nobody_out(port: int) -> None:
    crowd = [await asyncio.open_connection("127.0.0.1", port) for _ in range(4 * PATIENCE.connections)]

    assert (await exchange(port, WHOLE)).endswith(b"3 headers=2")
    for _, writer in crowd:
        writer.close()
    assert cut("crowded") > 0
