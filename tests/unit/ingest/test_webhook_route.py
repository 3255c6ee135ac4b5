"""The way in over HTTP: what each caller is told, and that it is not a word more."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest
from prometheus_client import REGISTRY
from starlette.types import Message

from services.ingest.app import Bounds, create_app
from services.ingest.carts.base import Delivery
from services.ingest.durable import Keep, Kept, NotKept
from services.ingest.rate import Allowance, Allowances
from services.ingest.routes.body import Limits
from services.ingest.routes.hot import Hot
from services.ingest.routes.lane import Lane
from services.ingest.shops import ShopsFile
from services.ingest.turns import Turns
from shared.events.envelope import decode
from shared.events.record import Record
from shared.process.run import Speak
from tests.wire import served

Delivered = Callable[..., Delivery]
Payloads = dict[str, dict[str, Any]]

LIMIT = 4096
RATE = 0.001
BURST = 120
BUSINESS = datetime(2030, 1, 1, tzinfo=UTC)
PATH = "/webhooks/kirei/shopify"


class Keeper(Protocol):
    records: list[Record]
    reachable: bool
    keep: Keep


def built(folder: Path, keep: Keep, openapi: bool = True) -> tuple[Hot, Speak]:
    """The application with one shop, little limits and a slow bucket; and the protocol before it."""
    file = folder / "shops.toml"
    file.write_text('[[shops]]\nid = "kirei"\n[[shops.carts]]\ncart = "shopify"\nsecrets = ["hush"]\n')
    limits = Limits(LIMIT, 0.05)
    bounds = Bounds(limits, limits, Allowances(Allowance(RATE, BURST)), openapi)
    shops = ShopsFile(file, {})
    turns = Turns(shops, keep, lambda: BUSINESS, bounds.allowances)
    return create_app(shops, keep, turns, bounds), partial(Lane, turns=turns, largest=LIMIT)


@pytest.fixture
def app(tmp_path: Path, keeper: Keeper) -> Hot:
    return built(tmp_path, keeper.keep)[0]


@asynccontextmanager
async def asking(way: str, app: Hot, speak: Speak) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application alone, or over the wire, where the fast lane is."""
    if way == "asgi":
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ingest") as client:
            yield client
        return
    async with served(app, speak) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        yield client


@pytest.fixture(params=["asgi", "wire"])
async def client(
    tmp_path: Path, keeper: Keeper, request: pytest.FixtureRequest
) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(request.param, *built(tmp_path, keeper.keep)) as client:
        yield client


@pytest.fixture
def order(shopify_delivery: Delivered, payloads: Payloads) -> Delivery:
    return shopify_delivery("orders/paid", payloads["order"])


def counted(source: str, outcome: str) -> float:
    labels = {"source": source, "outcome": outcome}
    return REGISTRY.get_sample_value("hikitome_ingest_requests_total", labels) or 0.0


async def test_a_signed_webhook_is_accepted_when_it_is_durable(
    client: httpx.AsyncClient, keeper: Keeper, order: Delivery
) -> None:
    before = counted("shopify", "accepted")

    answer = await client.post(PATH, content=order.body, headers=order.headers)

    assert answer.status_code == 202
    assert len(keeper.records) == 1
    assert counted("shopify", "accepted") == before + 1


async def test_the_business_clock_tells_when_nothing_else_does(
    client: httpx.AsyncClient, keeper: Keeper, shopify_delivery: Delivered, payloads: Payloads
) -> None:
    delivery = shopify_delivery("orders/paid", payloads["order"], headers={"x-shopify-triggered-at": None})

    await client.post(PATH, content=delivery.body, headers=delivery.headers)

    value = keeper.records[0].value
    assert value is not None
    envelope = decode(value)
    assert envelope.time == BUSINESS
    assert envelope.receivedat < BUSINESS


async def test_a_topic_of_no_use_is_not_sent_again(
    client: httpx.AsyncClient, shopify_delivery: Delivered
) -> None:
    delivery = shopify_delivery("products/update", {"id": 1})

    assert (await client.post(PATH, content=delivery.body, headers=delivery.headers)).status_code == 202


async def test_a_genuine_webhook_that_can_not_be_read_is_not_sent_again(
    client: httpx.AsyncClient, keeper: Keeper, shopify_delivery: Delivered
) -> None:
    delivery = shopify_delivery("orders/create", b"not json")

    answer = await client.post(PATH, content=delivery.body, headers=delivery.headers)

    assert answer.status_code == 202
    assert [record.topic for record in keeper.records] == ["ingest.dead-letter"]


