"""The drain: takes what waits in the spool to Kafka, in order, as soon as Kafka takes it."""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from services.ingest.durable import Publish
from services.ingest.spool import Refused, Spool
from services.ingest.spool_file import Waiting
from shared.backoff import Backoff
from shared.kafka.producer import Acked, Unknown
from shared.process.health import Health
from shared.process.metrics import spool_drained
from shared.process.run import pause

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 30.0
"""How long Kafka may take for one batch; nobody waits for it."""
_FOR_EVER = frozenset({"MessageSizeTooLargeError", "RecordListTooLargeError"})
"""Refusals that are the record's own fault: asking again changes nothing."""
_BACKOFF = Backoff(first=0.2, limit=5.0)
_LOOK_EVERY_SECONDS = 0.1
_LAST_SECONDS = 2.0
_LOOP = "drain"


class Drain:
    """Owns the rhythm; what it has not finished when asked to stop stays in the file."""

    def __init__(self, publish: Publish, spool: Spool, random: Callable[[], float], health: Health) -> None:
        self._publish = publish
        self._spool = spool
        self._random = random
        self._health = health
        health.watch(_LOOP, 2 * PATIENCE_SECONDS)

    async def run(self, stop: asyncio.Event) -> None:
        failures = 0
        while not stop.is_set():
            self._beat()
            if not self._spool.waiting:
                self._spool.release()
                await pause(stop, _LOOK_EVERY_SECONDS)
            elif await self._move_some(stop):
                failures = 0
                self._spool.hold_the_last()
            else:
                self._spool.release()
                failures += 1
                await self._rest(failures, stop)

    async def _move_some(self, stop: asyncio.Event) -> bool:
        """True unless Kafka or the disk refuses just now."""
        batch = await self._spool.oldest()
        if isinstance(batch, Refused):
            return False
        if not batch:  # what waits is still being written
            await pause(stop, _LOOK_EVERY_SECONDS)
            return True
        match await self._send(batch, stop):
            case Acked():
                return await self._removed(batch, stop)
            case Unknown(reason) if reason in _FOR_EVER:
                return await self._move_one_by_one(batch, stop)
            case Unknown(reason):
                log.warning("spool not drained; trying again", reason=reason)
                return False

    async def _move_one_by_one(self, batch: Sequence[Waiting], stop: asyncio.Event) -> bool:
        """One of them blocks the others: find it, and keep it out of their way."""
        for waiting in batch:
            match await self._send([waiting], stop):
                case Acked():
                    moved = await self._removed([waiting], stop)
                case Unknown(reason) if reason in _FOR_EVER:
                    log.error("record set aside", topic=waiting.record.topic, reason=reason)
                    moved = await self._spool.set_aside(waiting)
                case Unknown():
                    moved = False
            if not moved:
                return False
        return True

    async def _send(self, batch: Sequence[Waiting], stop: asyncio.Event) -> Acked | Unknown:
        """When it is time to stop, Kafka gets a moment; then the batch is unknown and stays in the file."""
        self._beat()
        sending = asyncio.ensure_future(self._publish([waiting.record for waiting in batch]))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({sending, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        await asyncio.wait({sending}, timeout=_LAST_SECONDS)
        if not sending.done():
            sending.cancel()
            return Unknown("stopping")
        return sending.result()

    async def _removed(self, batch: Sequence[Waiting], stop: asyncio.Event) -> bool:
        """Kafka has them: a disk that refuses is asked again, not Kafka."""
        failures = 0
        while not await self._spool.remove(batch):
            failures += 1
            await self._rest(failures, stop)
            if stop.is_set():
                return False
        spool_drained.inc(len(batch))
        return True

    async def _rest(self, failures: int, stop: asyncio.Event) -> None:
        self._beat()
        await pause(stop, _BACKOFF.delay(failures, self._random))

    def _beat(self) -> None:
        self._spool.measure()
        self._health.beat(_LOOP)
