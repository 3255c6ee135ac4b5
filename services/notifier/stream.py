"""The live stream: one sequencer numbers changes in commit order, each replica fans them out."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from random import randrange
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec

from services.notifier.recent import Recent
from services.notifier.store import cards, changes
from services.notifier.store.cards import Counts, Told, anonymous
from services.notifier.store.changes import Numbered
from services.notifier.subscription import Frame, Subscription
from shared.clock import Now, monotonic
from shared.kafka.attempt import until_done
from shared.postgres.engine import AsyncConnection, AsyncEngine, create_engine, transaction
from shared.process.health import Health
from shared.process.metrics import (
    alert_visible_seconds,
    alerts_in_state,
    sse_clients,
    sse_dropped,
    sse_replayed,
    sse_resets,
)
from shared.process.run import pause

MOST_AT_ONCE = 500
# Who is further behind than this reloads the list: that is cheaper, and it always helps.
MOST_REPLAYED = 2_000
PING_SECONDS = 15.0
# Pages come back to another replica sooner than anyone would notice; each at a moment of its own.
RETRY_MS = 100
RETRY_SPREAD_MS = 200
BUSY_LOOKS = 50
COUNT_SECONDS = 0.5
# The comment keeps proxies from hanging up; the event lets the page notice when it no longer comes.
PING = b": ping\nevent: ping\ndata: {}\n\n"


def live_engine(dsn: str, pool_size: int) -> AsyncEngine:
    """For loops that ask the same few questions for ever: to plan them takes longer than to answer them.

    What breaks such a connection is found at the next question, and then asked again.
    """
    return create_engine(dsn, "notifier", pool_size, checked=False, plan_cache_mode="force_generic_plan")


def _each_by_itself(engine: AsyncEngine) -> AsyncEngine:
    """The same connections, but each statement commits by itself: a begin and a commit cost more than it."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


class Sequencer:
    """Gives `seq` to changes; every replica runs one, and a lock lets one at a time work."""

    def __init__(self, engine: AsyncEngine, health: Health, look_every: float = 0.1) -> None:
        self._engine = _each_by_itself(engine)
        self._health = health
        self._look_every = look_every
        self._me = uuid4()
        health.watch("sequencer", 60)

    async def run(self, stop: asyncio.Event) -> None:
        """Where something happened, more will: then the one that sets the pace looks again sooner."""
        idle, paces = 0, False
        while not stop.is_set():
            self._health.beat("sequencer")
            numbered = await until_done(self._number)
            idle = 0 if numbered.count else idle + 1
            paces = paces if numbered.paces is None else numbered.paces
            if numbered.count < MOST_AT_ONCE:
                busy = paces and idle < BUSY_LOOKS
                await pause(stop, self._look_every / 3 if busy else self._look_every)

    async def _number(self) -> Numbered:
        async with transaction(self._engine) as connection:
            return await changes.number(connection, self._me, MOST_AT_ONCE)


