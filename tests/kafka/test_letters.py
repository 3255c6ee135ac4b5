"""Reading a topic from start to end on Apache Kafka: with a beginning that is gone, and brokers that fail."""

from dataclasses import replace

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from shared.events.record import Record
from shared.events.topics import Topic
from shared.kafka.letters import Extent, LogReader, OutOfReach, Stretch
from shared.kafka.producer import Acked, EventProducer
from shared.process.settings import CommonSettings
from tests.kafka.apache_kafka import Kafka


async def fill(settings: CommonSettings, topic: Topic, values: int) -> None:
    async with EventProducer(settings, delivery_timeout=20) as producer:
        for first in range(0, values, 50):
            records = [Record(topic.name, None, b"%d" % n) for n in range(first, min(values, first + 50))]
            assert await producer.publish(records) == Acked()


async def test_everything_is_read_once_up_to_the_end_there_was(
    settings: CommonSettings, topic: Topic
) -> None:
    await fill(settings, topic, 230)
    async with LogReader(settings) as log:
        extent = await log.extent(topic.name)
        assert extent is not None
        assert extent.offsets == 230
        await fill(settings, topic, 10)
        values = [int(record.value or b"") async for record in log.records(extent)]
    assert sorted(values) == list(range(230))


async def test_what_retention_has_taken_is_not_waited_for(settings: CommonSettings, topic: Topic) -> None:
    await fill(settings, topic, 60)
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap)
    await admin.start()
    partitions = [TopicPartition(topic.name, n) for n in range(topic.partitions)]
    await admin.delete_records({tp: RecordsToDelete(before_offset=5) for tp in partitions})
    await admin.close()
    async with LogReader(settings) as log:
        extent = await log.extent(topic.name)
        assert extent is not None
        assert {stretch.first for stretch in extent.stretches} == {5}
        read = [record async for record in log.records(extent)]
    assert len(read) == 60 - 5 * topic.partitions


async def test_who_loses_what_is_about_to_be_read_is_told(settings: CommonSettings, topic: Topic) -> None:
    async with LogReader(settings) as log:
        gone = Extent(topic.name, (Stretch(0, 1000, 2000),))
        with pytest.raises(OutOfReach):
            _ = [record async for record in log.records(gone)]


async def test_a_topic_that_is_not_there_is_told_and_not_made(settings: CommonSettings, topic: Topic) -> None:
    missing = replace(topic, name=f"{topic.name}-missing")
    async with LogReader(settings) as log:
        assert await log.extent(missing.name) is None
        assert await log.extent(missing.name) is None


@pytest.mark.parametrize("failure", ["kill", "pause"])
async def test_brokers_that_fail_meanwhile_are_told_in_time(
    kafka: Kafka, settings: CommonSettings, topic: Topic, failure: str
) -> None:
    await fill(settings, topic, 20)
    async with LogReader(settings, patience=3) as log:
        extent = await log.extent(topic.name)
        assert extent is not None
        {"kill": kafka.kill, "pause": kafka.pause}[failure]()
        with pytest.raises(OutOfReach):
            _ = [record async for record in log.records(extent)]
        with pytest.raises(OutOfReach):
            await log.extent(topic.name)
