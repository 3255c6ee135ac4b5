"""The spool: where webhooks wait on our own disk, in order, while Kafka is away.

What waits is never dropped to make room: a spool that has none, or whose oldest record has waited too long,
takes nothing more, and the sender is asked to come again.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self, TypeVar, get_args

import structlog

from services.ingest.spool_file import SpoolFile, Waiting, size
from shared.clock import Now, system_clock
from shared.events.record import Record
from shared.process.metrics import (
    spool_bytes,
    spool_filled_ratio,
    spool_oldest_age_seconds,
    spool_records,
    spool_refusals,
    spool_set_aside,
)

log = structlog.get_logger(__name__)

_MOST_RECORDS = 1000
"""That leave the queue in one step."""
_LONGEST_HOLD_SECONDS = 0.5

T = TypeVar("T")
Reason = Literal["full", "too_old", "disk"]


@dataclass(frozen=True, slots=True)
class SpoolLimits:
    """`bytes` is the sum of the records' own; `hours` is how long the oldest may wait."""

    bytes: int
    hours: float


@dataclass(frozen=True, slots=True)
class Spooled:
    """Every record is synced to our disk."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing is promised; `disk` was told by the operating system, the other two are our own limits."""

    reason: Reason


@dataclass(slots=True)
class _Group:
    """Appends that come while another group is being synced share the next sync."""

    records: list[Record] = field(default_factory=list)


