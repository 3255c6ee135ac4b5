"""Lanes: publishes that happen at the same time share batches, one batch of a partition after the other."""

import asyncio
from collections import deque
from collections.abc import Sequence
from itertools import count
from zlib import crc32

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.producer.message_accumulator import BatchBuilder

from shared.clock import monotonic
from shared.events.record import Record
from shared.kafka.receipt import Receipt
from shared.process.metrics import produce_seconds


class Abandoned(KafkaError):  # type: ignore[misc]
    """The client was given up before the record was sent."""


class Partitioner:
    """Records with the same key go to the same partition, as librdkafka has it; others take turns."""

    def __init__(self) -> None:
        self._turn = count()

    def __call__(self, key: bytes | None, partitions: int) -> int:
        """A number from 0 to below `partitions`."""
        return (next(self._turn) if key is None else crc32(key)) % partitions


class Lane:
    """Owns what waits for one partition, in order: while one batch is under way the next one collects.

    There is never more than one of our batches in the client's queue: a second call of `send_batch` for the
    same partition may end in a timeout though the first one succeeds.
    """

    def __init__(self, producer: AIOKafkaProducer, topic: str, partition: int) -> None:
        self._producer = producer
        self._topic = topic
        self._partition = partition
        self._waiting: deque[tuple[Record, Receipt]] = deque()
        self._sending: asyncio.Task[None] | None = None

    def put(self, record: Record, receipt: Receipt) -> None:
        self._waiting.append((record, receipt))
        if self._sending is None:
            # The task begins after this turn of the loop: whoever publishes in the same turn is in its batch.
            self._sending = asyncio.create_task(self._send())

    def abandon(self) -> None:
        """What has not been sent never will be."""
        for _, receipt in self._waiting:
            receipt.fail(Abandoned())
        self._waiting.clear()

    async def _send(self) -> None:
        try:
            while self._waiting:
                batch = self._producer.create_batch()
                shares = self._fill(batch)
                if shares:
                    await self._settle(batch, shares)
        finally:
            self._sending = None

    def _fill(self, batch: BatchBuilder) -> dict[Receipt, int]:
        """Move what waits into the batch until it is full; give whose records it has, and how many."""
        shares: dict[Receipt, int] = {}
        while self._waiting:
            record, receipt = self._waiting[0]
            if not receipt.answer.done():
                if batch.append(key=record.key, value=record.value, timestamp=None) is None:
                    break
                shares[receipt] = shares.get(receipt, 0) + 1
            self._waiting.popleft()
        return shares

    async def _settle(self, batch: BatchBuilder, shares: dict[Receipt, int]) -> None:
        began = monotonic()
        try:
            sent = await self._producer.send_batch(batch, self._topic, partition=self._partition)
            await sent
        except KafkaError as error:
            for receipt in shares:
                receipt.fail(error)
            return
        produce_seconds.observe(monotonic() - began)
        for receipt, records in shares.items():
            receipt.acknowledge(records)


class Lanes:
    """Owns the lanes of one client; there is one for each partition that was ever written to."""

    def __init__(self, producer: AIOKafkaProducer, partition: Partitioner) -> None:
        self.producer = producer
        self._partition = partition
        self._lanes: dict[str, list[Lane]] = {}

    def knows(self, records: Sequence[Record]) -> bool:
        """Whether the lanes that these records go into are open."""
        return all([record.topic in self._lanes for record in records])

    async def open(self, records: Sequence[Record]) -> None:
        """Ask for the partitions of topics that were never written to."""
        for topic in {record.topic for record in records} - self._lanes.keys():
            partitions = await self.producer.partitions_for(topic)
            if topic not in self._lanes:
                self._lanes[topic] = [Lane(self.producer, topic, number) for number in sorted(partitions)]

    def put(self, records: Sequence[Record], receipt: Receipt) -> None:
        """Into lanes that are open; the receipt tells what becomes of them."""
        for record in records:
            lanes = self._lanes[record.topic]
            lanes[self._partition(record.key, len(lanes))].put(record, receipt)

    def abandon(self) -> None:
        """What waits and was not sent yet never will be."""
        for lanes in self._lanes.values():
            for lane in lanes:
                lane.abandon()
