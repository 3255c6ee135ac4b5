"""The producer: every record acknowledged by all replicas, or the honest answer that we don't know.

A produce that timed out is unknown, not failed: the client may send it later even though nobody waits. So the
caller repeats it with the same event id, and readers drop what they have seen. After any error the client is
thrown away, for an idempotent producer that lost a sequence number refuses everything until it is made anew.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared.clock import monotonic
from shared.events.record import Record
from shared.kafka.client import MAX_RECORD_BYTES, connection_options
from shared.process.metrics import produce_seconds, produce_unknown, producer_rebuilds
from shared.process.settings import CommonSettings

log = structlog.get_logger(__name__)

_CLOSING_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Acked:
    """Every record is on all in-sync replicas."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """At least one record may or may not be in the log; repeat them all with the same ids."""

    reason: str


class EventProducer:
    """Owns one aiokafka producer and replaces it after errors."""

    def __init__(self, settings: CommonSettings, delivery_timeout: float = 2.0) -> None:
        self._settings = settings
        self._delivery_timeout = delivery_timeout
        self._producer: AIOKafkaProducer | None = None
        self._making = asyncio.Lock()
        self._discarded: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._producer is not None:
            self._discard(self._producer)
        if self._discarded:
            _, late = await asyncio.wait(self._discarded, timeout=_CLOSING_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def publish(self, records: Sequence[Record]) -> Acked | Unknown:
        """Send all; wait at most the delivery timeout for all acknowledgements."""
        if not records:
            return Acked()
        began = monotonic()
        producer: AIOKafkaProducer | None = None
        try:
            async with asyncio.timeout(self._delivery_timeout):
                producer = await self._current()
                waiting = [await producer.send(r.topic, value=r.value, key=r.key) for r in records]
                # wait, not gather: gather would cancel the client's own futures at the timeout.
                await asyncio.wait(waiting)
        except (KafkaError, TimeoutError, OSError) as error:
            return self._give_up(producer, error)
        for sent in waiting:
            if sent.exception() is not None:
                return self._give_up(producer, sent.exception())
        produce_seconds.observe(monotonic() - began)
        return Acked()

    async def reachable(self) -> bool:
        """Whether the brokers answer right now, for /readyz."""
        try:
            async with asyncio.timeout(self._delivery_timeout):
                producer = await self._current()
                await producer.client.fetch_all_metadata()
        except (KafkaError, TimeoutError, OSError):
            return False
        return True

    async def _current(self) -> AIOKafkaProducer:
        async with self._making:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    **connection_options(self._settings),
                    acks="all",
                    enable_idempotence=self._settings.kafka_idempotent,
                    linger_ms=0,
                    max_batch_size=262_144,
                    max_request_size=MAX_RECORD_BYTES,
                    compression_type=None,
                )
                try:
                    await producer.start()
                except BaseException:
                    self._discard(producer)
                    raise
                self._producer = producer
            return self._producer

    def _give_up(self, producer: AIOKafkaProducer | None, error: BaseException | None) -> Unknown:
        reason = type(error).__name__
        produce_unknown.inc()
        # Concurrent calls fail together; only the first of them replaces the client.
        if producer is not None and producer is self._producer:
            self._producer = None
            producer_rebuilds.labels(reason=reason).inc()
            log.warning("producer discarded", reason=reason)
            self._discard(producer)
        return Unknown(reason)

    def _discard(self, producer: AIOKafkaProducer) -> None:
        task = asyncio.create_task(_stop(producer))
        self._discarded.add(task)
        task.add_done_callback(self._discarded.discard)


async def _stop(producer: AIOKafkaProducer) -> None:
    """Without brokers an idempotent producer stops only when they are back: nobody waits for it."""
    try:
        await producer.stop()
    except asyncio.CancelledError:
        await producer.client.close()  # the process ends; whoever has not been told Acked repeats it
        raise
    except (KafkaError, OSError) as error:
        log.warning("producer did not stop cleanly", reason=type(error).__name__)
