"""The producer against a real broker: everything arrives, in order, whatever its size."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.events.record import Record
from shared.events.topics import Topic
from shared.kafka.client import MAX_RECORD_BYTES, connection_options
from shared.kafka.producer import Acked, EventProducer, Unknown
from shared.process.settings import CommonSettings


@pytest.fixture
def settings(kafka_bootstrap: str) -> CommonSettings:
    return CommonSettings(kafka_bootstrap=kafka_bootstrap, kafka_idempotent=False)


async def log(settings: CommonSettings, topic: Topic, records: int) -> dict[bytes, list[bytes]]:
    """The values of each key in the order of the log, once there are so many records in it."""
    values: dict[bytes, list[bytes]] = defaultdict(list)
    consumer = AIOKafkaConsumer(**connection_options(settings), max_partition_fetch_bytes=MAX_RECORD_BYTES)
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic.name, number) for number in range(topic.partitions)])
        await consumer.seek_to_beginning()
        async with asyncio.timeout(30):
            while records > 0:
                for several in (await consumer.getmany(timeout_ms=100)).values():
                    records -= len(several)
                    for each in several:
                        values[each.key].append(each.value)
    finally:
        await consumer.stop()
    assert records == 0
    return values


def numbered(topic: Topic, numbers: Sequence[int], size: int = 8) -> list[Record]:
    """Records of seven keys that tell their numbers."""
    return [Record(topic.name, b"key-%d" % (n % 7), (b"%08d" % n).ljust(size)) for n in numbers]


async def test_concurrent_publishes_all_arrive_and_each_key_in_the_order_of_the_calls(
    settings: CommonSettings, topic: Topic
) -> None:
    async with EventProducer(settings, delivery_timeout=10) as producer:
        calls = [producer.publish(numbered(topic, range(n, n + 1 + n % 3))) for n in range(0, 900, 3)]
        assert await asyncio.gather(*calls) == [Acked()] * len(calls)
    sent = sum(1 + n % 3 for n in range(0, 900, 3))
    for values in (await log(settings, topic, sent)).values():
        assert values == sorted(values)


async def test_ten_thousand_records_in_one_call_arrive(settings: CommonSettings, topic: Topic) -> None:
    async with EventProducer(settings, delivery_timeout=20) as producer:
        assert await producer.publish(numbered(topic, range(10_000), size=450)) == Acked()
    for values in (await log(settings, topic, 10_000)).values():
        assert values == sorted(values)


async def test_small_and_large_records_travel_together(settings: CommonSettings, topic: Topic) -> None:
    sizes = [10, MAX_RECORD_BYTES - 1000, 300_000, 10, 262_144, 262_000, 10, 1_000_000, 10]
    async with EventProducer(settings, delivery_timeout=20) as producer:
        calls = [producer.publish(numbered(topic, [n], size=size)) for n, size in enumerate(sizes)]
        assert await asyncio.gather(*calls) == [Acked()] * len(sizes)
    arrived = [len(value) for values in (await log(settings, topic, len(sizes))).values() for value in values]
    assert sorted(arrived) == sorted(sizes)


async def test_a_record_that_is_too_large_harms_nobody_else(settings: CommonSettings, topic: Topic) -> None:
    async with EventProducer(settings, delivery_timeout=10) as producer:
        before, after = numbered(topic, range(20)), numbered(topic, range(21, 40))
        huge = numbered(topic, [20], size=MAX_RECORD_BYTES + 1)
        answers = await asyncio.gather(*[producer.publish(records) for records in (before, huge, after)])
    assert answers == [Acked(), Unknown("MessageSizeTooLargeError"), Acked()]
    assert sum(len(values) for values in (await log(settings, topic, 39)).values()) == 39


async def test_tombstones_and_records_without_a_key_arrive(settings: CommonSettings, topic: Topic) -> None:
    async with EventProducer(settings, delivery_timeout=10) as producer:
        records = [Record(topic.name, b"gone", None), *[Record(topic.name, None, b"x")] * 9]
        assert await producer.publish(records) == Acked()
    values = await log(settings, topic, 10)
    assert {key: len(several) for key, several in values.items()} == {b"gone": 1, None: 9}


async def test_nothing_waits_for_ever_when_there_is_no_broker_at_all() -> None:
    nowhere = CommonSettings(kafka_bootstrap="127.0.0.1:1")
    usual = len(asyncio.all_tasks())
    async with EventProducer(nowhere, delivery_timeout=0.3) as producer:
        answers = await asyncio.gather(*[producer.publish([Record("t", b"k", b"v")]) for _ in range(5)])
        assert all(isinstance(answer, Unknown) for answer in answers)
        assert not await producer.reachable()
    assert len(asyncio.all_tasks()) == usual
