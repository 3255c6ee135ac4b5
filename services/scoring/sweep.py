"""Sweep: silence sends no event, so customers whose next look is due are scored again."""

import asyncio

from services.scoring.artifact import Artifact
from services.scoring.score import Subject, score
from services.scoring.store import states
from shared.clock import Now, system_clock
from shared.kafka.attempt import until_done
from shared.postgres.engine import AsyncEngine, transaction
from shared.process.health import Health
from shared.process.metrics import sweep_oldest_due_seconds, sweep_scored
from shared.process.run import pause

_MOST = 500


class Sweep:
    """Owns nothing but the rhythm; several may run side by side, for each skips what another holds."""

    def __init__(
        self,
        engine: AsyncEngine,
        artifact: Artifact,
        now: Now,
        every_seconds: float,
        committed: asyncio.Event,
        health: Health,
    ) -> None:
        """`committed` is set when risks may wait in the outbox."""
        self._engine = engine
        self._artifact = artifact
        self._now = now
        self._every_seconds = every_seconds
        self._committed = committed
        self._health = health
        health.watch("sweep", max(60.0, 5 * every_seconds))

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            self._health.beat("sweep")
            if await until_done(self.look) < _MOST:
                await pause(stop, self._every_seconds)

    async def look(self) -> int:
        """Score those who are due, at most a few hundred; give how many there were."""
        now = self._now()
        async with transaction(self._engine) as connection:
            oldest = await states.oldest_due(connection, now)
            sweep_oldest_due_seconds.set((now - oldest).total_seconds() if oldest else 0.0)
            due = await states.lock_due(connection, now, _MOST)
            noticed_at = system_clock()
            subjects = [Subject(each.ref, each.state, each.previous, noticed_at) for each in due]
            await score(connection, subjects, now, self._artifact)
        if due:
            sweep_scored.inc(len(due))
            self._committed.set()
        return len(due)
