"""Lag: how far behind we are, in records and in seconds, and the hint that Kafka's own tools read."""

import asyncio
from collections.abc import Mapping, Sequence

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from shared.clock import monotonic, system_clock
from shared.events.record import Received
from shared.postgres.offsets import Claim
from shared.process.metrics import consumer_lag_records, consumer_lag_seconds

log = structlog.get_logger(__name__)

_HINT_EVERY = 5.0
_HINT_PATIENCE = 1.0


class Lag:
    """Remembers what was processed last in each partition, and tells Kafka every few seconds."""

    def __init__(self, consumer: AIOKafkaConsumer, group: str) -> None:
        self._consumer = consumer
        self._group = group
        self._next: dict[TopicPartition, int] = {}
        self._noted: set[TopicPartition] = set()
        self._hinted_at = monotonic()

    def note(self, tp: TopicPartition, records: Sequence[Received]) -> None:
        following = records[-1].offset + 1
        self._next[tp] = following
        self._noted.add(tp)
        behind = max(0, (self._consumer.highwater(tp) or following) - following)
        labels = {"topic": tp.topic, "partition": str(tp.partition)}
        consumer_lag_records.labels(**labels).set(behind)
        age = system_clock().timestamp() - records[-1].timestamp_ms / 1000 if behind else 0.0
        consumer_lag_seconds.labels(**labels).set(max(0.0, age))

    def keep(self, owned: Mapping[TopicPartition, Claim]) -> None:
        """Say nothing any more about partitions that are no longer ours."""
        for tp in self._noted - owned.keys():
            consumer_lag_records.remove(tp.topic, str(tp.partition))
            consumer_lag_seconds.remove(tp.topic, str(tp.partition))
        self._noted &= owned.keys()

    async def hint(self, owned: Mapping[TopicPartition, Claim]) -> None:
        """Commit to Kafka one partition at a time: with one revoked partition among them nothing would be."""
        if monotonic() - self._hinted_at < _HINT_EVERY:
            return
        self._hinted_at = monotonic()
        try:
            # While the group's coordinator is away the client would try for ever.
            async with asyncio.timeout(_HINT_PATIENCE):
                for tp in [tp for tp in self._next if tp in owned]:
                    await self._commit(tp)
        except TimeoutError:
            log.debug("offset hint given up", group=self._group)

    async def _commit(self, tp: TopicPartition) -> None:
        try:
            await self._consumer.commit({tp: self._next.pop(tp)})
        except (KafkaError, IllegalStateError) as error:
            log.debug("offset hint not taken", group=self._group, error=type(error).__name__)
