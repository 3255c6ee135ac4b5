"""Rounds: publishes that happen at the same time share one round of batches, one batch for each partition."""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
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


class Share:
    """One partition's share of a round: a batch, and how many of each publish's records it holds."""

    __slots__ = ("batch", "partition", "receipts", "topic")

    def __init__(self, topic: str, partition: int, batch: BatchBuilder) -> None:
        self.topic = topic
        self.partition = partition
        self.batch = batch
        self.receipts: dict[Receipt, int] = {}

    def add(self, record: Record, receipt: Receipt) -> bool:
        """False if the batch is full."""
        if self.batch.append(key=record.key, value=record.value, timestamp=None) is None:
            return False
        self.receipts[receipt] = self.receipts.get(receipt, 0) + 1
        return True

    def settle(self, delivery: asyncio.Future[object]) -> None:
        error = Abandoned() if delivery.cancelled() else delivery.exception()
        if error is not None:
            self.fail(error)
            return
        for receipt, records in self.receipts.items():
            receipt.acknowledge(records)

    def fail(self, error: BaseException) -> None:
        for receipt in self.receipts:
            receipt.fail(error)


class Rounds:
    """Owns what waits to be sent by one client, in order: while one round is under way the next one collects.

    A round is one request for each broker however many publish, and a request costs much the same whatever it
    holds. There is never more than one of our batches of a partition in the client's queue: a second call of
    `send_batch` for it may end in a timeout though the first one succeeds.
    """

    def __init__(self, producer: AIOKafkaProducer, partition: Partitioner) -> None:
        self.producer = producer
        self._partition = partition
        self._partitions: dict[str, list[int]] = {}
        self._waiting: deque[tuple[Record, Receipt]] = deque()
        self._sending: asyncio.Task[None] | None = None

    def knows(self, records: Sequence[Record]) -> bool:
        """Whether the partitions of all these records' topics are known."""
        return all([record.topic in self._partitions for record in records])

    async def open(self, records: Sequence[Record]) -> None:
        """Ask for the partitions of topics that were never written to."""
        for topic in {record.topic for record in records} - self._partitions.keys():
            self._partitions[topic] = sorted(await self.producer.partitions_for(topic))

    def put(self, records: Sequence[Record], receipt: Receipt) -> None:
        """Into the next round; the topics are known, and the receipt tells what becomes of the records."""
        self._waiting.extend([(record, receipt) for record in records])
        if self._sending is None:
            # The task begins after this turn of the loop: whoever publishes in the same turn is in its round.
            self._sending = asyncio.create_task(self._send())

    def abandon(self) -> None:
        """What waits and was not sent yet never will be."""
        for _, receipt in self._waiting:
            receipt.fail(Abandoned())
        self._waiting.clear()

    async def _send(self) -> None:
        try:
            while self._waiting:
                await self._settle(self._fill())
        finally:
            self._sending = None

    def _fill(self) -> Iterable[Share]:
        """Move what waits into batches, until there is no more or one of them is full."""
        shares: dict[tuple[str, int], Share] = {}
        while self._waiting:
            record, receipt = self._waiting[0]
            if not receipt.answer.done():
                numbers = self._partitions[record.topic]
                place = record.topic, numbers[self._partition(record.key, len(numbers))]
                share = shares.get(place)
                if share is None:
                    share = shares[place] = Share(*place, self.producer.create_batch())
                if not share.add(record, receipt):
                    break
            self._waiting.popleft()
        return shares.values()

    async def _settle(self, shares: Iterable[Share]) -> None:
        """Send each share, and wait until it is known what became of all."""
        began = monotonic()
        deliveries = [delivery for share in shares if (delivery := await self._sent(share))]
        if deliveries:
            await asyncio.wait(deliveries)
            produce_seconds.observe(monotonic() - began)

    async def _sent(self, share: Share) -> asyncio.Future[object] | None:
        try:
            delivery: asyncio.Future[object] = await self.producer.send_batch(
                share.batch, share.topic, partition=share.partition
            )
        except KafkaError as error:
            share.fail(error)
            return None
        delivery.add_done_callback(share.settle)
        return delivery
