"""The fast lane: whichever way a request takes, its sender sees no difference."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from prometheus_client import REGISTRY

from services.ingest.app import Bounds, create_app
from services.ingest.carts.base import Delivery
from services.ingest.durable import Keep, Kept, NotKept
from services.ingest.rate import Allowance, Allowances
from services.ingest.routes.body import Limits
from services.ingest.routes.lane import Lane
from services.ingest.shops import ShopsFile
from services.ingest.turns import Turns
from shared.clock import system_clock
from shared.events.record import Record
from shared.process.deadline import USUAL, Patience
from tests.wire import served

Delivered = Callable[..., Delivery]
Payloads = dict[str, dict[str, Any]]

LARGEST = 2048
LIMIT = 8192
HASTE = Patience(body=0.3)
IN_TIME = 10.0
ROOT = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"


class Keeping:
    """Keeps everything, but only while it may."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.asked = asyncio.Event()
        self.may = asyncio.Event()
        self.may.set()

    async def keep(self, records: Sequence[Record]) -> Kept | NotKept:
        self.asked.set()
        await self.may.wait()
        self.records.extend(records)
        return Kept("kafka")


@pytest.fixture
def keeping() -> Keeping:
    return Keeping()


def served_here(folder: Path, keep: Keep, patience: Patience = USUAL) -> Any:
    file = folder / "shops.toml"
    file.write_text('[[shops]]\nid = "kirei"\n[[shops.carts]]\ncart = "shopify"\nsecrets = ["hush"]\n')
    limits = Limits(LIMIT, 1)
    bounds = Bounds(limits, limits, Allowances(Allowance(10_000, 10_000)))
    shops = ShopsFile(file, {})
    turns = Turns(shops, keep, system_clock, bounds.allowances)
    return served(
        create_app(shops, keep, turns, bounds), partial(Lane, turns=turns, largest=LARGEST), patience
    )


@pytest.fixture
async def port(tmp_path: Path, keeping: Keeping) -> AsyncIterator[int]:
    async with served_here(tmp_path, keeping.keep) as port:
        yield port


@pytest.fixture
def order(shopify_delivery: Delivered, payloads: Payloads) -> Delivery:
    return shopify_delivery("orders/paid", payloads["order"])


def request(
    delivery: Delivery, *more: str, path: str = "/webhooks/kirei/shopify", version: str = "1.1"
) -> bytes:
    """As a platform writes it; `more` are head lines, a body that is announced otherwise comes in chunks."""
    chunked = any("chunked" in line for line in more)
    length = () if chunked else (f"content-length: {len(delivery.body)}",)
    lines = [f"{name}: {value}" for name, value in delivery.headers.items()]
    head = "\r\n".join((f"POST {path} HTTP/{version}", "Host: a", *lines, *length, *more, "", ""))
    half = len(delivery.body) // 2
    pieces = (delivery.body[:half], delivery.body[half:], b"")
    chunks = b"".join([b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces])
    return head.encode() + (chunks if chunked else delivery.body)


