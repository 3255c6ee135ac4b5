"""The services themselves on Apache Kafka: the very same programs, told otherwise by their settings alone."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlalchemy import text

from deploy.local.accounts import make_shops_file, read_keys
from deploy.local.layout import ANY_FREE, Layout
from deploy.local.process import Command, start, stop
from deploy.local.stack import make_schemas
from shared.events.envelope import decode
from shared.events.topics import CUSTOMER_EVENTS
from shared.kafka.provision import provision
from shared.postgres.engine import AsyncEngine, create_engine, transaction
from shared.process.settings import CommonSettings
from simulation.history import simulate
from simulation.send import Target
from simulation.shop import SHOP_DOMAIN
from simulation.webhook import Webhook

SERVICES = ("ingest", "scoring", "notifier")
SHOP = "kafka-shop"
OPENING = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = 75

# Beside these the log has what the desk and the channels did (retention-actions).
LOGGED = text(
    "SELECT event_id FROM scoring.event_log"
    " WHERE type NOT LIKE 'com.hikitome.alert.%' AND type NOT LIKE 'com.hikitome.action.%'"
)
SCORED = text("SELECT customer_ref FROM scoring.customer_state WHERE assessment IS NOT NULL")
COUNTS = text(
    "SELECT (SELECT sum(next_offset) FROM scoring.consumer_partition"
    " WHERE topic = 'customer-events') AS scored,"
    " (SELECT count(*) FROM scoring.risk_event) AS risks,"
    " (SELECT count(*) FROM notifier.alert) AS alerts,"
    " (SELECT count(*) FROM notifier.contact) AS contacts"
)


@dataclass(frozen=True, slots=True)
class System:
    """The running services, and what is needed to talk to them and to look behind them."""

    layout: Layout
    target: Target
    client: httpx.AsyncClient
    engine: AsyncEngine

    async def deliver(self, webhook: Webhook) -> int:
        address, headers = self.target.address(webhook), self.target.headers(webhook)
        return (await self.client.post(address, content=webhook.body, headers=headers)).status_code

    async def deliver_all(self, webhooks: Iterable[Webhook]) -> set[int]:
        """Deliver some at a time; give the answers."""
        slots = asyncio.Semaphore(16)

        async def deliver(webhook: Webhook) -> int:
            async with slots:
                return await self.deliver(webhook)

        return set(await asyncio.gather(*[deliver(webhook) for webhook in webhooks]))

    async def risk(self, customer: str) -> httpx.Response:
        address = f"{self.layout.url('scoring')}/v1/customers/{customer}/risk"
        return await self.client.get(
            address, headers={"Authorization": f"Bearer {self.layout.keys.risk_api_token}"}
        )

    async def ready(self) -> bool:
        admins = ("ingest_admin", "scoring_admin", "desk_admin")
        try:
            answers = [await self.client.get(f"{self.layout.url(admin)}/readyz") for admin in admins]
        except httpx.TransportError:
            return False
        return all(answer.status_code == 200 for answer in answers)

    async def counts(self) -> Any:
        async with transaction(self.engine) as connection:
            return (await connection.execute(COUNTS)).one()

    async def column(self, query: Any) -> list[str]:
        async with transaction(self.engine) as connection:
            return [str(row[0]) for row in await connection.execute(query)]


@contextmanager
def services(layout: Layout, dsn: str) -> Iterator[None]:
    """All services as processes; at the end each is asked to stop, and does so well."""
    with ExitStack() as parts:
        running = []
        for name in SERVICES:
            argv = (sys.executable, "-m", f"services.{name}")
            command = Command(name, argv, env=layout.environment(name, dsn))
            log = parts.enter_context((layout.data / f"{name}.log").open("wb"))
            running.append((command, start(command, log)))
            parts.callback(stop, running[-1][1], command)
        yield
        for command, process in running:
            stop(process, command)
            assert process.returncode == 0, (layout.data / f"{command.name}.log").read_text()[-3000:]


def on_apache_kafka(settings: CommonSettings) -> Mapping[str, str]:
    """What an installation on Apache Kafka says, and the day after the last of the webhooks."""
    return {
        "HIKITOME_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "HIKITOME_KAFKA_IDEMPOTENT": "true",
        "HIKITOME_KAFKA_SESSION_TIMEOUT_MS": "10000",
        "HIKITOME_KAFKA_FETCH_MAX_WAIT_MS": "500",
        "HIKITOME_CLOCK_ORIGIN": (OPENING + timedelta(days=DAYS)).isoformat(),
        "HIKITOME_CLOCK_STARTED": datetime.now(UTC).isoformat(),
    }


@pytest.fixture
async def system(settings: CommonSettings, tmp_path: Path, eventually: Any) -> AsyncIterator[System]:
    dsn = settings.postgres_dsn.get_secret_value()
    await provision(settings)
    await make_schemas(dsn)
    layout = Layout(tmp_path, ANY_FREE.chosen(), read_keys(tmp_path), extra=on_apache_kafka(settings))
    account = make_shops_file(layout.shops_file, SHOP)
    target = Target(f"{layout.url('ingest')}/webhooks/{SHOP}", account.secrets, SHOP_DOMAIN)
    engine = create_engine(dsn, "scoring")
    async with httpx.AsyncClient(trust_env=False, timeout=15) as client:
        with services(layout, dsn):
            made = System(layout, target, client, engine)
            await eventually(made.ready)
            yield made
    await engine.dispose()


async def in_the_log(settings: CommonSettings) -> Counter[str]:
    """Every event of the topic, and at how many offsets it stands."""
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka_bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [TopicPartition(CUSTOMER_EVENTS.name, n) for n in range(CUSTOMER_EVENTS.partitions)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning()
        wanted = sum((await consumer.end_offsets(partitions)).values())
        found: Counter[str] = Counter()
        async with asyncio.timeout(15):
            while found.total() < wanted:
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    found.update(decode(record.value).id for record in records)
        return found
    finally:
        await consumer.stop()


async def test_signed_webhooks_become_risks_and_alerts_and_nothing_is_lost_or_doubled(
    system: System, settings: CommonSettings, eventually: Any
) -> None:
    webhooks = list(simulate(seed=7, customers=30, days=DAYS, start=OPENING))
    assert await system.deliver_all([*webhooks, *webhooks[::5]]) == {202}
    log = await in_the_log(settings)
    assert max(log.values()) > 1, "a webhook that comes twice stands twice in the log"

    async def followed() -> bool:
        counts = await system.counts()
        return bool(counts.scored == log.total() and counts.contacts > 0 and counts.alerts > 0)

    await eventually(followed)
    assert sorted(await system.column(LOGGED)) == sorted(log)
    scored = await system.column(SCORED)
    # Who came back under a second account is one customer.
    assert 0 < len(scored) <= len({webhook.customer for webhook in webhooks})
    for customer in scored:
        answer = await system.risk(customer)
        assert (answer.status_code, answer.json()["customer"]) == (200, customer)
