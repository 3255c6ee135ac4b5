"""Letters: a topic read from its first record to the end it had when we looked, outside any group."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from shared.clock import monotonic
from shared.events.record import Received
from shared.kafka.client import MAX_RECORD_BYTES, connection_options
from shared.process.settings import CommonSettings

Ends = Mapping[TopicPartition, int]

_POLL_MS = 500
_AT_ONCE = 100
_STOPPING_SECONDS = 5


class OutOfReach(Exception):
    """The brokers can't be reached, don't answer in time, or refuse; the message says which."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """One partition from `first` up to, not including, `end`."""

    partition: int
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class Extent:
    """What a topic holds at one moment; what comes later is not part of it."""

    topic: str
    stretches: tuple[Stretch, ...]

    @property
    def offsets(self) -> int:
        """How many records at most; a log may have gaps."""
        return sum(each.end - each.first for each in self.stretches)


class LogReader:
    """Owns one consumer without a group: it commits nothing and disturbs nobody."""

    def __init__(self, settings: CommonSettings, patience: float = 30.0) -> None:
        """:param patience: seconds that any single answer of the brokers may take."""
        self._bootstrap = settings.kafka_bootstrap
        self._patience = patience
        self._consumer = AIOKafkaConsumer(
            **connection_options(settings),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            fetch_max_wait_ms=settings.kafka_fetch_max_wait_ms,
            max_partition_fetch_bytes=MAX_RECORD_BYTES,
        )

    async def __aenter__(self) -> Self:
        """:raises OutOfReach: see there."""
        try:
            with self._told():
                async with asyncio.timeout(self._patience):
                    await self._consumer.start()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def extent(self, topic: str) -> Extent | None:
        """What the topic holds now; None if there is no such topic.

        :raises OutOfReach: see there.
        """
        with self._told():
            async with asyncio.timeout(self._patience):
                # Asked for by name a topic that isn't there may be made, so all are asked for.
                if topic not in await self._consumer.topics():
                    return None
                partitions = await self._partitions(topic)
                first = await self._consumer.beginning_offsets(partitions)
                end = await self._consumer.end_offsets(partitions)
                stretches = [
                    Stretch(tp.partition, first[tp], await self._end(tp, first, end)) for tp in partitions
                ]
        return Extent(topic, tuple(stretches))

    async def records(self, extent: Extent) -> AsyncIterator[Received]:
        """Every record of the extent, partition after partition; no more than one fetch is held in memory.

        :raises OutOfReach: see there; also where the log has lost what we were about to read.
        """
        for stretch in extent.stretches:
            tp = TopicPartition(extent.topic, stretch.partition)
            self._consumer.assign([tp])
            self._consumer.seek(tp, stretch.first)
            async for received in self._until(tp, stretch.end):
                yield received

    async def _until(self, tp: TopicPartition, end: int) -> AsyncIterator[Received]:
        position, moved_at = -1, monotonic()
        with self._told():
            while (now_at := await self._consumer.position(tp)) < end:
                if now_at != position:
                    position, moved_at = now_at, monotonic()
                if monotonic() - moved_at > self._patience:
                    raise TimeoutError
                for r in await self._next(tp):
                    if r.offset < end:
                        yield r

    async def _next(self, tp: TopicPartition) -> list[Received]:
        fetched = await self._consumer.getmany(tp, timeout_ms=_POLL_MS, max_records=_AT_ONCE)
        return [
            Received(r.topic, r.partition, r.offset, r.timestamp, r.key, r.value) for r in fetched.get(tp, ())
        ]

    async def _end(self, tp: TopicPartition, first: Ends, end: Ends) -> int:
        """Tansu lists the end as if its last batch held one record; what it says beside records is right."""
        if first[tp] == end[tp]:
            return end[tp]
        self._consumer.assign([tp])
        self._consumer.seek(tp, end[tp] - 1)
        await self._next(tp)
        return max(end[tp], self._consumer.highwater(tp) or 0)

    async def _partitions(self, topic: str) -> list[TopicPartition]:
        """The client learns of a topic's partitions only once it follows one of them."""
        first = TopicPartition(topic, 0)
        self._consumer.assign([first])
        await self._consumer.end_offsets([first])
        return [TopicPartition(topic, n) for n in sorted(self._consumer.partitions_for_topic(topic) or {0})]

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError as error:
            raise OutOfReach(f"no answer from {self._bootstrap} within {self._patience:.0f} s") from error
        except (KafkaError, OSError) as error:
            raise OutOfReach(f"{self._bootstrap}: {error}") from error

    async def _stop(self) -> None:
        """Without its brokers the client may take long to stop; nobody waits for it."""
        stopping = asyncio.ensure_future(self._consumer.stop())
        await asyncio.wait({stopping}, timeout=_STOPPING_SECONDS)
        stopping.cancel()
        await asyncio.gather(stopping, return_exceptions=True)
