"""Ledger: people read what became of messages, and what they look at or take away is written down."""

from dataclasses import dataclass, replace
from typing import get_args

import msgspec

from services.notifier import terms
from services.notifier.scenarios.decide import Reason
from services.notifier.store import audit, proof, search
from services.notifier.store import ledger as store
from services.notifier.store.audit import Entry as Trace
from services.notifier.store.ledger import OUTCOMES, Asked, Enrolled, Entry, Kept, Titled
from services.notifier.store.proof import Standing
from services.notifier.store.reading import Place
from shared.clock import Now
from shared.events.action import Way
from shared.postgres.engine import AsyncEngine, transaction

MOST_LISTED = 100
MOST_OF_ONE = 500
MOST_AT_ONCE = 2_000
MOST_SAVED = 50_000
MOST_FOUND = 30
REASONS: tuple[str, ...] = tuple(
    dict.fromkeys(reason for some in get_args(Reason) for reason in get_args(some))
)


class Options(msgspec.Struct, frozen=True):
    """What may be filtered by, and how many messages wait for a person."""

    scenarios: list[Titled]
    outcomes: tuple[str, ...]
    channels: tuple[str, ...]
    reasons: tuple[str, ...]
    unknown: int


class Somebody(msgspec.Struct, frozen=True):
    customer_ref: str
    name: str | None
    kana: str | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """Reads only, but for the entries of the audit log; `now` is real time."""

    engine: AsyncEngine
    now: Now

    async def listed(self, asked: Asked, after: Place | None) -> tuple[list[Entry], str | None]:
        """What changed last comes first; with where to go on, if there is more."""
        async with transaction(self.engine) as connection:
            found = await store.search(connection, asked, after, MOST_LISTED + 1)
        return found[:MOST_LISTED], _more(found, MOST_LISTED)

    async def options(self) -> Options:
        async with transaction(self.engine) as connection:
            scenarios, unknown = await store.scenarios(connection), await store.unknown(connection)
        return Options(scenarios, OUTCOMES, get_args(Way), REASONS, unknown)

    async def people(self, typed: str, by: Trace) -> list[Somebody]:
        """Who may be meant; only how many were found is written down."""
        wanted = terms.read(typed)
        if wanted is None:
            return []
        async with transaction(self.engine) as connection:
            found = await search.find(connection, wanted, MOST_FOUND)
            await audit.append(connection, replace(by, detail=str(len(found))), self.now())
        return [Somebody(one.customer_ref, one.name, one.kana) for one in found]

    async def about(
        self, customer_ref: str, asked: Asked, after: Place | None, by: Trace
    ) -> tuple[list[Entry], str | None, Standing]:
        """Everything of one person over all accounts, each with its whole history."""
        async with transaction(self.engine) as connection:
            found = await store.search(
                connection, replace(asked, customer=customer_ref), after, MOST_OF_ONE + 1
            )
            told = await store.told(connection, found[:MOST_OF_ONE])
            standing = await proof.standing(connection, customer_ref)
            await audit.append(connection, by, self.now())
        return told, _more(found, MOST_OF_ONE), standing

    async def opened(self, action: str) -> tuple[Entry, Enrolled] | None:
        async with transaction(self.engine) as connection:
            return await store.find(connection, action)

    async def words(self, action: str, by: Trace) -> Kept | None:
        """None where they are gone."""
        async with transaction(self.engine) as connection:
            kept = await store.kept(connection, action)
            if kept is not None:
                await audit.append(connection, replace(by, detail=action), self.now())
            return kept

    async def saved(self, asked: Asked, by: Trace) -> list[Entry]:
        """For a file: at most 50,000, and an entry that they were taken away."""
        entries: list[Entry] = []
        place: Place | None = None
        while len(entries) < MOST_SAVED:
            async with transaction(self.engine) as connection:
                found = await store.search(connection, asked, place, MOST_AT_ONCE)
            entries += found
            if len(found) < MOST_AT_ONCE:
                break
            place = Place(found[-1].changed_at, found[-1].action)
        async with transaction(self.engine) as connection:
            await audit.append(connection, replace(by, detail=f"messages {len(entries)}"), self.now())
        return entries


def _more(found: list[Entry], most: int) -> str | None:
    if len(found) <= most:
        return None
    return f"{found[most - 1].changed_at.isoformat()}~{found[most - 1].action}"
