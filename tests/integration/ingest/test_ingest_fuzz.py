"""Thirty thousand signed and damaged webhooks over HTTP: all are answered at once, and none is lost."""

import asyncio
import base64
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest

from deploy.local.broker import Broker
from services.ingest.durable import Kept
from shared.events.record import Record
from shared.events.topics import CUSTOMER_CONTACTS, CUSTOMER_EVENTS, Topic, dead_letter
from shared.kafka.provision import provision
from shared.process.settings import CommonSettings
from tests.accepting import accept
from tests.integration.ingest.test_ingest_process import Ingest, read_all, started
from tests.unit.ingest.mutations import SHOPIFY_SECRET, STANDARD_SECRET, Sent, accounts, webhooks

COUNT = 30_000
CONNECTIONS = 24
SLOWEST_ANSWER = 10.0
SHOP = "fuzzed"
CRLF = "\r\n"
TOPICS: tuple[Topic, ...] = (CUSTOMER_EVENTS, CUSTOMER_CONTACTS, dead_letter("ingest"))
SHOPS = f"""
[[shops]]
id = "{SHOP}"
carts = [
    {{ cart = "shopify", secrets = ["{SHOPIFY_SECRET.decode()}"] }},
    {{ cart = "standard", secrets = ["{base64.b64encode(STANDARD_SECRET).decode()}"] }},
]
"""

Trace = tuple[str, bytes | None, str]
"""A record's topic and key, and what tells it from the others."""


@pytest.fixture
async def ingest(tmp_path: Path, own_broker: Broker) -> AsyncIterator[Ingest]:
    await provision(CommonSettings.model_validate({"kafka_bootstrap": own_broker.bootstrap}))
    shops = tmp_path / "fuzzed.toml"
    shops.write_text(SHOPS)
    settings = {
        "HIKITOME_SHOPS_FILE": str(shops),
        "HIKITOME_SHOP_RATE": "1000000",
        "HIKITOME_SHOP_BURST": "1000000",
        "HIKITOME_LOG_LEVEL": "error",
    }
    with started(tmp_path, own_broker.bootstrap, **settings) as running:
        async with running.client:
            yield running


def trace(topic: str, key: bytes | None, value: bytes | None) -> Trace:
    """An event by its id, a dead letter by what it was made of."""
    if value is None:
        return topic, key, "tombstone"
    told = json.loads(value)
    return topic, key, told.get("id") or f"{told['reason']} {told['headers']} {told['body']}"


async def expected() -> Counter[Trace]:
    """Everything that should be on Kafka, by the same translation."""
    traces: Counter[Trace] = Counter()

    async def keep(records: Sequence[Record]) -> Kept:
        traces.update(trace(record.topic, record.key, record.value) for record in records)
        return Kept("kafka")

    known = accounts(SHOP)
    for sent in webhooks(7, COUNT):
        await accept(sent.delivery(SHOP), known[sent.cart], keep)
    return traces


async def found(bootstrap: str) -> Counter[Trace]:
    traces: Counter[Trace] = Counter()
    for topic in TOPICS:
        traces.update(trace(topic.name, key, value) for key, value in await read_all(bootstrap, topic))
    return traces


async def post_all(port: int, sending: Iterator[Sent]) -> Counter[bytes]:
    """One after the other on one connection; how often each status came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    statuses: Counter[bytes] = Counter()
    for sent in sending:
        lines = [f"{name}: {value}" for name, value in sent.headers.items()]
        head = f"POST /webhooks/{SHOP}/{sent.cart} HTTP/1.1\r\ncontent-length: {len(sent.body)}\r\n"
        writer.write(f"{head}{CRLF.join(lines)}\r\n\r\n".encode() + sent.body)
        async with asyncio.timeout(SLOWEST_ANSWER):
            answer = await reader.readuntil(b"\r\n\r\n")
        assert b"content-length: 0\r\n" in answer
        statuses[answer.split(b" ")[1]] += 1
    writer.close()
    return statuses


async def test_of_what_was_answered_202_every_event_and_every_dead_letter_is_there(
    ingest: Ingest, own_broker: Broker
) -> None:
    port = ingest.client.base_url.port
    assert port is not None
    sending = webhooks(7, COUNT)
    async with asyncio.TaskGroup() as senders:
        answers = [senders.create_task(post_all(port, sending)) for _ in range(CONNECTIONS)]

    assert sum((each.result() for each in answers), Counter()) == {b"202": COUNT}
    metrics = (await ingest.look("/metrics")).text
    assert "hikitome_spool_records 0.0" in metrics
    there, told = await found(own_broker.bootstrap), await expected()
    assert (list(told - there)[:9], list(there - told)[:9]) == ([], [])
    assert ingest.process.poll() is None
