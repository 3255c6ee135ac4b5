"""The relay while Apache Kafka is away: what is committed arrives, in order, and counts once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from prometheus_client import REGISTRY

from shared.events.envelope import Envelope
from shared.events.topics import Topic
from shared.kafka.producer import EventProducer
from shared.kafka.relay import Relay
from shared.kafka.stream import PartitionStream
from shared.postgres import outbox
from shared.postgres.engine import AsyncEngine, transaction
from shared.process.settings import CommonSettings
from tests.kafka.apache_kafka import Kafka
from tests.kafka.conftest import Effects, as_record
from tests.kafka.consumer import Effects as WritesEffects

Commit = Callable[[Sequence[Envelope]], Awaitable[None]]


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.fixture
def commit(engine: AsyncEngine, topic: Topic) -> Commit:
    """Put envelopes into the outbox, a few in each transaction."""

    async def some_at_a_time(envelopes: Sequence[Envelope]) -> None:
        for first in range(0, len(envelopes), 10):
            async with transaction(engine) as connection:
                records = [as_record(topic, each) for each in envelopes[first : first + 10]]
                await outbox.append_records(connection, records)

    return some_at_a_time


async def pending(engine: AsyncEngine) -> int:
    async with transaction(engine) as connection:
        return (await outbox.backlog(connection))[0]


@pytest.mark.parametrize("trouble", ["frozen", "killed"])
async def test_nothing_is_lost_or_counted_twice_while_the_broker_is_away(
    kafka: Kafka,
    settings: CommonSettings,
    engine: AsyncEngine,
    topic: Topic,
    commit: Commit,
    envelope: Callable[[int], Envelope],
    effects: Effects,
    running: Any,
    eventually: Any,
    trouble: str,
) -> None:
    wanted = [envelope(number) for number in range(400)]
    stream = PartitionStream(settings, engine, f"g-{topic.name}", [topic], WritesEffects("a").observe)

    def there(many: int) -> Callable[[], Awaitable[bool]]:
        async def check() -> bool:
            return len(await effects()) >= many

        return check

    def unknown(more: int) -> Callable[[], Awaitable[bool]]:
        wanted = counted("hikitome_kafka_produce_unknown_total") + more

        async def check() -> bool:
            return counted("hikitome_kafka_produce_unknown_total") >= wanted

        return check

    async with (
        EventProducer(settings, delivery_timeout=0.5) as producer,
        running(Relay(engine, producer).run),
        running(stream.run),
    ):
        await commit(wanted[:100])
        await eventually(there(100))
        go, come_back = (kafka.pause, kafka.resume) if trouble == "frozen" else (kafka.kill, kafka.restart)
        gone = unknown(4)
        go()
        await commit(wanted[100:300])
        await eventually(gone)
        assert await pending(engine) == 200
        await asyncio.to_thread(come_back)
        await commit(wanted[300:])
        await eventually(there(400))
    assert await pending(engine) == 0
    assert sorted(await effects()) == sorted(each.id for each in wanted)
    if trouble == "frozen":
        # What the relay had given up on was in the broker's inbox all the same.
        assert counted("hikitome_events_processed_total", topic=topic.name, outcome="duplicate") > 0
