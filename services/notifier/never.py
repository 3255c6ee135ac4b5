"""Never: addresses go onto the never-contact list, and the hashes of those that we hold are kept."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.notifier import withdrawal
from services.notifier.addresses import hashed, hashes, normal
from services.notifier.batch import Closing
from services.notifier.store import never
from services.notifier.store.never import Banned, Because, Held
from shared.clock import system_clock
from shared.events.customer import Channel, ContactChanged
from shared.events.envelope import Envelope
from shared.postgres.engine import AsyncConnection, AsyncEngine, transaction

Observe = Callable[[AsyncConnection, Sequence[Envelope]], Awaitable[None]]
_AT_ONCE = 1_000


class OtherKey(Exception):
    """The list was hashed with another key: nobody on it would be recognised any more."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, since when in business time, and at whose word."""

    because: Because
    since: datetime
    by: str | None = None


async def observe(
    key: bytes, then: Observe, connection: AsyncConnection, envelopes: Sequence[Envelope]
) -> None:
    """Keep the hashes of the contacts in this batch, and only `then` follow it: it may erase them again."""
    newest: dict[str, Held] = {}
    for each in sorted(envelopes, key=lambda one: one.time):
        if isinstance(each.data, ContactChanged):
            known = newest.get(each.subject)
            found = hashes(key, each.data)
            if known is not None and "line" in known.hashes:
                found.setdefault("line", known.hashes["line"])
            newest[each.subject] = Held(each.subject, each.time, found)
    await never.keep(connection, list(newest.values()))
    await then(connection, envelopes)


async def prepare(engine: AsyncEngine, key: bytes) -> int:
    """At the start: hash the contacts that have no hashes yet, and give how many. Raises OtherKey."""
    own = hashed(key, "mail", "the key of this list")
    async with transaction(engine) as connection:
        known, entries = await never.keys(connection)
    if known and own not in known and entries:
        raise OtherKey(
            "the never-contact list was hashed with another key:"
            " set HIKITOME_NEVER_CONTACT_PEPPER to that one (without it the first unsubscribe secret is used)"
        )
    done = await _rehash(engine, key, again=bool(known) and own not in known)
    async with transaction(engine) as connection:
        await never.keep_key(connection, own)
    return done


async def _rehash(engine: AsyncEngine, key: bytes, *, again: bool) -> int:
    after, done = "", 0
    while True:
        async with transaction(engine) as connection:
            found = await never.contacts(connection, after, _AT_ONCE, again=again)
            await never.keep(connection, [Held(ref, at, hashes(key, known)) for ref, at, known in found])
        done += len(found)
        if len(found) < _AT_ONCE:
            return done
        after = found[-1][0]


async def ban(
    connection: AsyncConnection,
    key: bytes,
    written: Iterable[tuple[Channel, str]],
    reason: Reason,
) -> tuple[int, int]:
    """Put addresses on the list: how many are new on it, and how many were none."""
    forms = [(channel, normal(channel, address)) for channel, address in written]
    known = [(channel, hashed(key, channel, form)) for channel, form in forms if form is not None]
    return await _put(connection, known, reason), len(forms) - len(known)


async def ban_customer(
    connection: AsyncConnection, customer_ref: str, channels: Sequence[Channel], reason: Reason
) -> int:
    """Put all that we know of a person's addresses on these channels on the list: how many are new on it."""
    return await _put(connection, await never.of(connection, customer_ref, channels), reason)


async def _put(connection: AsyncConnection, known: Sequence[tuple[Channel, str]], reason: Reason) -> int:
    """Who must not be called any more leaves the desk's queue at once."""
    banned = [Banned(channel, hash_, reason.because, reason.since, reason.by) for channel, hash_ in known]
    added = await never.add(connection, banned)
    phones = [hash_ for channel, hash_ in added if channel == "phone"]
    if phones:
        gone = [Closing("phone_refused", customer=ref) for ref in await never.holders(connection, phones)]
        await withdrawal.close(connection, gone, system_clock())
    return len(added)
