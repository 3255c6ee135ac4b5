"""The ingest process against a real broker: what was answered 202 can be read from the topics."""

import base64
import hmac
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.local.ports import free_port
from shared.events.envelope import Envelope, decode
from shared.events.topics import CUSTOMER_CONTACTS, CUSTOMER_EVENTS, Topic, dead_letter
from shared.kafka.provision import provision
from shared.process.settings import CommonSettings

CONTACT = {
    "id": 42,
    "first_name": "花子",
    "last_name": "山田",
    "email": "hanako@example.jp",
    "currency": "JPY",
}


@dataclass(frozen=True)
class Ingest:
    """A running ingest process and the one shop it knows."""

    shop: str
    process: subprocess.Popen[bytes]
    client: httpx.AsyncClient
    admin: str

    async def post(self, topic: str, body: object, event: str | None = None) -> httpx.Response:
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        headers = {
            "X-Shopify-Topic": topic,
            "X-Shopify-Hmac-Sha256": base64.b64encode(hmac.digest(b"hush", raw, "sha256")).decode(),
            "X-Shopify-Event-Id": event or secrets.token_hex(8),
            "X-Shopify-Triggered-At": "2026-04-01T00:00:00.123456789Z",
        }
        return await self.client.post(f"/webhooks/{self.shop}/shopify", content=raw, headers=headers)

    async def look(self, path: str) -> httpx.Response:
        return await self.client.get(f"{self.admin}{path}")


@contextmanager
def started(folder: Path, bootstrap: str, **settings: str) -> Iterator[Ingest]:
    shop = f"shop-{secrets.token_hex(4)}"
    shops = folder / "shops.toml"
    shops.write_text(
        f'[[shops]]\nid = "{shop}"\n[[shops.carts]]\ncart = "shopify"\nsecrets = ["${{HUSH}}"]\n'
    )
    port, admin_port = free_port(), free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("HIKITOME_")},
        "HUSH": "hush",
        "HIKITOME_PORT": str(port),
        "HIKITOME_ADMIN_PORT": str(admin_port),
        "HIKITOME_SHOPS_FILE": str(shops),
        "HIKITOME_SPOOL_FILE": str(folder / "spool.sqlite"),
        "HIKITOME_KAFKA_BOOTSTRAP": bootstrap,
        "HIKITOME_KAFKA_IDEMPOTENT": "false",
        **settings,
    }
    process = subprocess.Popen([sys.executable, "-m", "services.ingest"], env=environment)
    try:
        admin = f"http://127.0.0.1:{admin_port}"
        wait_until_it_answers(process, f"{admin}/healthz")
        wait_until_it_answers(process, f"http://127.0.0.1:{port}/")
        yield Ingest(shop, process, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=15), admin)
    finally:
        process.kill()
        process.wait()


