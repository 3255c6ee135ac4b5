"""The partition stream on Apache Kafka: each event takes effect once, whoever comes, goes or dies."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.records_to_delete import RecordsToDelete
from sqlalchemy import text

from shared.clock import monotonic
from shared.events.envelope import Envelope
from shared.events.topics import Topic
from shared.kafka.dead_letters import DeadLetterLimit, TooManyDeadLetters
from shared.kafka.producer import Acked, EventProducer
from shared.kafka.stream import OffsetLost, PartitionStream
from shared.postgres import offsets
from shared.postgres.engine import AsyncEngine, transaction
from shared.process.run import pause
from shared.process.settings import CommonSettings
from tests.kafka.apache_kafka import Kafka
from tests.kafka.conftest import Effects, Publish, as_record
from tests.kafka.consumer import Effects as WritesEffects

Make = Callable[[int], Envelope]
Stream = Callable[[Topic, str], PartitionStream]

OWNERS = text("SELECT owner FROM effect GROUP BY owner HAVING count(*) >= 300")
COUNT = text("SELECT count(*) FROM effect WHERE owner = :owner")
SUBJECTS = text("SELECT event_id, subject FROM effect ORDER BY at")
STAND_AT = text("UPDATE consumer_partition SET next_offset = :offset")


@pytest.fixture
def stream(settings: CommonSettings, engine: AsyncEngine) -> Stream:
    """A member of the topic's one group that signs its effects."""

    def make(topic: Topic, owner: str) -> PartitionStream:
        return PartitionStream(settings, engine, f"g-{topic.name}", [topic], WritesEffects(owner).observe)

    return make


def ids(envelopes: Sequence[Envelope]) -> list[str]:
    return [envelope.id for envelope in envelopes]


async def test_each_event_takes_effect_once_though_it_stands_twice_in_the_log(
    topic: Topic,
    stream: Stream,
    envelope: Make,
    publish: Publish,
    effects: Effects,
    running: Any,
    eventually: Any,
) -> None:
    wanted = [envelope(number) for number in range(60)]
    await publish(topic, [*wanted, *wanted[:30]])
    await publish(topic, wanted)

    async def all_there() -> bool:
        return len(await effects()) >= len(wanted)

    async with running(stream(topic, "a").run):
        await eventually(all_there)
        await publish(topic, [*wanted, envelope(60)])
        wanted.append(envelope(60))
        await eventually(all_there)
    assert sorted(await effects()) == sorted(ids(wanted))


async def test_consumers_may_come_and_go_under_load_and_each_event_takes_effect_once_and_in_order(
    settings: CommonSettings,
    make_topic: Callable[[int], Awaitable[Topic]],
    engine: AsyncEngine,
    stream: Stream,
    envelope: Make,
    effects: Effects,
    running: Any,
    eventually: Any,
) -> None:
    topic = await make_topic(6)
    published: list[Envelope] = []
    enough = asyncio.Event()

    async def load() -> None:
        async with EventProducer(settings, delivery_timeout=10) as producer:
            for first in itertools.count(step=20):
                several = [envelope(number) for number in range(first, first + 20)]
                assert await producer.publish([as_record(topic, each) for each in several]) == Acked()
                published.extend(several)
                if enough.is_set():
                    return

    def worked(*owners: str) -> Callable[[], Awaitable[bool]]:
        async def check() -> bool:
            async with transaction(engine) as connection:
                return {row.owner for row in await connection.execute(OWNERS)} == set(owners)

        return check

    async def all_there() -> bool:
        return len(await effects()) >= len(published)

    loading = asyncio.create_task(load())
    async with running(stream(topic, "b").run):
        async with running(stream(topic, "a").run):
            await eventually(worked("a", "b"))
        async with running(stream(topic, "c").run):
            await eventually(worked("a", "b", "c"))
            enough.set()
            await loading
            await eventually(all_there)
    assert sorted(await effects()) == sorted(ids(published))
    await in_order(engine, published)


