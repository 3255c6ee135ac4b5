"""The partition stream against a real broker and a real PostgreSQL."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import text

from shared.events.envelope import Envelope, encode
from shared.events.record import Record
from shared.events.topics import Topic
from shared.kafka.dead_letters import DeadLetterLimit, TooManyDeadLetters
from shared.kafka.producer import Acked, EventProducer
from shared.kafka.stream import PartitionStream
from shared.postgres import offsets
from shared.postgres.engine import AsyncConnection, AsyncEngine, transaction
from shared.process.settings import CommonSettings
from tests.integration.shared.conftest import Eventually

UntilEffects = Callable[[int], Awaitable[None]]

INSERT = text("INSERT INTO effect (event_id) VALUES (:id)")


async def write_effects(connection: AsyncConnection, envelopes: Sequence[Envelope]) -> None:
    await connection.execute(INSERT, [{"id": envelope.id} for envelope in envelopes])


async def effects(engine: AsyncEngine) -> list[str]:
    async with transaction(engine) as connection:
        rows = await connection.execute(text("SELECT event_id FROM effect ORDER BY at"))
        return [str(row.event_id) for row in rows]


@pytest.fixture
def until_effects(engine: AsyncEngine, eventually: Eventually) -> UntilEffects:
    """Wait until so many events took effect."""

    async def wait(many: int) -> None:
        async def there() -> bool:
            return len(await effects(engine)) >= many

        await eventually(there)

    return wait


async def publish(settings: CommonSettings, topic: Topic, values: Sequence[bytes]) -> None:
    async with EventProducer(settings, delivery_timeout=10) as producer:
        records = [Record(topic.name, str(i % 5).encode(), value) for i, value in enumerate(values)]
        assert await producer.publish(records) == Acked()


async def test_each_event_takes_effect_once_though_it_stands_twice_in_the_log(
    settings: CommonSettings,
    engine: AsyncEngine,
    topic: Topic,
    envelope: Callable[[int], Envelope],
    running: Any,
    until_effects: UntilEffects,
) -> None:
    wanted = [envelope(number) for number in range(40)]
    await publish(settings, topic, [encode(each) for each in [*wanted, *wanted]])
    stream = PartitionStream(settings, engine, f"g-{topic.name}", [topic], write_effects)

    async with running(stream.run):
        await until_effects(40)
    assert sorted(await effects(engine)) == sorted(each.id for each in wanted)


async def test_a_restarted_stream_goes_on_where_its_offsets_say(
    settings: CommonSettings,
    engine: AsyncEngine,
    topic: Topic,
    envelope: Callable[[int], Envelope],
    running: Any,
    until_effects: UntilEffects,
) -> None:
    group = f"g-{topic.name}"
    for rounds in (1, 2):
        await publish(settings, topic, [encode(envelope(n)) for n in range(20 * rounds)])

        async with running(PartitionStream(settings, engine, group, [topic], write_effects).run):
            await until_effects(20 * rounds)
    assert len(await effects(engine)) == 40


async def test_a_failing_batch_is_tried_again_whole(
    settings: CommonSettings,
    engine: AsyncEngine,
    topic: Topic,
    envelope: Callable[[int], Envelope],
    running: Any,
    until_effects: UntilEffects,
) -> None:
    failures = iter([True, True])

    async def fail_twice(connection: AsyncConnection, envelopes: Sequence[Envelope]) -> None:
        await write_effects(connection, envelopes)
        if next(failures, False):
            raise ConnectionError("the database went away")

    await publish(settings, topic, [encode(envelope(n)) for n in range(10)])
    stream = PartitionStream(settings, engine, f"g-{topic.name}", [topic], fail_twice)

    async with running(stream.run):
        await until_effects(10)
    assert len(await effects(engine)) == 10


async def test_unreadable_records_are_parked_and_the_good_ones_behind_them_are_read(
    settings: CommonSettings,
    engine: AsyncEngine,
    topic: Topic,
    envelope: Callable[[int], Envelope],
    running: Any,
    eventually: Any,
) -> None:
    await publish(settings, topic, [b"not json", b'{"specversion": "1.0"}', encode(envelope(1))])
    stream = PartitionStream(settings, engine, f"g-{topic.name}", [topic], write_effects)

    async def parked() -> list[str]:
        async with transaction(engine) as connection:
            return [row.topic for row in await connection.execute(text("SELECT topic FROM outbox"))]

    async def done() -> bool:
        return len(await effects(engine)) == 1 and len(await parked()) == 2

    async with running(stream.run):
        await eventually(done)
    assert await parked() == [f"g-{topic.name}.dead-letter"] * 2


async def test_a_topic_full_of_unreadable_records_stops_the_consumer(
    settings: CommonSettings, engine: AsyncEngine, topic: Topic
) -> None:
    await publish(settings, topic, [b"bad"] * 100)
    limit = DeadLetterLimit(in_a_row=10)
    stream = PartitionStream(settings, engine, f"g-{topic.name}", [topic], write_effects, limit=limit)
    with pytest.raises(TooManyDeadLetters):
        await asyncio.wait_for(stream.run(asyncio.Event()), 20)


async def test_an_older_owner_of_a_partition_is_fenced(engine: AsyncEngine) -> None:
    async with transaction(engine) as connection:
        older = await offsets.claim(connection, "g", "t", 0, "older")
    async with transaction(engine) as connection:
        newer = await offsets.claim(connection, "g", "t", 0, "newer")
    async with transaction(engine) as connection:
        assert await offsets.fence(connection, [older]) == {}
        assert await offsets.fence(connection, [newer]) == {newer: 0}


async def test_a_fenced_owner_moves_no_offset(engine: AsyncEngine) -> None:
    async with transaction(engine) as connection:
        older = await offsets.claim(connection, "g", "t", 0, "older")
        newer = await offsets.claim(connection, "g", "t", 0, "newer")
        await offsets.move(connection, {older: 7})
        assert await offsets.fence(connection, [newer]) == {newer: 0}
        await offsets.move(connection, {newer: 9})
        assert await offsets.fence(connection, [newer]) == {newer: 9}
