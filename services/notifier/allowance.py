"""The allowance: what may still go out by LINE this month, asked of LINE seldom, and a reserve kept back."""

import asyncio
from datetime import timedelta

import structlog

from services.notifier.channels.line import LineApi, Silent
from services.notifier.quota import Limits, Short, short_of
from services.notifier.store import line_quota
from shared.clock import Now
from shared.postgres.engine import AsyncEngine, transaction
from shared.process import metrics

log = structlog.get_logger(__name__)

ASK_EVERY = timedelta(minutes=10)
# LINE holds messages back while a large sending goes on, so it may say "used up" when they are not.
_ASK_AGAIN_AFTER = timedelta(minutes=1)
RESERVE_PRIORITY = 80
# A message waits for the answer, and its lease runs meanwhile.
_PATIENCE_SECONDS = 5.0


class Allowance:
    """What the LINE channel asks before anything leaves; `now` is real time."""

    def __init__(self, engine: AsyncEngine, api: LineApi, reserve_percent: float, now: Now) -> None:
        self._engine, self._api, self._now = engine, api, now
        self._reserve_percent = reserve_percent

    async def bars(self, action: str) -> Short | None:
        """Why this one must not go out now; else it is counted, before LINE counts it."""
        if await self._is_on_us():
            await self._ask()
        async with transaction(self._engine) as connection:
            limits = await line_quota.look(connection)
            short = short_of(limits, self._reserve_percent)
            if short == "quota_reserve" and await line_quota.matters(connection, action, RESERVE_PRIORITY):
                short = None
            if short is None:
                await line_quota.count(connection)
        _measure(limits)
        return short

    async def reached(self) -> None:
        """LINE says it is used up: its own numbers are asked for before the next message."""
        async with transaction(self._engine) as connection:
            await line_quota.doubt(connection, self._now() - _ASK_AGAIN_AFTER)

    async def _is_on_us(self) -> bool:
        now = self._now()
        async with transaction(self._engine) as connection:
            return await line_quota.take_turn(connection, now, now - ASK_EVERY)

    async def _ask(self) -> None:
        """Without an answer what we knew goes on to hold: LINE itself refuses what is too many."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                limits = await self._api.limits()
        except (Silent, TimeoutError) as error:
            log.warning("LINE does not tell its quota", reason=str(error) or "timeout")
            return
        async with transaction(self._engine) as connection:
            await line_quota.keep(connection, limits)


def _measure(limits: Limits) -> None:
    metrics.line_quota_used.set(limits.used)
    metrics.line_quota_most.set(limits.most or 0)