async def in_order(engine: AsyncEngine, published: Sequence[Envelope]) -> None:
    async with transaction(engine) as connection:
        rows = [(row.subject, str(row.event_id)) for row in await connection.execute(SUBJECTS)]
    for subject in {each.subject for each in published}:
        wanted = [each.id for each in published if each.subject == subject]
        assert [event_id for about, event_id in rows if about == subject] == wanted


async def test_a_rebalance_while_records_trickle_in_holds_nobody_up(
    settings: CommonSettings,
    make_topic: Callable[[int], Awaitable[Topic]],
    engine: AsyncEngine,
    stream: Stream,
    envelope: Make,
    effects: Effects,
    running: Any,
    eventually: Any,
) -> None:
    topic = await make_topic(6)
    enough = asyncio.Event()

    async def trickle() -> None:
        async with EventProducer(settings, delivery_timeout=10) as producer:
            for number in itertools.count():
                assert await producer.publish([as_record(topic, envelope(number))]) == Acked()
                # Slow enough for consumers to be waiting, and quick enough to wake them before they look up.
                await pause(enough, 0.05)
                if enough.is_set():
                    return

    def works(owner: str) -> Callable[[], Awaitable[bool]]:
        async def check() -> bool:
            async with transaction(engine) as connection:
                return bool((await connection.execute(COUNT, {"owner": owner})).scalar_one() > 0)

        return check

    trickling = asyncio.create_task(trickle())
    async with asyncio.timeout(25), running(stream(topic, "a").run):
        for owner in ("b", "c", "d"):
            async with running(stream(topic, owner).run):
                await eventually(works(owner))
        enough.set()
        await trickling
    assert len(await effects()) == len(set(await effects()))


async def test_a_stream_outlives_the_death_of_its_broker(
    kafka: Kafka,
    topic: Topic,
    stream: Stream,
    envelope: Make,
    publish: Publish,
    effects: Effects,
    running: Any,
    eventually: Any,
) -> None:
    wanted = [envelope(number) for number in range(40)]

    def there(many: int) -> Callable[[], Awaitable[bool]]:
        async def check() -> bool:
            return len(await effects()) >= many

        return check

    await publish(topic, wanted[:20])
    async with running(stream(topic, "a").run):
        await eventually(there(20))
        kafka.kill()
        await asyncio.to_thread(kafka.restart)
        await publish(topic, wanted[20:])
        await eventually(there(40))
    assert sorted(await effects()) == sorted(ids(wanted))


async def test_a_stream_whose_broker_is_gone_still_stops_when_asked_to(
    kafka: Kafka,
    topic: Topic,
    stream: Stream,
    envelope: Make,
    publish: Publish,
    effects: Effects,
    eventually: Any,
) -> None:
    stop = asyncio.Event()
    began = monotonic()

    async def there() -> bool:
        return len(await effects()) == 1

    async def hint_is_due() -> bool:
        return monotonic() - began > 6

    await publish(topic, [envelope(1)])
    running = asyncio.create_task(stream(topic, "a").run(stop))
    await eventually(there)
    kafka.kill()
    await eventually(hint_is_due)
    stop.set()
    await asyncio.wait_for(running, 6)


async def test_a_partition_claimed_by_somebody_who_then_vanished_is_claimed_back(
    make_topic: Callable[[int], Awaitable[Topic]],
    engine: AsyncEngine,
    stream: Stream,
    envelope: Make,
    publish: Publish,
    effects: Effects,
    running: Any,
    eventually: Any,
) -> None:
    topic = await make_topic(1)

    def there(many: int) -> Callable[[], Awaitable[bool]]:
        async def check() -> bool:
            return len(await effects()) >= many

        return check

    async with running(stream(topic, "a").run):
        await publish(topic, [envelope(1)])
        await eventually(there(1))
        async with transaction(engine) as connection:
            await offsets.claim(connection, f"g-{topic.name}", topic.name, 0, "late, and then killed")
        await publish(topic, [envelope(2)])
        await eventually(there(2))
    assert await effects() == ids([envelope(1), envelope(2)])


