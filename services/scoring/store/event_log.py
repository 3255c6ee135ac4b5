"""The event log: every fact, once."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import cast

from msgspec.structs import replace
from sqlalchemy import text

from shared.events.catalogue import NAMES
from shared.events.customer import CustomerSeen
from shared.events.envelope import Envelope, decode, encode
from shared.postgres.engine import AsyncConnection

_APPEND = text(
    "INSERT INTO event_log (event_id, subject, customer_ref, type, time, received_at, envelope)"
    " SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:subjects AS text[]), CAST(:customers AS text[]),"
    " CAST(:types AS text[]), CAST(:times AS timestamptz[]), CAST(:received AS timestamptz[]),"
    " CAST(:envelopes AS bytea[]))"
)
_RELEASE = text(
    "UPDATE event_log SET customer_ref = given.customer_ref"
    " FROM unnest(CAST(:refs AS text[]), CAST(:owners AS text[])) AS given (ref, customer_ref)"
    " WHERE event_log.subject = given.ref AND event_log.customer_ref IS NULL"
    " RETURNING event_log.customer_ref, event_log.envelope"
)
_OF_CUSTOMERS = text(
    "SELECT customer_ref, envelope FROM event_log WHERE customer_ref = ANY(CAST(:customers AS text[]))"
)
_SEEN = text(
    "SELECT event_id, envelope FROM event_log WHERE customer_ref = ANY(CAST(:customers AS text[]))"
    " AND type = :type"
)
_REWRITE = text("UPDATE event_log SET envelope = :envelope WHERE event_id = :event_id")
_WHOLE = text(
    "SELECT envelope FROM event_log WHERE customer_ref IS NOT NULL ORDER BY customer_ref, time, event_id"
)


async def append(connection: AsyncConnection, owned: Sequence[tuple[Envelope, str | None]]) -> None:
    """Write facts with the customer they belong to, None while nobody knows."""
    envelopes = [envelope for envelope, _ in owned]
    await connection.execute(
        _APPEND,
        {
            "ids": [envelope.id for envelope in envelopes],
            "subjects": [envelope.subject for envelope in envelopes],
            "customers": [owner for _, owner in owned],
            "types": [envelope.type for envelope in envelopes],
            "times": [envelope.time for envelope in envelopes],
            "received": [envelope.receivedat for envelope in envelopes],
            "envelopes": [encode(envelope) for envelope in envelopes],
        },
    )


async def release(connection: AsyncConnection, owners: Mapping[str, str]) -> list[tuple[Envelope, str]]:
    """Hand the events that waited for these objects' owners to them."""
    if not owners:
        return []
    given = {"refs": list(owners), "owners": list(owners.values())}
    rows = await connection.execute(_RELEASE, given)
    return [(decode(row.envelope), row.customer_ref) for row in rows]


async def histories(
    connection: AsyncConnection, persons: Mapping[str, Sequence[str]]
) -> dict[str, list[Envelope]]:
    """Everything known of these persons, each given with all accounts; in no particular order."""
    person_of = {account: person for person, accounts in persons.items() for account in accounts}
    found: dict[str, list[Envelope]] = {person: [] for person in persons}
    if persons:
        for row in await connection.execute(_OF_CUSTOMERS, {"customers": list(person_of)}):
            found[person_of[row.customer_ref]].append(decode(row.envelope))
    return found


async def forget(connection: AsyncConnection, customers: Sequence[str]) -> None:
    """Take the keyed hashes out of what was logged of these customers, who are erased."""
    if not customers:
        return
    of_type = {"customers": list(customers), "type": NAMES[CustomerSeen]}
    rows = [(row.event_id, decode(row.envelope)) for row in await connection.execute(_SEEN, of_type)]
    telling = [(event_id, each) for event_id, each in rows if _tells(each)]
    if telling:
        bare = [{"event_id": event_id, "envelope": encode(_bare(each))} for event_id, each in telling]
        await connection.execute(_REWRITE, bare)


def _tells(envelope: Envelope) -> bool:
    return isinstance(envelope.data, CustomerSeen) and envelope.data.identifiers is not None


def _bare(envelope: Envelope) -> Envelope:
    return replace(envelope, data=CustomerSeen(cast(CustomerSeen, envelope.data).account))


async def whole(connection: AsyncConnection) -> AsyncIterator[Envelope]:
    """The whole log, account by account, in their order of time; streamed, for training."""
    async with connection.stream(_WHOLE) as rows:
        async for row in rows:
            yield decode(row.envelope)
