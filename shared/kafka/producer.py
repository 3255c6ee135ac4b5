"""The producer: every record acknowledged by all replicas, or the honest answer that we don't know.

A produce that timed out is unknown, not failed: the client may send it later even though nobody waits. So the
caller repeats it with the same event id, and readers drop what they have seen. After any error the client is
thrown away, for an idempotent producer that lost a sequence number refuses everything until it is made anew,
and one that waits for a leader would wait for ever, and then deliver what is out of date by far.
"""

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from shared.events.record import Record
from shared.kafka.client import MAX_RECORD_BYTES, connection_options
from shared.kafka.receipt import ACKED, Acked, Receipt, Unknown
from shared.kafka.rounds import Partitioner, Rounds
from shared.process.metrics import produce_unknown, producer_rebuilds
from shared.process.settings import CommonSettings

__all__ = ["Acked", "EventProducer", "Unknown"]

log = structlog.get_logger(__name__)

_CLOSING_SECONDS, _LAST_SECONDS = 2.0, 0.2


class EventProducer:
    """Owns one aiokafka producer and replaces it after errors."""

    def __init__(self, settings: CommonSettings, delivery_timeout: float = 2.0) -> None:
        self._settings = settings
        self._delivery_timeout = delivery_timeout
        self._rounds: Rounds | None = None
        self._partition = Partitioner()
        self._making = asyncio.Lock()
        self._ending: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._rounds is not None:
            self._end(self._rounds.producer, _CLOSING_SECONDS)
        await asyncio.gather(*self._ending)

    async def publish(self, records: Sequence[Record], within: float | None = None) -> Acked | Unknown:
        """Send all; wait for all acknowledgements at most `within` seconds, or else the delivery timeout.

        Where a client has to be made first, that may take as long again.
        """
        if not records:
            return ACKED
        if not all([_fits(record) for record in records]):
            produce_unknown.inc()
            return Unknown(MessageSizeTooLargeError.__name__)
        patience = self._delivery_timeout if within is None else within
        rounds = self._rounds
        if rounds is None or not rounds.knows(records):
            ready = await self._ready(records, patience)
            if isinstance(ready, Unknown):
                return ready
            rounds = ready
        # A timer is a fifth of what a task's time-out costs.
        loop = asyncio.get_running_loop()
        receipt = Receipt(loop.create_future(), len(records))
        timer = loop.call_later(patience, receipt.expire)
        rounds.put(records, receipt)
        try:
            return await receipt.answer
        except (KafkaError, TimeoutError) as error:
            return self._give_up(rounds, error)
        finally:
            timer.cancel()

    async def _ready(self, records: Sequence[Record], patience: float) -> Rounds | Unknown:
        """A client that knows where these records go."""
        rounds: Rounds | None = None
        try:
            async with asyncio.timeout(patience):
                rounds = self._rounds or await self._made()
                await rounds.open(records)
        except (KafkaError, TimeoutError, OSError) as error:
            return self._give_up(rounds, error)
        return rounds

    async def reachable(self) -> bool:
        """Whether the brokers answer right now, for /readyz."""
        try:
            async with asyncio.timeout(self._delivery_timeout):
                rounds = self._rounds or await self._made()
                await rounds.producer.client.fetch_all_metadata()
        except (KafkaError, TimeoutError, OSError):
            return False
        return True

    async def _made(self) -> Rounds:
        async with self._making:
            if self._rounds is None:
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
                    self._end(producer, _LAST_SECONDS)
                    raise
                self._rounds = Rounds(producer, self._partition)
            return self._rounds

    def _give_up(self, rounds: Rounds | None, error: BaseException) -> Unknown:
        reason = type(error).__name__
        produce_unknown.inc()
        # Concurrent calls fail together; only the first of them replaces the client.
        if rounds is not None and rounds is self._rounds:
            self._rounds = None
            producer_rebuilds.labels(reason=reason).inc()
            log.warning("producer discarded", reason=reason)
            rounds.abandon()
            self._end(rounds.producer, _LAST_SECONDS)
        return Unknown(reason)

    def _end(self, producer: AIOKafkaProducer, patience: float) -> None:
        task = asyncio.create_task(_stop(producer, patience))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)


def _fits(record: Record) -> bool:
    return len(record.value or b"") + len(record.key or b"") < MAX_RECORD_BYTES


async def _stop(producer: AIOKafkaProducer, patience: float) -> None:
    """Let it deliver what it has; without brokers it would go on until they are back."""
    try:
        async with asyncio.timeout(patience):
            await producer.stop()
    except TimeoutError:
        await _cut(producer)
    except (KafkaError, OSError) as error:
        log.warning("producer did not stop cleanly", reason=type(error).__name__)


async def _cut(producer: AIOKafkaProducer) -> None:
    """End what is left of a client that was asked to stop; it offers no way to."""
    await producer.client.close()
    try:
        async with asyncio.timeout(_LAST_SECONDS):
            await producer._sender.close()
    except TimeoutError:
        log.warning("producer cut off")  # it was waiting for news of a cluster that it no longer asks
    _forget(producer)


def _forget(producer: AIOKafkaProducer) -> None:
    """End all that waits for deliveries: what became of these is never known.

    Cancelled rather than failed, for asyncio reports every failure that nobody waits for.
    """
    ours = producer._message_accumulator
    # Each takes itself out of this set, and raises where it is not in it: those to be sent once more are not.
    ours._pending_batches.update(batch for queue in ours._batches.values() for batch in queue)
    for batch in tuple(ours._pending_batches):
        batch.future.cancel()
