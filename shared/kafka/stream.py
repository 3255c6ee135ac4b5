"""The partition stream: joins the group, owns its offsets in PostgreSQL, feeds one batch after the other.

What the client does behind our back shapes this file: it swallows exceptions of the rebalance listener and
then starts from a position of its own, and it rejoins in the background while a batch is being processed. So
the listener only takes notes; a partition is read only after the loop itself has claimed it and has seen the
seek take effect; and the fence in the database is the real protection against a second owner.
"""

import asyncio
import os
import socket
from collections.abc import Sequence
from functools import partial
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import IllegalStateError, NoOffsetForPartitionError, OffsetOutOfRangeError

from shared.clock import monotonic, system_clock
from shared.events.record import Received
from shared.events.topics import Topic
from shared.kafka.attempt import until_done
from shared.kafka.batch import Observe, Share, process
from shared.kafka.client import MAX_RECORD_BYTES, connection_options
from shared.kafka.dead_letters import DeadLetterLimit, Tally
from shared.kafka.lag import Lag
from shared.postgres import offsets
from shared.postgres.engine import AsyncEngine, transaction
from shared.process.health import Health
from shared.process.metrics import consumer_assigned_partitions, fenced, last_poll_timestamp, rebalances
from shared.process.settings import CommonSettings

log = structlog.get_logger(__name__)

_POLL_MS = 200
_STARTING_SECONDS = 60
_STOPPING_SECONDS = 5
_MOST_RECORDS = 200


class OffsetLost(Exception):
    """The log no longer holds the record we are to read next; a person must decide what to do."""


class PartitionStream:
    """Owns one consumer; `run` it as a loop."""

    def __init__(  # noqa: PLR0913 - the composition root names each of its parts once
        self,
        settings: CommonSettings,
        engine: AsyncEngine,
        group: str,
        topics: Sequence[Topic],
        observe: Observe,
        *,
        health: Health | None = None,
        committed: asyncio.Event | None = None,
        limit: DeadLetterLimit | None = None,
    ) -> None:
        """`committed` is set after each commit, so that a relay need not wait for its next poll."""
        self._settings = settings
        self._engine = engine
        self._group = group
        self._topics = [topic.name for topic in topics]
        self._observe = observe
        self._health = health
        self._committed = committed
        self._limit = limit or DeadLetterLimit()
        self._owner = f"{socket.gethostname()}:{os.getpid()}"
        self._busy = asyncio.Lock()
        self._unclaimed: set[TopicPartition] = set()
        self._claims: dict[TopicPartition, offsets.Claim] = {}
        self._fenced_at: dict[TopicPartition, float] = {}
        self._tallies: dict[TopicPartition, Tally] = {}
        if health is not None:
            health.watch(f"stream {group}", 60)

    async def run(self, stop: asyncio.Event) -> None:
        consumer = AIOKafkaConsumer(
            # A join waits for the slowest member, so its request must outlast the rebalance.
            **connection_options(self._settings, request_timeout_ms=70_000),
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="none",
            session_timeout_ms=self._settings.kafka_session_timeout_ms,
            heartbeat_interval_ms=self._settings.kafka_session_timeout_ms // 10,
            rebalance_timeout_ms=60_000,
            max_poll_interval_ms=300_000,
            fetch_max_wait_ms=self._settings.kafka_fetch_max_wait_ms,
            max_partition_fetch_bytes=MAX_RECORD_BYTES,
            # Exactly one: with two the client sends a join for each.
            partition_assignment_strategy=(RoundRobinPartitionAssignor,),
        )
        consumer.subscribe(self._topics, listener=_Notes(self))
        lag = Lag(consumer, self._group)
        try:
            if await _started(consumer, stop):
                stopping = asyncio.ensure_future(stop.wait())
                while not stop.is_set():
                    await self._turn(consumer, lag, stopping)
                stopping.cancel()
        finally:
            lag.keep({})
            await _leave(consumer, self._group)

    async def _turn(self, consumer: AIOKafkaConsumer, lag: Lag, stopping: asyncio.Future[Any]) -> None:
        async with self._busy:
            await self._claim_assigned(consumer)
        fetched = await self._poll_until(stopping, consumer)
        async with self._busy:
            shares = {tp: self._share(tp, records) for tp, records in fetched.items() if tp in self._claims}
            if shares:
                await self._process(list(shares.values()))
                for tp, share in shares.items():
                    lag.note(tp, share.records)
            lag.keep(self._claims)
        await lag.hint(self._claims)

    async def _poll_until(
        self, stopping: asyncio.Future[Any], consumer: AIOKafkaConsumer
    ) -> dict[TopicPartition, list[Received]]:
        """Poll, but not beyond the moment when it is time to stop.

        During a rebalance the client's call ignores its timeout and returns when there is an assignment. So
        nobody may hold what the rebalance waits for, and a look at the clock must be possible meanwhile.
        """
        polling = asyncio.ensure_future(self._poll(consumer))
        while not polling.done() and not stopping.done():
            if self._health is not None:
                self._health.beat(f"stream {self._group}")
            last_poll_timestamp.set(system_clock().timestamp())
            await asyncio.wait({polling, stopping}, timeout=5, return_when=asyncio.FIRST_COMPLETED)
        if not polling.done():
            polling.cancel()
            await asyncio.wait({polling})
            return {}
        return polling.result()

    async def _poll(self, consumer: AIOKafkaConsumer) -> dict[TopicPartition, list[Received]]:
        """Records of any partition; those of unclaimed ones are left out by the caller.

        With nothing assigned the call goes on all the same: a consumer that doesn't poll can't rejoin.
        """
        try:
            fetched = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_MOST_RECORDS)
        except NoOffsetForPartitionError:
            return {}  # assigned a moment ago, not yet claimed: the seek comes with the claim
        except OffsetOutOfRangeError as error:
            # Until the claim the client reads from where our hint in Kafka says, which may be long gone.
            if self._claims.keys().isdisjoint(error.args[0]):
                return {}
            raise OffsetLost(str(error)) from error
        return {
            tp: [Received(r.topic, r.partition, r.offset, r.timestamp, r.key, r.value) for r in records]
            for tp, records in fetched.items()
        }

    def _claim_back(self) -> None:
        """Whoever fenced us should own the partition now, and the group would have told us by this time.

        If it has not, that owner was late for its assignment and is gone, and nobody else will read it.
        """
        patience = self._settings.kafka_session_timeout_ms / 1000
        overdue = {tp for tp, at in self._fenced_at.items() if monotonic() - at > patience}
        self._unclaimed |= overdue
        for tp in overdue:
            del self._fenced_at[tp]

    async def _claim_assigned(self, consumer: AIOKafkaConsumer) -> None:
        self._claim_back()
        for tp in sorted(self._unclaimed):
            claim = await until_done(partial(self._claim, tp))
            try:
                start = await self._start(consumer, tp, claim)
                consumer.seek(tp, start)
                position = await consumer.position(tp)
            except IllegalStateError:
                self._unclaimed.discard(tp)  # taken away in the meantime; the next assignment tells
                continue
            if position != start:
                raise OffsetLost(f"{tp.topic}/{tp.partition}: sought {start}, stands at {position}")
            self._unclaimed.discard(tp)
            self._claims[tp] = claim
            log.info(
                "partition claimed", topic=tp.topic, partition=tp.partition, offset=start, epoch=claim.epoch
            )

    async def _claim(self, tp: TopicPartition) -> offsets.Claim:
        async with transaction(self._engine) as connection:
            return await offsets.claim(connection, self._group, tp.topic, tp.partition, self._owner)

    async def _start(self, consumer: AIOKafkaConsumer, tp: TopicPartition, claim: offsets.Claim) -> int:
        first = (await consumer.beginning_offsets([tp]))[tp]
        if claim.next_offset >= first:
            return claim.next_offset
        if claim.next_offset == 0:
            return int(first)  # a new group begins where the log begins
        raise OffsetLost(f"{tp.topic}/{tp.partition}: next is {claim.next_offset}, the log begins at {first}")

    def _share(self, tp: TopicPartition, records: Sequence[Received]) -> Share:
        return Share(self._claims[tp], tuple(records), self._tallies.get(tp, Tally()))

    async def _process(self, shares: Sequence[Share]) -> None:
        done = await until_done(lambda: process(self._engine, shares, self._observe, self._limit))
        for claim, tally in done.tallies.items():
            self._tallies[TopicPartition(claim.topic, claim.partition)] = tally
        for claim in done.fenced:
            log.warning("fenced", topic=claim.topic, partition=claim.partition, epoch=claim.epoch)
            fenced.inc()
            tp = TopicPartition(claim.topic, claim.partition)
            self._claims.pop(tp, None)
            self._fenced_at[tp] = monotonic()
        if self._committed is not None:
            self._committed.set()

    def assigned(self, partitions: set[TopicPartition]) -> None:
        rebalances.inc()
        self._claims.clear()
        self._fenced_at.clear()
        self._unclaimed = set(partitions)
        for topic in self._topics:
            mine = sum(1 for tp in partitions if tp.topic == topic)
            consumer_assigned_partitions.labels(topic=topic).set(mine)

    async def revoked(self) -> None:
        """Let the batch in hand finish, so that the next owner starts after it."""
        try:
            async with asyncio.timeout(50), self._busy:
                self._claims.clear()
        except TimeoutError:
            log.error("batch still running at rebalance; the fence decides", group=self._group)


