"""Dispatch: due steps go out, a few at a time, and what a lost worker was sending is given up."""

import asyncio

import structlog

from services.notifier.attempt import Attempts
from services.notifier.scenarios.action import Action, deferred, told, unknown
from services.notifier.store import actions, scenarios, sendings
from shared.clock import Now, monotonic, system_clock
from shared.kafka.attempt import until_done
from shared.postgres import outbox
from shared.postgres.engine import AsyncEngine, transaction
from shared.process import metrics
from shared.process.health import Health
from shared.process.run import pause

log = structlog.get_logger(__name__)

_WORKER_LOST = "worker_lost"
_MEASURE_EVERY = 5.0


class Dispatcher:
    """Looks for due steps and attempts a few at a time; any number of dispatchers may run side by side."""

    def __init__(
        self,
        engine: AsyncEngine,
        attempts: Attempts,
        clock: Now,
        *,
        health: Health | None = None,
        batch: int = 5,
        look_every: float = 0.5,
    ) -> None:
        self._engine, self._attempts, self._clock = engine, attempts, clock
        self._health, self._batch, self._look_every = health, batch, look_every
        self._measured_at = float("-inf")
        self._measured: set[tuple[str, str]] = set()
        if health is not None:
            health.watch("dispatch", 120)

    async def run(self, stop: asyncio.Event) -> None:
        """What is being sent when `stop` comes is finished; the rest waits in the table."""
        while not stop.is_set():
            if self._health is not None:
                self._health.beat("dispatch")
            if await self.turn() < self._batch:
                await pause(stop, self._look_every)

    async def turn(self) -> int:
        """Give up on what a lost worker was sending, attempt what is due, and give how many that were."""
        await until_done(self._give_up)
        claimed = await until_done(self._claim)
        async with asyncio.TaskGroup() as group:
            for action in claimed:
                group.create_task(self._attempts.take(action))
        if monotonic() - self._measured_at >= _MEASURE_EVERY:
            await until_done(self._measure)
        return len(claimed)

    async def _claim(self) -> list[Action]:
        async with transaction(self._engine) as connection:
            return await actions.claim(connection, self._clock(), self._attempts.lease_seconds, self._batch)

    async def _give_up(self) -> None:
        async with transaction(self._engine) as connection:
            lost = await sendings.abandon(connection, _WORKER_LOST, self._attempts.repeats())
            now, received = self._clock(), system_clock()
            events = [
                told(
                    one,
                    unknown(one, _WORKER_LOST) if to == "unknown" else deferred(one, _WORKER_LOST, now),
                    now,
                    received,
                )
                for one, to in lost
            ]
            await outbox.append(connection, events)
        for action, to in lost:
            log.warning("a worker was lost while sending", action=action.id, channel=action.channel, to=to)
            metrics.actions.labels(action.channel, "unknown" if to == "unknown" else "deferred").inc()

    async def _measure(self) -> None:
        async with transaction(self._engine) as connection:
            backlog = await actions.backlog(connection)
            metrics.scenario_halted.set(await scenarios.halted(connection))
        for channel, state in self._measured - {(one.channel, one.state) for one in backlog}:
            metrics.actions_in_state.labels(channel, state).set(0)
            metrics.action_oldest_age_seconds.labels(channel, state).set(0)
        for one in backlog:
            metrics.actions_in_state.labels(one.channel, one.state).set(one.count)
            metrics.action_oldest_age_seconds.labels(one.channel, one.state).set(one.oldest_seconds)
        self._measured = {(one.channel, one.state) for one in backlog}
        self._measured_at = monotonic()