async def test_every_reason_to_be_unverified_gets_the_very_same_answer(
    client: httpx.AsyncClient, keeper: Keeper, order: Delivery
) -> None:
    unsigned = {name: value for name, value in order.headers.items() if "hmac" not in name}
    forged = {**order.headers, "x-shopify-hmac-sha256": "A" * 44}
    answers = [
        await client.post(PATH, content=order.body, headers=unsigned),
        await client.post(PATH, content=order.body, headers=forged),
        await client.post(PATH, content=order.body + b" ", headers=order.headers),
        await client.post(PATH, content=b"", headers=order.headers),
        await client.post("/webhooks/nobody/shopify", content=order.body, headers=order.headers),
        await client.post("/webhooks/kirei/standard", content=order.body, headers=order.headers),
        await client.post("/webhooks/kirei/nothing", content=order.body, headers=order.headers),
        await client.post("/webhooks/%E5%BA%97/%00", content=order.body, headers=order.headers),
    ]

    assert {(answer.status_code, answer.content, str(answer.headers)) for answer in answers} == {
        (401, b"", str(httpx.Headers({"content-length": "0"})))
    }
    assert keeper.records == []


async def test_a_signature_sent_twice_fits_nothing(client: httpx.AsyncClient, order: Delivery) -> None:
    signature = order.headers["x-shopify-hmac-sha256"]
    twice = [*order.headers.items(), ("X-Shopify-Hmac-Sha256", signature)]

    assert (await client.post(PATH, content=order.body, headers=twice)).status_code == 401


async def test_a_header_of_any_bytes_is_merely_wrong(client: httpx.AsyncClient, order: Delivery) -> None:
    headers = [(b"x-shopify-hmac-sha256", bytes(range(128, 256)))]

    assert (await client.post(PATH, content=order.body, headers=headers)).status_code == 401


async def test_without_kafka_the_platform_is_asked_to_come_again(
    client: httpx.AsyncClient, keeper: Keeper, order: Delivery
) -> None:
    keeper.reachable = False

    answer = await client.post(PATH, content=order.body, headers=order.headers)

    assert (answer.status_code, answer.headers["retry-after"], answer.content) == (503, "5", b"")


async def chunks(total: int) -> AsyncIterator[bytes]:
    for _ in range(total // 512):
        yield b"x" * 512


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_body_over_the_limit_is_refused(client: httpx.AsyncClient, chunked: bool) -> None:
    content = chunks(LIMIT + 512) if chunked else b"x" * (LIMIT + 1)

    answer = await client.post(PATH, content=content)

    assert (answer.status_code, answer.headers["connection"], answer.content) == (413, "close", b"")


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_body_of_exactly_the_limit_is_looked_at(client: httpx.AsyncClient, chunked: bool) -> None:
    content = chunks(LIMIT) if chunked else b"x" * LIMIT

    assert (await client.post(PATH, content=content)).status_code == 401


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "gzip, identity", "zstd"])
async def test_a_compressed_body_is_refused(
    client: httpx.AsyncClient, order: Delivery, encoding: str
) -> None:
    headers = {**order.headers, "content-encoding": encoding}

    assert (await client.post(PATH, content=order.body, headers=headers)).status_code == 415


async def test_a_body_that_says_it_is_not_compressed_is_taken(
    client: httpx.AsyncClient, order: Delivery
) -> None:
    headers = {**order.headers, "content-encoding": "Identity"}

    assert (await client.post(PATH, content=order.body, headers=headers)).status_code == 202


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_nothing_but_a_post_is_a_webhook(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, PATH)

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "path", ["/webhooks", "/webhooks/", "/webhooks/kirei", "/webhooks//shopify", f"{PATH}/more"]
)
async def test_another_path_is_nothing(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.post(path)).status_code == 404


async def exchanged(app: Hot, arriving: list[Message], headers: dict[str, str]) -> list[Message]:
    """What is sent for these messages; after them nothing comes any more."""
    sent: list[Message] = []

    async def receive() -> Message:
        if arriving:
            return arriving.pop(0)
        nothing: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        return await nothing

    async def send(message: Message) -> None:
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await app({"type": "http", "method": "POST", "path": PATH, "headers": raw}, receive, send)
    return sent


async def test_a_sender_who_hangs_up_is_not_answered(app: Hot, keeper: Keeper, order: Delivery) -> None:
    half: Message = {"type": "http.request", "body": order.body, "more_body": True}

    sent = await exchanged(app, [half, {"type": "http.disconnect"}], dict(order.headers))

    assert sent == []
    assert keeper.records == []