async def told(port: int, *segments: bytes, until: bytes | None = None) -> bytes:
    """What comes back until they hang up, or until we have seen `until`."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = b""
    async with asyncio.timeout(IN_TIME):
        for segment in segments:
            writer.write(segment)
            await writer.drain()
        while (until is None or until not in received) and (some := await reader.read(65536)):
            received += some
    writer.close()
    return received


def statuses(received: bytes) -> list[int]:
    return [int(part[:3]) for part in received.split(b"HTTP/1.1 ")[1:]]


@pytest.mark.parametrize("seed", range(20))
async def test_however_requests_are_cut_they_are_answered_in_order(
    port: int, keeping: Keeping, order: Delivery, shopify_delivery: Delivered, payloads: Payloads, seed: int
) -> None:
    """Pipelined: none of them waits for the answer before it."""
    random = Random(seed)
    forged = shopify_delivery("orders/paid", payloads["order"], secret=b"guessed")
    large = shopify_delivery("orders/paid", {**payloads["order"], "note": "x" * LARGEST})
    kinds = [
        (request(order), 202, 1),
        (request(order, "transfer-encoding: chunked"), 202, 1),
        (request(large), 202, 1),
        (request(forged), 401, 0),
        (request(order, path="/webhooks/kirei/%73hopify"), 202, 1),
        (request(order, path="/webhooks/kirei/shopify?x=1"), 202, 1),
        (request(order, path="/webhooks/nobody/shopify"), 401, 0),
        (request(order, "X-Shopify-Topic: orders/create"), 202, 0),
        (ROOT, 200, 0),
    ]
    chosen = random.choices(kinds, k=8)
    stream = b"".join([sent for sent, _, _ in chosen]) + request(order, "connection: close")
    cuts = sorted(random.sample(range(len(stream)), 12))
    segments = [stream[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]

    assert statuses(await told(port, *segments)) == [*[status for _, status, _ in chosen], 202]
    assert len(keeping.records) == sum(records for _, _, records in chosen) + 1


async def test_both_ways_give_the_very_same_bytes(
    port: int, order: Delivery, shopify_delivery: Delivered, payloads: Payloads
) -> None:
    forged = shopify_delivery("orders/paid", payloads["order"], secret=b"guessed")
    for delivery in (order, forged):
        straight = await told(port, request(delivery), until=b"\r\n\r\n")
        usual = await told(port, request(delivery, "transfer-encoding: chunked"), until=b"\r\n\r\n")
        assert straight == usual


@pytest.mark.parametrize(
    ("more", "version"), [(("connection: close",), "1.1"), ((), "1.0"), (("Connection: Close",), "1.1")]
)
async def test_who_wants_no_more_answers_is_let_go(
    port: int, order: Delivery, more: tuple[str, ...], version: str
) -> None:
    received = await told(port, request(order, *more, version=version))

    assert statuses(received) == [202]
    assert b"connection: close" in received


async def test_who_waits_for_our_word_gets_it(port: int, order: Delivery) -> None:
    head, _, body = request(order, "expect: 100-continue").partition(b"\r\n\r\n")
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async with asyncio.timeout(IN_TIME):
        writer.write(head + b"\r\n\r\n")
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(body)
        assert statuses(await reader.readuntil(b"\r\n\r\n")) == [202]
    writer.close()


@pytest.mark.parametrize(
    ("more", "status"),
    [("content-encoding: gzip", 415), ("content-length: 99999", 413), ("x: y" * 20_000, 431)],
)
async def test_what_is_refused_is_refused_all_the_same(port: int, more: str, status: int) -> None:
    sent = f"POST /webhooks/kirei/shopify HTTP/1.1\r\nhost: a\r\n{more}\r\n"
    length = "" if "length" in more else "content-length: 0\r\n"

    assert statuses(await told(port, f"{sent}{length}\r\n".encode())) == [status]


def refused() -> float:
    labels = {"source": "shopify", "outcome": "refused"}
    return REGISTRY.get_sample_value("hikitome_ingest_requests_total", labels) or 0.0


async def test_who_hangs_up_halfway_is_counted_and_nothing_is_kept(
    port: int, keeping: Keeping, order: Delivery
) -> None:
    before = refused()
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request(order)[:-5])
    await writer.drain()
    await told(port, request(order), until=b"202")  # by now the half was read
    writer.close()

    async with asyncio.timeout(IN_TIME):
        while refused() == before:
            await told(port, ROOT, until=b"ingest")

    assert refused() == before + 1
    assert len(keeping.records) == 1


async def test_who_does_not_finish_is_told_so(tmp_path: Path, keeping: Keeping, order: Delivery) -> None:
    before = refused()

    async with served_here(tmp_path, keeping.keep, HASTE) as port:
        assert statuses(await told(port, request(order)[:-5])) == [408]

    assert refused() == before + 1


async def test_what_was_whole_is_kept_though_nobody_waits_for_the_answer(
    port: int, keeping: Keeping, order: Delivery
) -> None:
    keeping.may.clear()
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request(order))
    async with asyncio.timeout(IN_TIME):
        await keeping.asked.wait()
    writer.transport.abort()
    keeping.may.set()

    assert statuses(await told(port, request(order, "connection: close"))) == [202]
    assert len(keeping.records) == 2


async def test_an_open_webhook_is_answered_before_the_process_ends(
    tmp_path: Path, keeping: Keeping, order: Delivery
) -> None:
    keeping.may.clear()
    async with served_here(tmp_path, keeping.keep) as port:
        asked = asyncio.create_task(told(port, request(order)))
        async with asyncio.timeout(IN_TIME):
            await keeping.asked.wait()
        asyncio.get_running_loop().call_later(0.2, keeping.may.set)

    received = await asked

    assert statuses(received) == [202]
    assert b"connection: close" in received
