"""The shop's way out: signed webhooks over HTTP when their time has come, repeated until accepted."""

import asyncio
import heapq
import itertools
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

import httpx

from shared.backoff import Backoff
from shared.clock import FastClock, monotonic, system_clock
from shared.process.run import pause
from simulation.webhook import Cart, Webhook, sign, sign_standard

Due = Callable[[datetime], Iterable[Webhook]]
"""Gives the webhooks before a moment that were not given yet; `Shop.until` is one."""

Lines = asyncio.LifoQueue[httpx.AsyncClient]
"""Connections that are free; taking the one used last keeps few of them open."""

LOOK_EVERY_SECONDS = 0.02
RETRIES = Backoff(first=0.1, limit=2.0)


@dataclass(frozen=True, slots=True)
class Target:
    """Where the shop's webhooks go: `url` and the name of the cart, each with a secret of its own."""

    url: str
    secrets: Mapping[Cart, str]
    shop_domain: str

    def address(self, webhook: Webhook) -> str:
        return f"{self.url}/{webhook.cart}"

    def headers(self, webhook: Webhook) -> dict[str, str]:
        secret = self.secrets[webhook.cart]
        if webhook.cart == "standard":
            return sign_standard(webhook, secret, system_clock())
        return sign(webhook, self.shop_domain, secret)


@dataclass(frozen=True, slots=True)
class Mischief:
    """What a platform does now and then: shares of the webhooks, and the longest delay in business time."""

    twice: float = 0.02
    late: float = 0.02
    longest: timedelta = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Limits:
    """Real seconds, but for `in_flight`; Shopify waits 5 for an answer, `drain` are left after a stop."""

    in_flight: int = 32
    answer: float = 5.0
    give_up: float = 120.0
    drain: float = 2.0


USUAL_MISCHIEF = Mischief()
USUAL_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Sent:
    """One delivery that is over. `copy` is 2 for one repeated on purpose; `accepted_at` is real time."""

    webhook_id: str
    event_id: str
    topic: str
    customer: str
    copy: int
    attempts: int
    accepted_at: datetime | None
    ack_ms: float | None
    last_trouble: str | None


def deliveries(webhook: Webhook, mischief: Mischief) -> tuple[datetime, ...]:
    """When to deliver a webhook: mostly once and at once. Drawn from its id, so the same in each run."""
    draw = Random(webhook.webhook_id)
    kind, delay = draw.random(), mischief.longest * draw.random()
    if kind < mischief.twice:
        return webhook.at, webhook.at + delay * draw.randint(0, 1)
    if kind < mischief.twice + mischief.late:
        return (webhook.at + delay,)
    return (webhook.at,)


class Sender:
    """Sends what is `due` by the clock. `history` has every delivery that is over, accepted or given up."""

    def __init__(
        self,
        target: Target,
        due: Due,
        clock: FastClock,
        mischief: Mischief = USUAL_MISCHIEF,
        limits: Limits = USUAL_LIMITS,
    ) -> None:
        self.history: list[Sent] = []
        self._target = target
        self._due = due
        self._clock = clock
        self._mischief = mischief
        self._limits = limits
        self._planned: list[tuple[datetime, int, int, Webhook]] = []
        self._order = itertools.count()
        self._stopping_since: float | None = None
        self._draw = Random(target.url)

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop`; then no new ones, and what is in flight has `limits.drain` seconds left."""
        async with _lines(self._limits) as idle, asyncio.TaskGroup() as group:
            while not stop.is_set():
                for webhook, copy in self._due_now():
                    line = await idle.get()
                    if stop.is_set():
                        return
                    group.create_task(self._deliver(idle, line, (webhook, copy), stop))
                await pause(stop, LOOK_EVERY_SECONDS)

    def _due_now(self) -> Iterable[tuple[Webhook, int]]:
        now = self._clock()
        for webhook in self._due(now):
            for copy, moment in enumerate(deliveries(webhook, self._mischief), start=1):
                heapq.heappush(self._planned, (moment, next(self._order), copy, webhook))
        while self._planned and self._planned[0][0] <= now:
            _, _, copy, webhook = heapq.heappop(self._planned)
            yield webhook, copy

    async def _deliver(
        self, idle: Lines, line: httpx.AsyncClient, planned: tuple[Webhook, int], stop: asyncio.Event
    ) -> None:
        """Try until accepted or too late; every attempt carries the same ids and the same signature."""
        webhook, copy = planned
        headers = self._target.headers(webhook)
        begun, trouble = monotonic(), None
        try:
            for attempt in itertools.count(1):
                asked = monotonic()
                outcome = await self._attempt(line, webhook, headers)
                if outcome is None:
                    took = (monotonic() - asked) * 1000
                    self._over(webhook, copy, attempt, took, trouble)
                    return
                trouble = outcome
                if self._too_late(begun, stop):
                    self._over(webhook, copy, attempt, None, trouble)
                    return
                await asyncio.sleep(RETRIES.delay(attempt, self._draw.random))
        finally:
            idle.put_nowait(line)

    async def _attempt(
        self, line: httpx.AsyncClient, webhook: Webhook, headers: dict[str, str]
    ) -> str | None:
        """None when accepted, else what went wrong. Like Shopify, follows no redirect."""
        try:
            answer = await line.post(self._target.address(webhook), content=webhook.body, headers=headers)
        except httpx.TransportError as error:
            return type(error).__name__
        return None if answer.is_success else f"HTTP {answer.status_code}"

    def _too_late(self, begun: float, stop: asyncio.Event) -> bool:
        now = monotonic()
        if stop.is_set() and self._stopping_since is None:
            self._stopping_since = now
        if self._stopping_since is not None and now - self._stopping_since > self._limits.drain:
            return True
        return now - begun > self._limits.give_up

    def _over(
        self, webhook: Webhook, copy: int, attempts: int, ack_ms: float | None, trouble: str | None
    ) -> None:
        accepted_at = None if ack_ms is None else system_clock()
        self.history.append(
            Sent(
                webhook_id=webhook.webhook_id,
                event_id=webhook.event_id,
                topic=webhook.topic,
                customer=webhook.customer,
                copy=copy,
                attempts=attempts,
                accepted_at=accepted_at,
                ack_ms=ack_ms,
                last_trouble=trouble,
            )
        )


@asynccontextmanager
async def _lines(limits: Limits) -> AsyncIterator[Lines]:
    """One client per connection: the work of httpx's own pool grows with the square of what is in flight."""
    idle: Lines = asyncio.LifoQueue()
    tls = ssl.create_default_context()
    async with AsyncExitStack() as open_lines:
        for _ in range(limits.in_flight):
            client = httpx.AsyncClient(timeout=limits.answer, verify=tls, trust_env=False)
            idle.put_nowait(await open_lines.enter_async_context(client))
        yield idle
