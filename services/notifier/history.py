"""History: what cards tell of customers is kept for so long, and goes in small pieces."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from services.notifier.store import assessments, happenings
from shared.clock import Now
from shared.kafka.attempt import until_done
from shared.postgres.engine import AsyncConnection, AsyncEngine, transaction
from shared.process.run import pause

_Prune = Callable[[AsyncConnection, datetime, int], Awaitable[int]]


class History:
    """A loop that forgets what is older than `kept` of business time; any number may run side by side."""

    def __init__(
        self,
        engine: AsyncEngine,
        clock: Now,
        kept: timedelta,
        *,
        batch: int = 1_000,
        look_every: float = 60.0,
    ) -> None:
        self._engine, self._clock, self._kept = engine, clock, kept
        self._batch, self._look_every = batch, look_every

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            full = await self.turn()
            await pause(stop, 0.1 if full else self._look_every)

    async def turn(self) -> bool:
        """Forget a batch of each; whether there may be more."""
        pruned = [await self._forget(prune) for prune in (happenings.prune, assessments.prune)]
        return max(pruned) == self._batch

    async def _forget(self, prune: _Prune) -> int:
        async def forget() -> int:
            async with transaction(self._engine) as connection:
                return await prune(connection, self._clock() - self._kept, self._batch)

        return await until_done(forget)
