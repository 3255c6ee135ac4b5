"""Events in bulk, with a real broker: what was accepted is in the topics exactly, and scoring can read it."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from deploy.local.ports import free_port
from services.scoring.features import engagement
from shared.events.ids import event_id
from shared.events.topics import CUSTOMER_CONTACTS, CUSTOMER_EVENTS
from shared.kafka.provision import provision
from shared.process.settings import CommonSettings
from tests.integration.conftest import wait_until
from tests.integration.ingest.test_ingest_process import Ingest, events_of, read_all, started

KEY = secrets.token_hex(20)
VIEW = {
    "type": "page.viewed",
    "time": "2026-04-01T09:00:00+09:00",
    "customer": "42",
    "data": {"page": "cancel"},
}


def lines(*items: Any) -> bytes:
    return b"\n".join(item if isinstance(item, bytes) else msgspec.json.encode(item) for item in items)


async def tell(
    ingest: Ingest, body: bytes, content_type: str = "application/x-ndjson", key: str = KEY
) -> httpx.Response:
    headers = {"content-type": content_type, "authorization": f"Bearer {key}"}
    return await ingest.client.post("/v1/events", content=body, headers=headers)


def give_a_key(ingest: Ingest, folder: Path) -> None:
    """Its shop gets a key while it runs."""
    entry = f'[shops.events]\nkeys = ["{KEY}"]\ncustomers_of = "shopify"\n'
    with (folder / "shops.toml").open("a") as file:
        file.write(entry)
    address, headers = f"{ingest.client.base_url}/v1/events", {"authorization": f"Bearer {KEY}"}
    wait_until(lambda: httpx.post(address, headers=headers).status_code == 415, "the key to be known")


@pytest.fixture
async def ingest(tmp_path: Path, kafka_bootstrap: str) -> AsyncIterator[Ingest]:
    await provision(CommonSettings.model_validate({"kafka_bootstrap": kafka_bootstrap}))
    with started(tmp_path, kafka_bootstrap) as running:
        async with running.client:
            give_a_key(running, tmp_path)
            yield running


async def test_what_was_accepted_is_in_the_topic_exactly(ingest: Ingest, kafka_bootstrap: str) -> None:
    views = [{**VIEW, "id": f"v-{number}", "customer": str(number % 40)} for number in range(6000)]
    bad: list[Any] = [b"{", {**VIEW, "customer": None}, {**VIEW, "data": {"page": "moon"}}]
    answers = await asyncio.gather(
        tell(ingest, lines(*views[:3000], *bad)),
        tell(ingest, lines(*bad, *views[3000:4500])),
        tell(ingest, msgspec.json.encode(views[4500:]), "application/json"),
    )

    assert [answer.status_code for answer in answers] == [202, 202, 202]
    assert sum(answer.json()["accepted"] for answer in answers) == 6000
    assert [answer.json()["rejected"] for answer in answers] == [3, 3, 0]
    events = await events_of(ingest.shop, kafka_bootstrap, CUSTOMER_EVENTS)
    ids = [
        event_id(ingest.shop, "events", "com.hikitome.page.viewed.v1", f"v-{number}")
        for number in range(6000)
    ]
    assert sorted(event.id for event in events) == sorted(ids)


async def test_a_repeated_request_doubles_nothing(ingest: Ingest, kafka_bootstrap: str) -> None:
    body = lines({**VIEW, "id": "v-1"}, {**VIEW, "type": "line.blocked", "data": {}})

    for _ in range(3):
        assert (await tell(ingest, body)).json()["accepted"] == 2

    events = await events_of(ingest.shop, kafka_bootstrap, CUSTOMER_EVENTS)
    assert len({event.id for event in events}) == 2


async def test_a_customers_events_stay_in_their_order(ingest: Ingest, kafka_bootstrap: str) -> None:
    views = [{**VIEW, "id": f"v-{number}"} for number in range(2000)]

    for begin in (0, 1000):
        await tell(ingest, lines(*views[begin : begin + 1000]))

    events = await events_of(ingest.shop, kafka_bootstrap, CUSTOMER_EVENTS)
    assert [event.id for event in events] == [
        event_id(ingest.shop, "events", "com.hikitome.page.viewed.v1", f"v-{number}")
        for number in range(2000)
    ]


async def test_views_of_the_cancel_page_are_what_scoring_counts(ingest: Ingest, kafka_bootstrap: str) -> None:
    times = ["2026-04-01T09:00:00+09:00", "2026-04-01T09:30:00+09:00", "2026-04-01T20:00:00+09:00"]
    await tell(ingest, lines(*[{**VIEW, "time": time} for time in times]))

    state = engagement.Engagement()
    for event in await events_of(ingest.shop, kafka_bootstrap, CUSTOMER_EVENTS):
        assert event.subject == f"{ingest.shop}/shopify/42"
        state = engagement.update(state, event)

    assert state.pages is not None
    assert [views for _, views in state.pages.cancel_days] == [3]


async def test_an_erasure_leaves_a_tombstone(ingest: Ingest, kafka_bootstrap: str) -> None:
    contact = {**VIEW, "type": "contact.changed", "data": {"mail": "hanako@example.jp"}}
    erased = {**VIEW, "type": "customer.erased", "data": {"account": "42"}}

    assert (await tell(ingest, lines(contact, erased))).json()["accepted"] == 2

    key = f"{ingest.shop}/shopify/42".encode()
    values = [value for found, value in await read_all(kafka_bootstrap, CUSTOMER_CONTACTS) if found == key]
    assert len(values) == 2
    assert values[-1] is None


async def test_strangers_and_bodies_over_the_limit_are_refused(ingest: Ingest) -> None:
    assert (await tell(ingest, lines(VIEW), key=KEY[:-1])).status_code == 401
    assert (await tell(ingest, b" " * (10 * 1024 * 1024 + 1))).status_code == 413
    assert (await tell(ingest, lines(VIEW))).status_code == 202


async def test_while_the_largest_bodies_are_read_a_webhook_is_still_answered_soon(ingest: Ingest) -> None:
    largest = lines(*[{**VIEW, "id": f"v-{number}", "note": "x" * 300} for number in range(23_000)])
    assert 9 * 1024 * 1024 < len(largest) < 10 * 1024 * 1024
    reading = [asyncio.create_task(tell(ingest, largest)) for _ in range(3)]

    answers = 0
    while not all(task.done() for task in reading):
        assert (await ingest.post("products/update", {"id": 1})).status_code == 202
        answers += 1

    assert [(await task).json()["accepted"] for task in reading] == [23_000] * 3
    assert answers > 10


async def test_without_a_broker_events_are_kept_until_it_is_back(tmp_path: Path) -> None:
    with started(tmp_path, f"127.0.0.1:{free_port()}", HIKITOME_DELIVERY_TIMEOUT="0.3") as ingest:
        async with ingest.client:
            give_a_key(ingest, tmp_path)

            answer = await tell(ingest, lines(*[{**VIEW, "id": f"v-{number}"} for number in range(1200)]))

            assert answer.json()["accepted"] == 1200
            assert "hikitome_spool_records 1200.0" in (await ingest.look("/metrics")).text
