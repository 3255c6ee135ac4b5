"""The relay: publishes the outbox in order, one relay a database."""

import asyncio

import structlog

from shared.clock import system_clock
from shared.kafka.attempt import until_done
from shared.kafka.producer import Acked, EventProducer
from shared.postgres import outbox
from shared.postgres.engine import AsyncEngine, transaction
from shared.process.health import Health
from shared.process.metrics import outbox_oldest_age_seconds, outbox_pending

log = structlog.get_logger(__name__)

_BATCH = 500


class Relay:
    """Owns nothing but the rhythm; `committed` wakes it before its next look."""

    def __init__(
        self,
        engine: AsyncEngine,
        producer: EventProducer,
        *,
        committed: asyncio.Event | None = None,
        health: Health | None = None,
        look_every: float = 0.1,
    ) -> None:
        self._engine = engine
        self._producer = producer
        self._committed = committed or asyncio.Event()
        self._health = health
        self._look_every = look_every
        if health is not None:
            health.watch("relay", 60)

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            if self._health is not None:
                self._health.beat("relay")
            self._committed.clear()
            moved = await until_done(self._publish_some)
            if moved < _BATCH:
                await self._wait()
        while await until_done(self._publish_some):
            pass  # drain what is committed before leaving

    async def _publish_some(self) -> int:
        """Publish the oldest rows and delete them; a crash in between sends them again, with the same ids."""
        async with transaction(self._engine) as connection:
            if not await outbox.lead(connection):
                return 0
            pending = await outbox.oldest(connection, _BATCH)
            self._measure(pending)
            if not pending:
                return 0
            answer = await self._producer.publish([row.record for row in pending])
            if not isinstance(answer, Acked):
                log.warning("outbox not published; trying again", reason=answer.reason, pending=len(pending))
                return 0
            await outbox.published(connection, [row.id for row in pending])
            return len(pending)

    def _measure(self, pending: list[outbox.Pending]) -> None:
        outbox_pending.set(len(pending))
        oldest = pending[0].created_at if pending else system_clock()
        outbox_oldest_age_seconds.set(max(0.0, (system_clock() - oldest).total_seconds()))

    async def _wait(self) -> None:
        try:
            await asyncio.wait_for(self._committed.wait(), self._look_every)
        except TimeoutError:
            return
