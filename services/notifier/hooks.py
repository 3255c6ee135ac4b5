"""Hooks: what happens at the desk becomes deliveries, and each endpoint has lanes of its own."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from services.notifier.deliver import Deliveries
from services.notifier.store import deliveries
from shared.clock import monotonic
from shared.kafka.attempt import until_done
from shared.postgres.engine import transaction
from shared.process.health import Health
from shared.process.run import pause

MOST_AT_ONCE = 500
# So many messages are on their way to one endpoint.
AT_ONCE = 4
LOG_KEPT = timedelta(days=30)
PRUNE_SECONDS = 3600.0
# What is under way when the process stops has this long; what is cut off then is sent again by another.
DRAIN_SECONDS = 5.0


class Hooks:
    """Every replica runs one; who waits for a slow endpoint holds up no other."""

    def __init__(self, sending: Deliveries, health: Health, look_every: float = 0.5) -> None:
        self._sending, self._engine = sending, sending.engine
        self._health, self._look_every = health, look_every
        self._lanes: dict[str, list[asyncio.Task[None]]] = {}
        self._pruned_at = float("-inf")
        health.watch("hooks", 60)

    async def run(self, stop: asyncio.Event) -> None:
        try:
            while not stop.is_set():
                self._health.beat("hooks")
                if not await self.turn(stop):
                    await pause(stop, self._look_every)
        finally:
            await self._drain()

    async def turn(self, stop: asyncio.Event) -> bool:
        """Make deliveries of the news, and open lanes for what is due; False if there was no news."""
        more = await until_done(self._make)
        for endpoint in await until_done(self._due):
            lanes = self._lanes.setdefault(endpoint, [])
            if len(lanes) < AT_ONCE:
                lanes.append(asyncio.create_task(self._send(endpoint, stop)))
        self._close_lanes()
        if monotonic() - self._pruned_at >= PRUNE_SECONDS:
            await until_done(self._prune)
        return more

    def _close_lanes(self) -> None:
        """Those that are through; an error of ours in one of them ends the process."""
        for lanes in self._lanes.values():
            for lane in [lane for lane in lanes if lane.done()]:
                lanes.remove(lane)
                lane.result()

    async def _send(self, endpoint: str, stop: asyncio.Event) -> None:
        while not stop.is_set():
            claimed = await until_done(partial(self._sending.claim, endpoint))
            if claimed is None:
                return
            await self._sending.take(claimed)

    async def _drain(self) -> None:
        if lanes := [lane for lanes in self._lanes.values() for lane in lanes]:
            _, late = await asyncio.wait(lanes, timeout=DRAIN_SECONDS)
            for lane in late:
                lane.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _make(self) -> bool:
        async with transaction(self._engine) as connection:
            return await deliveries.make(connection, self._sending.now(), MOST_AT_ONCE)

    async def _due(self) -> Sequence[str]:
        async with transaction(self._engine) as connection:
            return await deliveries.due(connection, self._sending.now())

    async def _prune(self) -> None:
        async with transaction(self._engine) as connection:
            await deliveries.prune(connection, self._sending.now() - LOG_KEPT)
        self._pruned_at = monotonic()