class Spool:
    """Owns the one thread that touches the file, and knows what waits without asking it."""

    def __init__(self, file: SpoolFile, limits: SpoolLimits, now: Now = system_clock) -> None:
        contents = file.contents()
        self._file = file
        self._limits = limits
        self._now = now
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._turn = asyncio.Lock()
        self._gathering: tuple[_Group, asyncio.Task[Spooled | Refused]] | None = None
        self._records = contents.records
        self._bytes = contents.bytes
        self._since = contents.since
        self._set_aside = 0
        self._asked = 0
        self._entrance = asyncio.Event()
        self._entrance.set()
        self._trouble: str | None = None
        self._overfull = False
        for reason in get_args(Reason):
            spool_refusals.labels(reason)  # at zero, so that the first refusal is an increase
        self.measure()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._gathering is not None:
            await asyncio.wait([self._gathering[1]])
        await asyncio.to_thread(self._thread.shutdown)
        self._file.close()

    @property
    def waiting(self) -> bool:
        """Whether anything waits, or is just about to: whoever comes now must wait behind it."""
        return self._records > 0

    @property
    def held(self) -> bool:
        """Whether whoever comes must wait at the entrance."""
        return not self._entrance.is_set()

    async def entrance(self) -> None:
        """Come in: at once, unless the last in the queue are just being taken out (see `hold_the_last`)."""
        await self._entrance.wait()

    def hold_the_last(self) -> None:
        """Where only few are left, let nobody in for a moment, so that the queue can come to its end.

        Else a steady stream would never leave the spool: while the last are taken out, others come in.
        """
        if self.waiting and self._records <= _MOST_RECORDS and self._entrance.is_set():
            self._entrance.clear()
            asyncio.get_running_loop().call_later(_LONGEST_HOLD_SECONDS, self.release)

    def release(self) -> None:
        """Whoever waits at the entrance goes on."""
        self._entrance.set()

    async def append(self, records: Sequence[Record]) -> Spooled | Refused:
        """At the end of the queue; `Spooled` is said after the sync."""
        bytes_more = self._asked = sum(map(size, records))
        reason = self._over(bytes_more)
        if reason is not None:
            return self._too_much(reason)
        self._records += len(records)
        self._bytes += bytes_more
        if self._gathering is None:
            group = _Group()
            self._gathering = group, asyncio.create_task(self._sync(group))
        group, synced = self._gathering
        group.records.extend(records)
        # Whoever stops waiting for it does not stop it for the others.
        outcome = await asyncio.shield(synced)
        if isinstance(outcome, Refused):
            spool_refusals.labels(outcome.reason).inc()
        return outcome

    async def oldest(
        self, most_records: int = _MOST_RECORDS, most_bytes: int = 1024 * 1024
    ) -> list[Waiting] | Refused:
        """The front of the queue, at least one record where any waits; it stays there until removed."""
        return await self._ask(lambda: self._file.oldest(most_records, most_bytes))

    async def remove(self, done: Sequence[Waiting]) -> bool:
        """Forget the front of the queue, which `oldest` gave; false if the disk refuses."""
        if await self._write(lambda: self._file.remove(done[-1].sequence)) is not None:
            return False
        await self._gone([waiting.record for waiting in done])
        return True

    async def set_aside(self, first: Waiting) -> bool:
        """Keep a record that Kafka will never take, out of the others' way, until the next start."""
        if await self._write(lambda: self._file.set_aside(first.sequence)) is not None:
            return False
        self._set_aside += 1
        await self._gone([first.record])
        return True

    async def can_take(self) -> bool:
        """Whether a webhook like the last would be kept; asks a disk that refused whether it still does."""
        if self._over(self._asked) is not None:
            return False
        return self._trouble is None or await self._write(self._file.prove_writable) is None

    def measure(self) -> None:
        """Show what waits; the age grows by itself, so somebody must ask now and then."""
        age = self._age()
        spool_records.set(self._records)
        spool_bytes.set(self._bytes)
        spool_oldest_age_seconds.set(age)
        spool_filled_ratio.set(max(self._bytes / self._limits.bytes, age / (3600 * self._limits.hours)))
        spool_set_aside.set(self._set_aside)

    async def _sync(self, group: _Group) -> Spooled | Refused:
        async with self._turn:  # until it is ours, the group grows
            self._gathering = None
            at = self._now().timestamp()
            refused = await self._write(lambda: self._file.append(group.records, at))
        if refused is not None:
            self._forget(group.records)
        elif self._since is None:
            self._since = at
        self.measure()
        return refused or Spooled()

    async def _gone(self, records: Sequence[Record]) -> None:
        since = await self._ask(self._file.since)
        if not isinstance(since, Refused):
            self._since = since
        self._forget(records)
        if not self.waiting:
            if self._overfull:
                log.info("the spool is empty again")
            self._overfull = False
            await self._ask(self._file.shrink)
        self.measure()

    def _forget(self, records: Sequence[Record]) -> None:
        self._records -= len(records)
        self._bytes -= sum(map(size, records))

    def _too_much(self, reason: Literal["full", "too_old"]) -> Refused:
        """It is logged once until the queue came to its end, however many are sent away till then."""
        spool_refusals.labels(reason).inc()
        if not self._overfull:
            log.error("the spool takes nothing more", reason=reason, records=self._records, bytes=self._bytes)
        self._overfull = True
        return Refused(reason)

    def _over(self, bytes_more: int) -> Literal["full", "too_old"] | None:
        if self._bytes + bytes_more > self._limits.bytes:
            return "full"
        return "too_old" if self._age() > 3600 * self._limits.hours else None

    def _age(self) -> float:
        """Seconds; 0 when nothing waits."""
        return 0.0 if self._since is None else max(0.0, self._now().timestamp() - self._since)

    async def _write(self, change: Callable[[], None]) -> Refused | None:
        """Like `_ask`; a write that succeeds shows that the disk takes us again."""
        refused = await self._ask(change)
        if refused is None:
            self._trouble = None
        return refused

    async def _ask(self, question: Callable[[], T]) -> T | Refused:
        """Do it on the file's thread; a disk that refuses is an answer."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, question)
        except (sqlite3.Error, OSError) as error:
            trouble = f"{type(error).__name__}: {error}"
            if trouble != self._trouble:
                log.error("the spool's disk refuses", problem=trouble)
            self._trouble = trouble
            return Refused("disk")
