"""Where the partition stream stands on Apache Kafka, and when it had better stop."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.records_to_delete import RecordsToDelete
from sqlalchemy import text

from shared.events.envelope import Envelope
from shared.events.topics import Topic
from shared.kafka.dead_letters import DeadLetterLimit, TooManyDeadLetters
from shared.kafka.stream import OffsetLost, PartitionStream
from shared.postgres import offsets
from shared.postgres.engine import AsyncEngine, transaction
from shared.process.settings import CommonSettings
from tests.kafka.conftest import Effects, Publish, Stream, UntilEffects, ids
from tests.kafka.consumer import Effects as WritesEffects

Make = Callable[[int], Envelope]

STAND_AT = text("UPDATE consumer_partition SET next_offset = :offset")


async def test_a_partition_claimed_by_somebody_who_then_vanished_is_claimed_back(
    make_topic: Callable[[int], Awaitable[Topic]],
    engine: AsyncEngine,
    stream: Stream,
    envelope: Make,
    publish: Publish,
    effects: Effects,
    running: Any,
    until_effects: UntilEffects,
) -> None:
    topic = await make_topic(1)

    async with running(stream(topic, "a").run):
        await publish(topic, [envelope(1)])
        await until_effects(1)
        async with transaction(engine) as connection:
            await offsets.claim(connection, f"g-{topic.name}", topic.name, 0, "late, and then killed")
        await publish(topic, [envelope(2)])
        await until_effects(2)
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
    until_effects: UntilEffects,
) -> None:
    topic = await make_topic(1)
    wanted = [envelope(number) for number in range(20)]
    await publish(topic, wanted)
    async with transaction(engine) as connection:
        await offsets.claim(connection, f"g-{topic.name}", topic.name, 0, "an earlier one")
        await connection.execute(STAND_AT, {"offset": 10})
    await leave_hint(settings, topic, 3)
    await admin.delete_records({TopicPartition(topic.name, 0): RecordsToDelete(10)})

    async with running(stream(topic, "a").run):
        await until_effects(10)
        # Now the group is in motion while the consumers fetch, and the client begins at the hint by itself.
        async with running(stream(topic, "b").run):
            await publish(topic, [envelope(20)])
            await until_effects(11)
        await publish(topic, [envelope(21)])
        await until_effects(12)
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
    until_effects: UntilEffects,
) -> None:
    topic = await make_topic(1)

    await publish(topic, [envelope(1)])
    async with running(stream(topic, "a").run):
        await until_effects(1)
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
    until_effects: UntilEffects,
) -> None:
    topic = await make_topic(1)

    await publish(topic, [envelope(1)])
    async with running(stream(topic, "a").run):
        await until_effects(1)
    async with transaction(engine) as connection:
        await connection.execute(STAND_AT, {"offset": 1000})
    with pytest.raises(OffsetLost):
        await asyncio.wait_for(stream(topic, "a").run(asyncio.Event()), 20)
    assert await effects() == ids([envelope(1)])