def wait_until_it_answers(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            httpx.get(url)
            return
        except httpx.TransportError:
            assert process.poll() is None, "ingest ended at once"
            assert time.monotonic() < deadline, f"waited in vain for {url}"
            time.sleep(0.05)


@pytest.fixture
async def ingest(tmp_path: Path, kafka_bootstrap: str) -> AsyncIterator[Ingest]:
    await provision(CommonSettings.model_validate({"kafka_bootstrap": kafka_bootstrap}))
    # A broker that is slow because the machine is busy is not away: what is answered is to be in Kafka.
    with started(tmp_path, kafka_bootstrap, HIKITOME_DELIVERY_TIMEOUT="10") as running:
        async with running.client:
            yield running


async def read_all(bootstrap: str, topic: Topic) -> list[tuple[bytes | None, bytes | None]]:
    """Every record of a topic that is there now."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, fetch_max_wait_ms=10)
    await consumer.start()
    try:
        partitions = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
        consumer.assign(partitions)
        first, end = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        for partition in partitions:
            consumer.seek(partition, first[partition])
        found: list[Any] = []
        deadline = time.monotonic() + 15
        while len(found) < sum(end[partition] - first[partition] for partition in partitions):
            assert time.monotonic() < deadline, "the topic's records did not come"
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found.extend(records)
        return [(record.key, record.value) for record in found]
    finally:
        await consumer.stop()


async def events_of(shop: str, bootstrap: str, topic: Topic) -> list[Envelope]:
    values = [value for _, value in await read_all(bootstrap, topic) if value is not None]
    return [envelope for envelope in map(decode, values) if envelope.shop == shop]


async def test_what_was_answered_202_can_be_read_from_the_topics(
    ingest: Ingest, kafka_bootstrap: str
) -> None:
    answer = await ingest.post("customers/create", CONTACT)

    assert answer.status_code == 202
    (seen,) = await events_of(ingest.shop, kafka_bootstrap, CUSTOMER_EVENTS)
    (contact,) = await events_of(ingest.shop, kafka_bootstrap, CUSTOMER_CONTACTS)
    assert seen.subject == contact.subject == f"{ingest.shop}/shopify/42"
    assert (seen.type, contact.type) == ("com.hikitome.customer.seen.v1", "com.hikitome.contact.changed.v1")


async def test_a_webhook_delivered_again_carries_the_ids_it_had(ingest: Ingest, kafka_bootstrap: str) -> None:
    for _ in range(3):
        await ingest.post("customers/delete", {"id": 42}, event="e-1")

    events = await events_of(ingest.shop, kafka_bootstrap, CUSTOMER_EVENTS)
    assert len(events) == 3
    assert len({event.id for event in events}) == 1


async def test_an_erasure_leaves_a_tombstone(ingest: Ingest, kafka_bootstrap: str) -> None:
    await ingest.post("customers/create", CONTACT)
    await ingest.post("customers/redact", {"customer": {"id": 42}})

    key = f"{ingest.shop}/shopify/42".encode()
    values = [value for found, value in await read_all(kafka_bootstrap, CUSTOMER_CONTACTS) if found == key]
    assert values[-1] is None


async def test_what_can_not_be_read_waits_as_a_dead_letter_even_at_the_largest_size(
    ingest: Ingest, kafka_bootstrap: str
) -> None:
    body = b"x" * (1024 * 1024)

    answer = await ingest.post("orders/create", body)

    assert answer.status_code == 202
    letters = [
        msgspec.json.decode(value)
        for _, value in await read_all(kafka_bootstrap, dead_letter("ingest"))
        if value
    ]
    (letter,) = [letter for letter in letters if letter["shop"] == ingest.shop]
    assert letter["reason"] == "not_json"
    assert base64.b64decode(letter["body"]) == body


async def test_a_body_over_the_limit_is_refused_declared_or_not(ingest: Ingest) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b"x" * 65_536

    address = f"/webhooks/{ingest.shop}/shopify"
    assert (await ingest.client.post(address, content=b"x" * (1024 * 1024 + 1))).status_code == 413
    assert (await ingest.client.post(address, content=endless())).status_code == 413
    assert (await ingest.post("products/update", {"id": 1})).status_code == 202


async def test_it_is_ready_and_counts_what_it_does(ingest: Ingest) -> None:
    await ingest.post("products/update", {"id": 1})

    assert (await ingest.look("/readyz")).status_code == 200
    counted = 'hikitome_ingest_requests_total{outcome="ignored",source="shopify"} 1.0'
    assert counted in (await ingest.look("/metrics")).text


async def test_it_ends_cleanly_when_asked(ingest: Ingest) -> None:
    await ingest.post("customers/delete", {"id": 42})

    ingest.process.send_signal(signal.SIGTERM)

    assert ingest.process.wait(timeout=10) == 0


async def test_without_a_broker_and_without_room_to_wait_it_lives_on_and_takes_nothing(
    tmp_path: Path,
) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    with started(
        tmp_path, nowhere, HIKITOME_DELIVERY_TIMEOUT="0.3", HIKITOME_SPOOL_LIMIT_BYTES="500"
    ) as ingest:
        async with ingest.client:
            answers = [await ingest.post("customers/delete", {"id": number}) for number in range(3)]

            assert [answer.status_code for answer in answers] == [202, 503, 503]
            assert answers[-1].headers["retry-after"] == "5"
            assert (await ingest.look("/readyz")).status_code == 503
            assert 'hikitome_spool_refusals_total{reason="full"} 2.0' in (await ingest.look("/metrics")).text
            assert (await ingest.look("/healthz")).status_code == 200
