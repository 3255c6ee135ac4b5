"""Leave alone: the never-contact list and the do-not-wake list, and who put whom on them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.notifier import never as verb
from services.notifier.never import Reason
from services.notifier.store import audit, do_not_wake, never
from services.notifier.store.audit import Entry
from services.notifier.store.do_not_wake import Because as Judged
from services.notifier.store.do_not_wake import Sleeper
from services.notifier.store.never import Because, Listed
from shared.clock import Now
from shared.events.customer import Channel
from shared.postgres.engine import AsyncEngine, transaction

MOST_LISTED = 100


@dataclass(frozen=True, slots=True)
class LeaveAlone:
    """`key` is that of the hashes; every change is written down, with its count and without an address."""

    engine: AsyncEngine
    key: bytes
    now: Now
    business_now: Now

    async def never(self, channel: Channel | None, skip: int) -> list[Listed]:
        async with transaction(self.engine) as connection:
            return await never.listed(connection, channel, skip, MOST_LISTED)

    async def ban(
        self, channel: Channel, addresses: Sequence[str], because: Because, by: Entry
    ) -> tuple[int, int]:
        """How many are new on the list, and how many were no address of this channel."""
        reason = Reason(because, self.business_now(), by.who)
        async with transaction(self.engine) as connection:
            told = [(channel, address) for address in addresses]
            added, unfit = await verb.ban(connection, self.key, told, reason)
            entry = replace(by, detail=f"{channel} {added}", why=because)
            await audit.append(connection, entry, self.now())
        return added, unfit

    async def ban_customer(
        self, customer_ref: str, channels: Sequence[Channel], because: Because, by: Entry
    ) -> int:
        """All addresses that a person has on these channels; how many are new on the list."""
        reason = Reason(because, self.business_now(), by.who)
        async with transaction(self.engine) as connection:
            added = await verb.ban_customer(connection, customer_ref, channels, reason)
            entry = replace(by, detail=f"{','.join(channels)} {added}", why=because)
            await audit.append(connection, entry, self.now())
        return added

    async def allow(self, channel: Channel, prefix: str, by: Entry) -> bool:
        """Off the list again; false if it was not on it."""
        async with transaction(self.engine) as connection:
            removed = await never.remove(connection, channel, prefix)
            if removed:
                entry = replace(by, detail=f"{channel} {prefix}")
                await audit.append(connection, entry, self.now())
            return removed > 0

    async def sleepers(self, skip: int) -> list[Sleeper]:
        async with transaction(self.engine) as connection:
            return await do_not_wake.listed(connection, skip, MOST_LISTED)

    async def let_sleep(self, refs: Sequence[str], because: Judged, by: Entry) -> int:
        """How many are new on the list."""
        async with transaction(self.engine) as connection:
            added = await do_not_wake.add(connection, refs, because, self.business_now(), by.who)
            subject = refs[0] if len(refs) == 1 else None
            entry = replace(by, subject=subject, detail=str(added), why=because)
            await audit.append(connection, entry, self.now())
        return added

    async def wake(self, customer_ref: str, by: Entry) -> bool:
        """Off the list again, with all accounts; false if the person was not on it."""
        async with transaction(self.engine) as connection:
            removed = await do_not_wake.remove(connection, customer_ref)
            if removed:
                await audit.append(connection, by, self.now())
            return removed > 0
