"""Events in bulk: every line is answered for, and 2xx is said only of what is durable."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import httpx
import msgspec
import pytest
from prometheus_client import REGISTRY

from services.ingest.app import Bounds, create_app
from services.ingest.bulk import MOST_LINES
from services.ingest.durable import Keep, Kept, NotKept
from services.ingest.rate import Allowance, Allowances
from services.ingest.routes.body import Limits
from services.ingest.routes.hot import Hot
from services.ingest.shops import ShopsFile
from services.ingest.turns import Turns
from shared.clock import system_clock
from shared.events.envelope import decode
from shared.events.record import Record

LIMIT = 1024 * 1024
OLD_KEY, NEW_KEY = "the-old-key-of-kirei-0123456789ab", "the-new-key-of-kirei-0123456789ab"
SHOPS = f"""
[[shops]]
id = "kirei"
carts = [{{cart = "shopify", secrets = ["hush"]}}]
[shops.events]
keys = ["{OLD_KEY}", "${{NEW_KEY}}"]
customers_of = "shopify"
"""
VIEW = {
    "type": "page.viewed",
    "time": "2026-04-01T09:00:00+09:00",
    "customer": "7",
    "id": "v-1",
    "data": {"page": "cancel"},
}
NDJSON = "application/x-ndjson"


class Keeper(Protocol):
    records: list[Record]
    reachable: bool
    keep: Keep


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def lines(*items: Any) -> bytes:
    return b"\n".join(item if isinstance(item, bytes) else msgspec.json.encode(item) for item in items)


def app_with(folder: Path, keep: Keep, burst: int = 1_000_000, seconds: Clock | None = None) -> Hot:
    file = folder / "shops.toml"
    file.write_text(SHOPS)
    limits = Limits(LIMIT, 0.5)
    allowances = Allowances(Allowance(rate=1, burst=burst), seconds or Clock())
    bounds = Bounds(limits, limits, allowances, openapi=True)
    shops = ShopsFile(file, {"NEW_KEY": NEW_KEY})
    return create_app(shops, keep, Turns(shops, keep, system_clock, bounds.allowances), bounds)


def client_of(app: Hot) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ingest")


@pytest.fixture
async def client(tmp_path: Path, keeper: Keeper) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app_with(tmp_path, keeper.keep)) as client:
        yield client


async def post(
    client: httpx.AsyncClient, body: bytes, content_type: str = NDJSON, key: str = OLD_KEY, **headers: str
) -> httpx.Response:
    usual = {"content-type": content_type, "authorization": f"Bearer {key}", **headers}
    return await client.post("/v1/events", content=body, headers=usual)


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"hikitome_{name}_total", labels) or 0.0


async def test_what_is_accepted_is_durable(client: httpx.AsyncClient, keeper: Keeper) -> None:
    answer = await post(client, lines(VIEW, {**VIEW, "id": "v-2"}))

    assert answer.status_code == 202
    assert answer.json() == {"accepted": 2, "rejected": 0, "errors": []}
    assert {(record.topic, record.key) for record in keeper.records} == {
        ("customer-events", b"kirei/shopify/7")
    }


async def test_each_line_has_an_answer_of_its_own(client: httpx.AsyncClient, keeper: Keeper) -> None:
    body = lines(VIEW, b"{", b"", {**VIEW, "type": "churn.risk_assessed"}, {**VIEW, "data": {}})

    answer = await post(client, body)

    assert answer.status_code == 202
    assert answer.json() == {
        "accepted": 1,
        "rejected": 3,
        "errors": [
            {"line": 2, "reason": "not_json"},
            {"line": 4, "reason": "not_yours_to_send"},
            {"line": 5, "reason": "wrong_shape"},
        ],
    }
    assert len(keeper.records) == 1


async def test_where_no_line_is_good_nothing_was_processed(client: httpx.AsyncClient, keeper: Keeper) -> None:
    answer = await post(client, lines({**VIEW, "customer": None}))

    assert answer.status_code == 422
    assert answer.json() == {"accepted": 0, "rejected": 1, "errors": [{"line": 1, "reason": "no_subject"}]}
    assert keeper.records == []


async def test_an_array_says_the_same_as_lines(client: httpx.AsyncClient, keeper: Keeper) -> None:
    items = [
        VIEW,
        {**VIEW, "data": {"page": "moon"}},
        {**VIEW, "id": None, "type": "line.blocked", "data": {}},
    ]
    in_lines = await post(client, lines(*items))
    as_lines = [decode(record.value or b"").id for record in keeper.records]
    keeper.records.clear()

    in_array = await post(client, msgspec.json.format(msgspec.json.encode(items)), "application/json")

    assert in_array.json() == in_lines.json()
    assert in_array.json()["errors"] == [{"line": 2, "reason": "wrong_shape"}]
    assert [decode(record.value or b"").id for record in keeper.records] == as_lines


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (b"", NDJSON, "empty"),
        (b" \n\r\n", NDJSON, "empty"),
        (b"\n" * MOST_LINES + b"{}", NDJSON, "too_many_lines"),
        (b"", "application/json", "empty"),
        (b"[]", "application/json", "empty"),
        (b"{}", "application/json", "not_an_array"),
        (b"7", "application/json", "not_an_array"),
        (b"[", "application/json", "not_json"),
        (b"[{}] x", "application/json", "not_json"),
        (b"\xff", "application/json", "not_json"),
        (b"[" * 100_000, "application/json", "not_json"),
        (b"[" + b"1," * MOST_LINES + b"1]", "application/json", "too_many_lines"),
    ],
)
async def test_a_body_without_lines_is_refused_with_its_reason(
    client: httpx.AsyncClient, keeper: Keeper, body: bytes, content_type: str, reason: str
) -> None:
    answer = await post(client, body, content_type)

    assert (answer.status_code, answer.json()) == (400, {"reason": reason})
    assert keeper.records == []


async def test_a_key_is_known_old_or_new(client: httpx.AsyncClient) -> None:
    for key in (OLD_KEY, NEW_KEY):
        assert (await post(client, lines(VIEW), key=key)).status_code == 202


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {OLD_KEY}x",
        f"Bearer {OLD_KEY[:-1]}",
        f"Basic {OLD_KEY}",
        OLD_KEY,
        "Bearer é",
    ],
)
async def test_every_stranger_sees_the_same_face(
    client: httpx.AsyncClient, keeper: Keeper, header: str
) -> None:
    headers = {b"content-type": NDJSON.encode(), b"authorization": header.encode()}
    answer = await client.post("/v1/events", content=lines(VIEW), headers=headers)

    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert keeper.records == []


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-ndjson-not", "text/csv"])
async def test_other_formats_are_refused(client: httpx.AsyncClient, content_type: str) -> None:
    assert (await post(client, lines(VIEW), content_type)).status_code == 415


async def test_the_format_may_be_written_with_a_charset(client: httpx.AsyncClient) -> None:
    assert (await post(client, lines(VIEW), "Application/X-NDJSON; charset=utf-8")).status_code == 202


async def test_a_compressed_body_is_refused(client: httpx.AsyncClient) -> None:
    assert (await post(client, lines(VIEW), **{"content-encoding": "gzip"})).status_code == 415


async def test_a_body_over_the_limit_is_refused_declared_or_not(client: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(LIMIT // 65_536 + 1):
            yield b" " * 65_536

    assert (await post(client, b" " * (LIMIT + 1))).status_code == 413
    headers = {"content-type": NDJSON, "authorization": f"Bearer {OLD_KEY}"}
    assert (await client.post("/v1/events", content=chunks(), headers=headers)).status_code == 413


async def test_only_posts_are_taken(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/events", headers={"authorization": f"Bearer {OLD_KEY}"})

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_what_is_not_durable_is_to_be_sent_again(client: httpx.AsyncClient, keeper: Keeper) -> None:
    before = counted("ingest_requests", source="events", outcome="unavailable")
    keeper.reachable = False

    answer = await post(client, lines(VIEW))

    assert (answer.status_code, answer.headers["retry-after"], answer.content) == (503, "5", b"")
    assert counted("ingest_requests", source="events", outcome="unavailable") == before + 1


async def test_if_the_end_of_a_request_is_not_durable_none_of_it_is_said_to_be(tmp_path: Path) -> None:
    kept: list[int] = []

    async def only_the_first(records: Sequence[Record]) -> Kept | NotKept:
        kept.append(len(records))
        return Kept("kafka") if len(kept) == 1 else NotKept("spool_full")

    async with client_of(app_with(tmp_path, only_the_first)) as client:
        answer = await post(client, lines(*[{**VIEW, "id": f"v-{number}"} for number in range(1300)]))

    assert (answer.status_code, answer.content) == (503, b"")
    assert len(kept) == 2


async def test_a_shop_that_sends_too_much_is_told_when_to_come_back(tmp_path: Path, keeper: Keeper) -> None:
    seconds = Clock()
    thousand = lines(*[{**VIEW, "id": f"v-{number}"} for number in range(1000)])
    async with client_of(app_with(tmp_path, keeper.keep, burst=10, seconds=seconds)) as client:
        assert (await post(client, thousand)).status_code == 202
        answer = await post(client, thousand)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "10")
        seconds.seconds = 10
        assert (await post(client, thousand)).status_code == 202


async def test_bodies_that_would_be_too_much_together_have_to_wait(tmp_path: Path) -> None:
    going_on, all_wait, waiting = asyncio.Event(), asyncio.Event(), list[int]()

    async def slow(records: Sequence[Record]) -> Kept:
        waiting.append(len(records))
        if len(waiting) == 64:
            all_wait.set()
        await going_on.wait()
        return Kept("kafka")

    async def undeclared() -> AsyncIterator[bytes]:
        yield lines(VIEW)

    headers = {"content-type": NDJSON, "authorization": f"Bearer {OLD_KEY}"}
    async with client_of(app_with(tmp_path, slow)) as client:

        async def one() -> httpx.Response:
            return await client.post("/v1/events", content=undeclared(), headers=headers)

        together = [asyncio.create_task(one()) for _ in range(64)]
        await all_wait.wait()
        crowded = await one()
        going_on.set()
        assert {(await task).status_code for task in together} == {202}
        assert (await one()).status_code == 202

    assert (crowded.status_code, crowded.headers["retry-after"]) == (503, "1")


async def test_lines_are_counted(client: httpx.AsyncClient) -> None:
    before = {outcome: counted("ingest_events", outcome=outcome) for outcome in ("accepted", "rejected")}

    await post(client, lines(VIEW, VIEW, b"{"))

    assert counted("ingest_events", outcome="accepted") == before["accepted"] + 2
    assert counted("ingest_events", outcome="rejected") == before["rejected"] + 1


async def test_the_errors_told_are_the_first_thousand_and_the_count_is_exact(
    client: httpx.AsyncClient,
) -> None:
    answer = (await post(client, lines(*[b"{"] * 2500, VIEW))).json()

    assert (answer["accepted"], answer["rejected"], len(answer["errors"])) == (1, 2500, 1000)
    assert answer["errors"][-1] == {"line": 1000, "reason": "not_json"}


async def test_it_is_described(client: httpx.AsyncClient) -> None:
    whole = (await client.get("/openapi.json")).json()

    assert "page.viewed" in str(whole["paths"]["/v1/events"]["post"]["requestBody"])
    assert whole["components"]["securitySchemes"]["events"]["scheme"] == "bearer"