class Fanout:
    """Reads numbered changes once and hands them to every stream of this replica."""

    def __init__(
        self, engine: AsyncEngine, now: Now, zone: ZoneInfo, health: Health, look_every: float = 0.25
    ) -> None:
        self._engine = _each_by_itself(engine)
        self._now = now
        self._zone = zone
        self._health = health
        self._look_every = look_every
        self._seq = 0
        self.recent = Recent(0, MOST_REPLAYED)
        self._counted_at = 0.0
        self._counts_due = False
        self._hinted = asyncio.Event()
        self._subscriptions: set[Subscription] = set()
        self._open = True
        health.watch("fanout", 60)

    async def start(self) -> None:
        """Before the first stream: what came earlier is for the list and for replays."""
        async with transaction(self._engine) as connection:
            self._seq = await changes.last(connection)
            self.recent = Recent(self._seq, MOST_REPLAYED)
            _measure_counts(await self._count(connection))

    async def run(self, stop: asyncio.Event) -> None:
        listening = asyncio.create_task(self._listen(stop))
        try:
            while not stop.is_set():
                self._health.beat("fanout")
                self._hinted.clear()
                if not await until_done(self._tell_news):
                    await self._wait(stop)
        finally:
            if not stop.is_set():
                listening.cancel()
            await asyncio.wait({listening})
            # The server waits for open requests, so streams must end themselves.
            self._open = False
            self.end_streams(None)

    @contextmanager
    def subscribe(self, owner: str, masked: bool = False) -> Iterator[Subscription]:
        """A stream that gets what comes from now on; `owner` is what `end_streams` finds it by."""
        subscription = Subscription(owner, self._seq, masked)
        self._subscriptions.add(subscription)
        sse_clients.set(len(self._subscriptions))
        if not self._open:
            subscription.end()
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)
            sse_clients.set(len(self._subscriptions))

    def streams_of(self, owner: str) -> int:
        return sum(1 for subscription in self._subscriptions if subscription.owner == owner)

    def owners(self) -> set[str]:
        """Whose streams are open on this replica."""
        return {subscription.owner for subscription in self._subscriptions}

    def end_streams(self, owner: str | None) -> None:
        """End one owner's streams, or all."""
        for subscription in self._subscriptions:
            if owner is None or subscription.owner == owner:
                subscription.end()

    async def _tell_news(self) -> bool:
        """False when there was nothing new."""
        async with transaction(self._engine) as connection:
            news = await cards.after(connection, self._seq, None, MOST_AT_ONCE)
            self._counts_due |= bool(news)
            counts = await self._count(connection) if self._count_now() else None
        masked = any(subscription.masked for subscription in self._subscriptions)
        for told in news:
            self.recent.add(told)
            self._offer(Frame(frame_of(told), told.seq, frame_of(_anonymous(told)) if masked else None))
            self._measure(told)
            self._seq = told.seq
        if counts is not None:
            self._offer(Frame(frame_of_counts(counts)))
            _measure_counts(counts)
        return bool(news)

    def _count_now(self) -> bool:
        """Counting looks at all open alerts, so it is done a few times a second at most."""
        if not self._counts_due or monotonic() - self._counted_at < COUNT_SECONDS:
            return False
        self._counted_at, self._counts_due = monotonic(), False
        return True

    async def _count(self, connection: AsyncConnection) -> Counts:
        return await cards.counts(connection, start_of_day(self._now(), self._zone))

    def _offer(self, frame: Frame) -> None:
        for subscription in self._subscriptions:
            if not subscription.offer(frame):
                sse_dropped.inc()
                subscription.end()

    def _measure(self, told: Told) -> None:
        if told.what == "raised" and self._subscriptions:
            alert_visible_seconds.observe((self._now() - told.card.noticed_at).total_seconds())

    async def _wait(self, stop: asyncio.Event) -> None:
        waits = [asyncio.ensure_future(event.wait()) for event in (stop, self._hinted)]
        await asyncio.wait(waits, timeout=self._look_every, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _listen(self, stop: asyncio.Event) -> None:
        """Hints only make it faster: without them the next look finds the same."""
        while not stop.is_set():
            await changes.listen(self._engine, self._hinted.set, stop)
            await pause(stop, 1.0)


def _measure_counts(counts: Counts) -> None:
    alerts_in_state.labels(state="raised").set(counts.raised)
    alerts_in_state.labels(state="claimed").set(counts.claimed)


async def frames(
    engine: AsyncEngine,
    recent: Recent,
    subscription: Subscription,
    last_id: int | None,
    ping_seconds: float = PING_SECONDS,
) -> AsyncIterator[bytes]:
    """The body of one stream, from the client's last id on; ends when the subscription does."""
    yield b"retry: %d\n\n" % (RETRY_MS + randrange(RETRY_SPREAD_MS))  # noqa: S311 - only to come apart
    seen = began_at = subscription.began_at
    if last_id is not None and last_id != began_at:
        if await _can_replay(engine, last_id, began_at):
            seen = max(last_id, began_at)
            async for missed in _missed(engine, recent, last_id, began_at):
                yield b"".join(frame_of(_anonymous(told) if subscription.masked else told) for told in missed)
        else:
            sse_resets.inc()
            yield f"id: {began_at}\nevent: reset\ndata: {{}}\n\n".encode()
    while True:
        match await subscription.take(ping_seconds):
            case "ended":
                return
            case "silence":
                yield PING
            case list(taken):
                new = [frame for frame in taken if frame.seq is None or frame.seq > seen]
                yield b"".join(subscription.text_of(frame) for frame in new)


async def _can_replay(engine: AsyncEngine, last_id: int, began_at: int) -> bool:
    """No if it is too far behind, or from another life of the database; ahead of this replica it may be."""
    if last_id <= began_at:
        return began_at - last_id <= MOST_REPLAYED
    async with transaction(engine) as connection:
        return last_id <= await changes.last(connection)


async def _missed(
    engine: AsyncEngine, recent: Recent, after: int, until: int
) -> AsyncIterator[Sequence[Told]]:
    """What a client missed between its last id and the beginning of its stream."""
    while after < until:
        missed = recent.between(after, until)
        if missed is None:
            async with transaction(engine) as connection:
                missed = list(await cards.after(connection, after, until, MOST_AT_ONCE))
        if not missed:
            return
        yield missed
        sse_replayed.inc(len(missed))
        after = missed[-1].seq


def _anonymous(told: Told) -> Told:
    return Told(told.seq, told.what, anonymous(told.card))


def frame_of(told: Told) -> bytes:
    body = {"seq": told.seq, "what": told.what, **msgspec.to_builtins(told.card)}
    return b"id: %d\nevent: alert\ndata: %s\n\n" % (told.seq, msgspec.json.encode(body))


def frame_of_counts(counts: Counts) -> bytes:
    """Without an id: it is no change, and the cursor stays."""
    return b"event: counts\ndata: %s\n\n" % msgspec.json.encode(counts)


def start_of_day(now: datetime, zone: ZoneInfo) -> datetime:
    """Midnight in the shop's zone: agents' days are real days, whatever clock the shop's business runs on."""
    return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
