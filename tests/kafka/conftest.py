"""The Apache Kafka tier: a real broker and a real PostgreSQL, and consumers that are watched from outside."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from sqlalchemy import text

from shared.events.envelope import Envelope, encode
from shared.events.record import Record
from shared.events.topics import Topic
from shared.kafka.producer import Acked, EventProducer
from shared.kafka.provision import provision
from shared.kafka.stream import PartitionStream
from shared.postgres.engine import AsyncEngine, create_engine, transaction
from shared.postgres.migrations import migrate
from shared.process.settings import CommonSettings
from tests.integration.conftest import databases as databases
from tests.integration.conftest import embedded_folder as embedded_folder
from tests.integration.conftest import postgres as postgres
from tests.integration.conftest import postgres_dsn as postgres_dsn
from tests.integration.shared.conftest import envelope as envelope
from tests.integration.shared.conftest import running as running
from tests.kafka.apache_kafka import Kafka, class_path, missing_programs
from tests.kafka.consumer import Effects as WritesEffects

HERE = Path(__file__).parent

EFFECT = """
CREATE TABLE effect (event_id uuid NOT NULL, subject text NOT NULL, owner text NOT NULL, at bigserial);
"""

Publish = Callable[[Topic, Sequence[Envelope | bytes]], Awaitable[None]]
Effects = Callable[[], Awaitable[list[str]]]
Holds = Callable[[], Awaitable[bool]]
Eventually = Callable[[Holds], Awaitable[None]]
UntilEffects = Callable[[int], Awaitable[None]]
Stream = Callable[[Topic, str], PartitionStream]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.kafka)


@pytest.fixture(scope="session")
def jars() -> str:
    """Where Java finds Apache Kafka."""
    missing = missing_programs()
    if missing:
        pytest.skip(f"{' and '.join(missing)} not found: Apache Kafka needs Java 17 and comes through Maven")
    return class_path()


@pytest.fixture(scope="session")
def node(jars: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """The one node that all tests share; ask for `kafka` instead."""
    with Kafka(tmp_path_factory.mktemp("kafka"), jars) as started:
        yield started


@pytest.fixture
def kafka(node: Kafka) -> Iterator[Kafka]:
    """Apache Kafka; a test may kill or freeze it, the next one finds it well."""
    yield node
    node.heal()


@pytest.fixture
def eventually() -> Eventually:
    """Wait until a condition holds, at most a minute: groups form and brokers start beside other work."""

    async def wait(holds: Holds) -> None:
        async with asyncio.timeout(60):
            while not await holds():  # noqa: ASYNC110 - the condition lives in other processes
                await asyncio.sleep(0.05)

    return wait


@pytest.fixture
def settings(kafka: Kafka, postgres_dsn: str) -> CommonSettings:
    """What an installation has by default, but for the time until a silent consumer counts as dead."""
    return CommonSettings(
        kafka_bootstrap=kafka.bootstrap, kafka_session_timeout_ms=2000, postgres_dsn=postgres_dsn
    )


@pytest.fixture
async def engine(postgres_dsn: str, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """The plumbing's tables and `effect`, in the schema that every other schema's engine sees too."""
    (tmp_path / "001_effect.sql").write_text(EFFECT)
    await migrate(postgres_dsn, "public", tmp_path)
    engine = create_engine(postgres_dsn, "public")
    yield engine
    await engine.dispose()


@pytest.fixture
async def admin(kafka: Kafka) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await client.start()
    yield client
    await client.close()


@pytest.fixture
def make_topic(settings: CommonSettings) -> Callable[[int], Awaitable[Topic]]:
    """A topic of the test's own, with so many partitions."""

    async def make(partitions: int) -> Topic:
        topic = Topic(f"t-{secrets.token_hex(6)}", partitions, 86_400_000)
        await provision(settings, [topic])
        return topic

    return make


@pytest.fixture
async def topic(make_topic: Callable[[int], Awaitable[Topic]]) -> Topic:
    return await make_topic(3)


@pytest.fixture
def publish(settings: CommonSettings) -> Publish:
    """Put envelopes, or bytes that are none, into a topic and see them acknowledged."""

    async def all_acked(topic: Topic, values: Sequence[Envelope | bytes]) -> None:
        async with EventProducer(settings, delivery_timeout=10) as producer:
            assert await producer.publish([as_record(topic, value) for value in values]) == Acked()

    return all_acked


def as_record(topic: Topic, value: Envelope | bytes) -> Record:
    if isinstance(value, bytes):
        return Record(topic.name, value[:8], value)
    return Record(topic.name, value.subject.encode(), encode(value))


@pytest.fixture
def effects(engine: AsyncEngine) -> Effects:
    """The ids of the events that took effect, in that order, as often as they did."""

    async def read() -> list[str]:
        async with transaction(engine) as connection:
            rows = await connection.execute(text("SELECT event_id FROM effect ORDER BY at"))
            return [str(row.event_id) for row in rows]

    return read


@pytest.fixture
def until_effects(effects: Effects, eventually: Eventually) -> UntilEffects:
    """Wait until so many events took effect."""

    async def wait(many: int) -> None:
        async def there() -> bool:
            return len(await effects()) >= many

        await eventually(there)

    return wait


@pytest.fixture
def stream(settings: CommonSettings, engine: AsyncEngine) -> Stream:
    """A member of the topic's one group that signs its effects."""

    def make(topic: Topic, owner: str) -> PartitionStream:
        return PartitionStream(settings, engine, f"g-{topic.name}", [topic], WritesEffects(owner).observe)

    return make


def ids(envelopes: Sequence[Envelope]) -> list[str]:
    return [envelope.id for envelope in envelopes]
