"""The check: do the topics hold exactly what was acknowledged?"""

from collections import Counter
from collections.abc import Iterable

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.events.envelope import decode
from shared.events.topics import CUSTOMER_EVENTS, dead_letter
from shared.kafka.client import connection_options
from shared.process.settings import CommonSettings


class Check(msgspec.Struct, frozen=True):
    """By event id: `missing` were acknowledged and are not there, `strange` are there and were never sent."""

    acknowledged: int
    in_kafka: int
    missing: int
    strange: int
    duplicates: int
    dead_letters: int

    @property
    def exact(self) -> bool:
        return not (self.missing or self.strange or self.duplicates or self.dead_letters)


async def check(
    settings: CommonSettings, shop: str, acknowledged: Iterable[str], unknown: Iterable[str]
) -> Check:
    """`unknown` were sent and not acknowledged: they may be there."""
    events = await _read_all(settings, CUSTOMER_EVENTS.name)
    letters = await _read_all(settings, dead_letter("ingest").name)
    found = Counter(envelope.id for envelope in map(decode, events) if envelope.shop == shop)
    told = set(acknowledged)
    return Check(
        acknowledged=len(told),
        in_kafka=len(found),
        missing=len(told - found.keys()),
        strange=len(found.keys() - told - set(unknown)),
        duplicates=found.total() - len(found),
        dead_letters=sum(shop.encode() in letter for letter in letters),
    )


async def _read_all(settings: CommonSettings, topic: str) -> list[bytes]:
    """Every value that is in the topic now."""
    async with AIOKafkaConsumer(**connection_options(settings), enable_auto_commit=False) as consumer:
        partitions = [TopicPartition(topic, number) for number in await _partitions(consumer, topic)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        values: list[bytes] = []
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                values += [record.value for record in records]
        return values


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    await consumer.topics()
    return consumer.partitions_for_topic(topic) or set()
