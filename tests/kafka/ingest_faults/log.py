"""The log: what stands in Kafka of one shop, read from the very beginning."""

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from shared.events.record import Record
from tests.kafka.ingest_faults.places import TOPICS, Place, place

_PATIENCE_SECONDS = 60


async def read_log(bootstrap: str, shop: str) -> list[Place]:
    """Every record of the shop, the ones of each partition in their order."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [TopicPartition(topic.name, n) for topic in TOPICS for n in range(topic.partitions)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning()
        ends = await consumer.end_offsets(partitions)
        found: list[Place] = []
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while any([await consumer.position(at) < end for at, end in ends.items()]):
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    found += [place(each) for each in _of(shop, records)]
        return found
    finally:
        await consumer.stop()


def _of(shop: str, records: Sequence[ConsumerRecord]) -> list[Record]:
    mine = shop.encode()
    made = [Record(each.topic, each.key, each.value) for each in records]
    return [record for record in made if mine in (record.value or record.key or b"")]