async def test_a_hint_left_in_kafka_before_the_beginning_of_the_log_misleads_nobody(
    settings: CommonSettings,
    make_topic: Callable[[int], Awaitable[Topic]],
    admin: AIOKafkaAdminClient,
    engine: AsyncEngine,
    stream: Stream,
    envelope: Make,
    publish: Publish,
    effects: Effects,
    running: Any,
    eventually: Any,
) -> None:
    topic = await make_topic(1)
    wanted = [envelope(number) for number in range(20)]
    await publish(topic, wanted)
    async with transaction(engine) as connection:
        await offsets.claim(connection, f"g-{topic.name}", topic.name, 0, "an earlier one")
        await connection.execute(STAND_AT, {"offset": 10})
    await leave_hint(settings, topic, 3)
    await admin.delete_records({TopicPartition(topic.name, 0): RecordsToDelete(10)})

    def there(many: int) -> Callable[[], Awaitable[bool]]:
        async def check() -> bool:
            return len(await effects()) >= many

        return check

    async with running(stream(topic, "a").run):
        await eventually(there(10))
        # Now the group is in motion while the consumers fetch, and the client begins at the hint by itself.
        async with running(stream(topic, "b").run):
            await publish(topic, [envelope(20)])
            await eventually(there(11))
        await publish(topic, [envelope(21)])
        await eventually(there(12))
    assert await effects() == ids([envelope(number) for number in range(10, 22)])


async def leave_hint(settings: CommonSettings, topic: Topic, offset: int) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka_bootstrap, group_id=f"g-{topic.name}")
    await consumer.start()
    consumer.assign([TopicPartition(topic.name, 0)])
    await consumer.commit({TopicPartition(topic.name, 0): offset})
    await consumer.stop()


async def test_a_topic_full_of_unreadable_records_stops_the_consumer(
    settings: CommonSettings, engine: AsyncEngine, topic: Topic, publish: Publish, effects: Effects
) -> None:
    await publish(topic, [b"bad"] * 100)
    stream = PartitionStream(
        settings,
        engine,
        f"g-{topic.name}",
        [topic],
        WritesEffects("a").observe,
        limit=DeadLetterLimit(in_a_row=10),
    )
    with pytest.raises(TooManyDeadLetters):
        await asyncio.wait_for(stream.run(asyncio.Event()), 20)
    assert await effects() == []


async def test_a_log_that_no_longer_holds_the_next_record_stops_the_consumer(
    make_topic: Callable[[int], Awaitable[Topic]],
    admin: AIOKafkaAdminClient,
    stream: Stream,
    envelope: Make,
    publish: Publish,
    effects: Effects,
    running: Any,
    eventually: Any,
) -> None:
    topic = await make_topic(1)

    async def first_there() -> bool:
        return len(await effects()) >= 1

    await publish(topic, [envelope(1)])
    async with running(stream(topic, "a").run):
        await eventually(first_there)
    await publish(topic, [envelope(number) for number in range(2, 20)])
    await admin.delete_records({TopicPartition(topic.name, 0): RecordsToDelete(10)})
    with pytest.raises(OffsetLost):
        await asyncio.wait_for(stream(topic, "a").run(asyncio.Event()), 20)
    assert await effects() == ids([envelope(1)])


async def test_a_log_that_ends_before_the_next_record_stops_the_consumer(
    make_topic: Callable[[int], Awaitable[Topic]],
    engine: AsyncEngine,
    stream: Stream,
    envelope: Make,
    publish: Publish,
    effects: Effects,
    running: Any,
    eventually: Any,
) -> None:
    topic = await make_topic(1)

    async def first_there() -> bool:
        return len(await effects()) >= 1

    await publish(topic, [envelope(1)])
    async with running(stream(topic, "a").run):
        await eventually(first_there)
    async with transaction(engine) as connection:
        await connection.execute(STAND_AT, {"offset": 1000})
    with pytest.raises(OffsetLost):
        await asyncio.wait_for(stream(topic, "a").run(asyncio.Event()), 20)
    assert await effects() == ids([envelope(1)])
