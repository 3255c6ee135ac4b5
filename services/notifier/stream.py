"""The live stream: one sequencer numbers changes in commit order, each replica fans them out."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from services.notifier.store import cards, changes
from services.notifier.store.cards import Counts, Told
from shared.clock import Now
from shared.kafka.attempt import until_done
from shared.postgres.engine import AsyncConnection, AsyncEngine, transaction
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
QUEUE = 1_000
PING_SECONDS = 15.0
RETRY_MS = 2_000
# The comment keeps proxies from hanging up; the event lets the page notice when it no longer comes.
PING = b": ping\nevent: ping\ndata: {}\n\n"


class Sequencer:
    """Gives `seq` to changes; every replica runs one, and a lock lets one at a time work."""

    def __init__(self, engine: AsyncEngine, health: Health, look_every: float = 0.1) -> None:
        self._engine = engine
        self._health = health
        self._look_every = look_every
        health.watch("sequencer", 60)

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            self._health.beat("sequencer")
            if await until_done(self._number) < MOST_AT_ONCE:
                await pause(stop, self._look_every)

    async def _number(self) -> int:
        async with transaction(self._engine) as connection:
            return await changes.number(connection, MOST_AT_ONCE)


@dataclass(frozen=True, slots=True)
class Frame:
    """Bytes for the stream; `seq` None is no change, so it moves no cursor and is never replayed."""

    data: bytes
    seq: int | None = None


class Subscription:
    """One open stream's queue of frames; bounded, so that a slow reader harms only itself."""

    def __init__(self, owner: str, seq: int) -> None:
        self.owner = owner
        self.began_at = seq
        self._frames: asyncio.Queue[Frame | None] = asyncio.Queue(QUEUE)
        self._ended = False

    def offer(self, frame: Frame) -> bool:
        """False when it is full: it must be dropped, and its client comes back with its last id."""
        if self._frames.full():
            return False
        self._frames.put_nowait(frame)
        return True

    def end(self) -> None:
        """What is queued is dropped too: the client replays it when it comes back."""
        self._ended = True
        while not self._frames.empty():
            self._frames.get_nowait()
        self._frames.put_nowait(None)

    async def next(self, patience: float) -> Frame | Literal["ended", "silence"]:
        if self._ended:
            return "ended"
        try:
            frame = await asyncio.wait_for(self._frames.get(), patience)
        except TimeoutError:
            return "silence"
        return "ended" if frame is None else frame


class Fanout:
    """Reads numbered changes once and hands them to every stream of this replica."""

    def __init__(
        self, engine: AsyncEngine, now: Now, zone: ZoneInfo, health: Health, look_every: float = 0.25
    ) -> None:
        self._engine = engine
        self._now = now
        self._zone = zone
        self._health = health
        self._look_every = look_every
        self._seq = 0
        self._hinted = asyncio.Event()
        self._subscriptions: set[Subscription] = set()
        self._open = True
        health.watch("fanout", 60)

    async def start(self) -> None:
        """Before the first stream: what came earlier is for the list and for replays."""
        async with transaction(self._engine) as connection:
            self._seq = await changes.last(connection)
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
    def subscribe(self, owner: str) -> Iterator[Subscription]:
        """A stream that gets what comes from now on; `owner` is what `end_streams` finds it by."""
        subscription = Subscription(owner, self._seq)
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

    def end_streams(self, owner: str | None) -> None:
        """End one owner's streams, or all."""
        for subscription in self._subscriptions:
            if owner is None or subscription.owner == owner:
                subscription.end()

    async def _tell_news(self) -> bool:
        async with transaction(self._engine) as connection:
            newest = await changes.last(connection)
            if newest <= self._seq:
                return False
            news = await cards.after(connection, self._seq, newest, MOST_AT_ONCE)
            counts = await self._count(connection)
        for told in news:
            self._offer(Frame(frame_of(told), told.seq))
            self._measure(told)
            self._seq = told.seq
        self._offer(Frame(frame_of_counts(counts)))
        _measure_counts(counts)
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
    engine: AsyncEngine, subscription: Subscription, last_id: int | None, ping_seconds: float = PING_SECONDS
) -> AsyncIterator[bytes]:
    """The body of one stream, from the client's last id on; ends when the subscription does."""
    yield f"retry: {RETRY_MS}\n\n".encode()
    seen = began_at = subscription.began_at
    if last_id is not None and last_id != began_at:
        if await _can_replay(engine, last_id, began_at):
            seen = max(last_id, began_at)
            async for frame in _missed(engine, last_id, began_at):
                yield frame
        else:
            sse_resets.inc()
            yield f"id: {began_at}\nevent: reset\ndata: {{}}\n\n".encode()
    while True:
        match await subscription.next(ping_seconds):
            case "ended":
                return
            case "silence":
                yield PING
            case Frame(data, seq) if seq is None or seq > seen:
                yield data


async def _can_replay(engine: AsyncEngine, last_id: int, began_at: int) -> bool:
    """No if it is too far behind, or from another life of the database; ahead of this replica it may be."""
    if last_id <= began_at:
        return began_at - last_id <= MOST_REPLAYED
    async with transaction(engine) as connection:
        return last_id <= await changes.last(connection)


async def _missed(engine: AsyncEngine, after: int, until: int) -> AsyncIterator[bytes]:
    """What a client missed between its last id and the beginning of its stream."""
    while after < until:
        async with transaction(engine) as connection:
            missed = await cards.after(connection, after, until, MOST_AT_ONCE)
        if not missed:
            return
        for told in missed:
            yield frame_of(told)
        sse_replayed.inc(len(missed))
        after = missed[-1].seq


def frame_of(told: Told) -> bytes:
    body = {"seq": told.seq, "what": told.what, **msgspec.to_builtins(told.card)}
    return b"id: %d\nevent: alert\ndata: %s\n\n" % (told.seq, msgspec.json.encode(body))


def frame_of_counts(counts: Counts) -> bytes:
    """Without an id: it is no change, and the cursor stays."""
    return b"event: counts\ndata: %s\n\n" % msgspec.json.encode(counts)


def start_of_day(now: datetime, zone: ZoneInfo) -> datetime:
    """Midnight in the shop's zone: agents' days are real days, whatever clock the shop's business runs on."""
    return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
