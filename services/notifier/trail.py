"""The trail: what administrators read in the audit log, and whether its chain is whole."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from services.notifier.store import audit
from services.notifier.store.audit import Asked, Entry, Kept
from shared.clock import Now
from shared.postgres.engine import AsyncEngine, transaction

MOST_LISTED = 100
MOST_AT_ONCE = 2_000
MOST_SAVED = 50_000


class Line(msgspec.Struct, frozen=True):
    """An entry as it is shown; `at` is real time."""

    id: int
    at: datetime
    who: str
    role: str
    what: str
    subject: str | None
    alert: str | None
    why: str | None
    detail: str | None
    whence: str | None


class Checked(msgspec.Struct, frozen=True):
    """How far the chain was looked at: `until` is the last place, `broken` the first that is not as written.

    `hash` is the last entry's: who keeps it elsewhere would notice if the newest entries were cut off.
    """

    until: int
    hash: str
    broken: int | None
    done: bool


@dataclass(frozen=True, slots=True)
class Trail:
    """Reads only, but for the entry that says who has saved a copy."""

    engine: AsyncEngine
    now: Now

    async def listed(self, asked: Asked, before: int | None) -> tuple[list[Line], bool]:
        """The newest first, and whether there are more."""
        async with transaction(self.engine) as connection:
            kept = await audit.search(connection, asked, before, MOST_LISTED + 1)
        return [_line(one) for one in kept[:MOST_LISTED]], len(kept) > MOST_LISTED

    async def kinds(self) -> list[str]:
        async with transaction(self.engine) as connection:
            return await audit.kinds(connection)

    async def saved(self, by: Entry, asked: Asked) -> list[Line]:
        """For a file: the newest ones first, and an entry that they were taken away."""
        lines = [line async for line in self._all(asked)]
        entry = replace(by, detail=f"audit {len(lines)}")
        async with transaction(self.engine) as connection:
            await audit.append(connection, entry, self.now())
        return lines

    async def _all(self, asked: Asked) -> AsyncIterator[Line]:
        before: int | None = None
        taken = 0
        while taken < MOST_SAVED:
            async with transaction(self.engine) as connection:
                kept = await audit.search(connection, asked, before, MOST_AT_ONCE)
            for one in kept:
                yield _line(one)
            if len(kept) < MOST_AT_ONCE:
                return
            before, taken = kept[-1].id, taken + len(kept)

    async def check(self, after: int) -> Checked:
        """Look at the entries after this place, some thousands at a time; the one before them is trusted."""
        async with transaction(self.engine) as connection:
            kept = await audit.read(connection, max(0, after - 1), MOST_AT_ONCE + 1)
        before = kept[0] if after and kept and kept[0].id == after else None
        entries = kept[1:] if before else kept
        last = kept[-1] if kept else None
        return Checked(
            until=last.id if last else 0,
            hash=(last.hash if last else audit.BEGINNING).hex(),
            broken=audit.first_broken(entries, before),
            done=len(kept) <= MOST_AT_ONCE,
        )


def _line(kept: Kept) -> Line:
    entry = kept.entry
    return Line(
        kept.id,
        kept.at,
        entry.who,
        entry.role,
        entry.what,
        entry.subject,
        entry.alert,
        entry.why,
        entry.detail,
        entry.whence,
    )