async def _started(consumer: AIOKafkaConsumer, stop: asyncio.Event) -> bool:
    """Join the group, which waits for the slowest member; false if it is time to stop before that.

    :raises TimeoutError: if the group can't be joined; on a missing topic the client would wait for ever.
    """
    starting = asyncio.ensure_future(consumer.start())
    stopping = asyncio.ensure_future(stop.wait())
    done, _ = await asyncio.wait(
        {starting, stopping}, timeout=_STARTING_SECONDS, return_when=asyncio.FIRST_COMPLETED
    )
    stopping.cancel()
    if starting not in done:
        starting.cancel()
        if not stop.is_set():
            raise TimeoutError(f"no group could be joined within {_STARTING_SECONDS} s")
        return False
    await starting
    return True


async def _leave(consumer: AIOKafkaConsumer, group: str) -> None:
    """Leave the group, so that nobody waits for our session to end; but only as long as a stop may take.

    Without its broker the client may end this call with a cancellation that nobody asked for.
    """
    leaving = asyncio.ensure_future(consumer.stop())
    await asyncio.wait({leaving}, timeout=_STOPPING_SECONDS)
    leaving.cancel()
    await asyncio.wait({leaving})
    error = None if leaving.cancelled() else leaving.exception()
    if leaving.cancelled() or error is not None:
        log.warning("group not left cleanly", group=group, error=type(error).__name__ if error else None)


class _Notes(ConsumerRebalanceListener):  # type: ignore[misc]  # the client ships no types
    """The listener only takes notes: what it raises would be swallowed."""

    def __init__(self, stream: PartitionStream) -> None:
        self._stream = stream

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        if revoked:
            await self._stream.revoked()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        self._stream.assigned(assigned)