async def test_who_never_stops_writing_too_much_is_told_so_all_the_same(app: Hot) -> None:
    too_much: Message = {"type": "http.request", "body": b"x" * (LIMIT + 1), "more_body": True}

    sent = await exchanged(app, [too_much], {})

    assert sent[0]["status"] == 413
    assert (b"connection", b"close") in sent[0]["headers"]


@pytest.mark.parametrize(
    ("header", "status"), [({"content-length": "999999"}, 413), ({"content-encoding": "gzip"}, 415)]
)
async def test_who_waits_for_our_word_before_a_body_need_not_send_it(
    app: Hot, header: dict[str, str], status: int
) -> None:
    arriving: list[Message] = [{"type": "http.request", "body": b"x", "more_body": False}]

    sent = await exchanged(app, arriving, {"expect": "100-continue", **header})

    assert sent[0]["status"] == status
    assert len(arriving) == 1


async def test_a_shop_that_sends_too_much_is_told_when_to_come_again(
    client: httpx.AsyncClient, keeper: Keeper, order: Delivery
) -> None:
    before = counted("shopify", "limited")
    for _ in range(BURST):
        await client.post(PATH, content=order.body, headers=order.headers)

    answer = await client.post(PATH, content=order.body, headers=order.headers)

    assert (answer.status_code, answer.content) == (429, b"")
    assert 1 <= int(answer.headers["retry-after"]) <= 1 / RATE
    assert len(keeper.records) == BURST
    assert counted("shopify", "limited") == before + 1


async def test_strangers_can_not_use_up_a_shops_allowance(client: httpx.AsyncClient, order: Delivery) -> None:
    forged = {**order.headers, "x-shopify-hmac-sha256": "A" * 44}
    for _ in range(BURST + 1):
        await client.post(PATH, content=order.body, headers=forged)

    assert (await client.post(PATH, content=order.body, headers=order.headers)).status_code == 202


@pytest.mark.parametrize("way", ["asgi", "wire"])
async def test_an_error_of_ours_is_told_to_us_and_not_to_the_sender(
    tmp_path: Path, order: Delivery, capsys: pytest.CaptureFixture[str], way: str
) -> None:
    async def failing(records: Sequence[Record]) -> Kept | NotKept:
        raise RuntimeError(f"hanako@example.jp: {len(records)}")

    before = counted("shopify", "failed")
    async with asking(way, *built(tmp_path, failing)) as client:
        answer = await client.post(PATH, content=order.body, headers=order.headers)

    assert (answer.status_code, answer.content) == (500, b"")
    assert counted("shopify", "failed") == before + 1
    said = capsys.readouterr().out
    assert "RuntimeError" in said
    assert "hanako" not in said


async def test_many_deliveries_of_one_event_at_once_are_one_event(
    client: httpx.AsyncClient, keeper: Keeper, order: Delivery
) -> None:
    posts = (client.post(PATH, content=order.body, headers=order.headers) for _ in range(100))

    answers = await asyncio.gather(*posts)

    assert {answer.status_code for answer in answers} == {202}
    ids = {decode(record.value).id for record in keeper.records if record.value}
    assert len(keeper.records) == 100
    assert len(ids) == 1


async def test_the_root_says_no_more_than_what_this_is(client: httpx.AsyncClient) -> None:
    assert (await client.get("/")).json() == {"service": "ingest"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/docs", 404),
        ("GET", "/metrics", 404),
        ("GET", "/webhooks/", 404),
        ("POST", "/", 405),
        ("GET", PATH, 405),
        ("POST", PATH, 401),
        ("POST", "/v1/events", 401),
    ],
)
async def test_what_goes_wrong_is_not_explained(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)

    assert (answer.status_code, answer.content) == (status, b"")
    assert "content-type" not in answer.headers


async def test_the_description_knows_both_ways_in(client: httpx.AsyncClient) -> None:
    description = (await client.get("/openapi.json")).json()

    post = description["paths"]["/webhooks/{shop}/{cart}"]["post"]
    assert {"202", "401", "405", "408", "413", "415", "429", "500", "503"} <= post["responses"].keys()
    assert post["parameters"][1]["schema"]["enum"] == ["shopify", "standard"]
    assert {"202", "401", "429", "503"} <= description["paths"]["/v1/events"]["post"]["responses"].keys()


async def test_the_description_is_not_for_strangers(tmp_path: Path, keeper: Keeper) -> None:
    app, _ = built(tmp_path, keeper.keep, openapi=False)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ingest") as client:
        answer = await client.get("/openapi.json")

    assert (answer.status_code, answer.content) == (404, b"")
