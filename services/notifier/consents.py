"""Consents: people read who agreed to what, and take the proof away for an inspector."""

from dataclasses import dataclass, replace

import msgspec

from services.notifier.store import audit, do_not_wake, never, proof
from services.notifier.store.audit import Entry
from services.notifier.store.proof import Asked, Month, Said, Standing, Valid
from services.notifier.store.reading import Place
from shared.clock import Now
from shared.postgres.engine import AsyncEngine, transaction

MOST_LISTED = 100
MOST_AT_ONCE = 2_000
MOST_PROVED = 50_000
MOST_OF_ONE = 500
MONTHS = 13


class Figures(msgspec.Struct, frozen=True):
    """有効アドレス件数 today and agreed ones by month; and how long the two lists are."""

    valid: list[Valid]
    months: list[Month]
    never: dict[str, int]
    do_not_wake: int


@dataclass(frozen=True, slots=True)
class Consents:
    """Reads only, but for the entries of the audit log; `zone` is where the shop's months begin."""

    engine: AsyncEngine
    now: Now
    business_now: Now
    zone: str

    async def figures(self) -> Figures:
        async with transaction(self.engine) as connection:
            return Figures(
                await proof.valid(connection),
                await proof.months(connection, self.business_now(), self.zone, MONTHS),
                await never.counts(connection),
                await do_not_wake.count(connection),
            )

    async def listed(self, asked: Asked, after: Place | None) -> tuple[list[Said], str | None]:
        """The newest first; with where to go on, if there is more."""
        async with transaction(self.engine) as connection:
            found = await proof.search(connection, asked, after, MOST_LISTED + 1)
        if len(found) <= MOST_LISTED:
            return found, None
        last = found[MOST_LISTED - 1]
        return found[:MOST_LISTED], f"{last.at.isoformat()}~{last.event_id}"

    async def of(self, customer_ref: str, by: Entry) -> tuple[Standing, list[Said]]:
        """How a person stands on each channel, and every word; the look is written down."""
        async with transaction(self.engine) as connection:
            standing = await proof.standing(connection, customer_ref)
            said = await proof.search(connection, Asked(customer_ref), None, MOST_OF_ONE)
            await audit.append(connection, by, self.now())
        return standing, said

    async def proved(self, asked: Asked, by: Entry, form: str) -> list[Said]:
        """All of them, at most 50,000, and an entry that they were taken away as such a form."""
        said: list[Said] = []
        place: Place | None = None
        while len(said) < MOST_PROVED:
            async with transaction(self.engine) as connection:
                found = await proof.search(connection, asked, place, MOST_AT_ONCE)
            said += found
            if len(found) < MOST_AT_ONCE:
                break
            place = Place(found[-1].at, found[-1].event_id)
        async with transaction(self.engine) as connection:
            await audit.append(connection, replace(by, detail=f"{form} {len(said)}"), self.now())
        return said
