"""One batch in one transaction: fence, read, drop the known, observe, move the offsets."""

from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from dataclasses import dataclass

from shared.clock import monotonic
from shared.events.envelope import Envelope, InvalidEvent, decode
from shared.events.record import Received, Record
from shared.kafka.dead_letters import DeadLetterLimit, Tally, TooManyDeadLetters, park
from shared.postgres import offsets, outbox, processed
from shared.postgres.engine import AsyncConnection, AsyncEngine, transaction
from shared.process.metrics import batch_records, db_transaction_seconds, dead_letters, events_processed

Observe = Callable[[AsyncConnection, Sequence[Envelope]], Awaitable[None]]
"""What a service does with new events; all its writes go through the connection it is given."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A batch after reading: what to observe, what to park, and the partition's tally."""

    envelopes: tuple[Envelope, ...]
    parked: tuple[Record, ...]
    tally: Tally


@dataclass(frozen=True, slots=True)
class Share:
    """What one poll brought of one partition, and the partition's tally before it."""

    claim: offsets.Claim
    records: tuple[Received, ...]
    tally: Tally


@dataclass(frozen=True, slots=True)
class Done:
    """The tallies after the batch, and the claims that turned out to be fenced: drop those partitions."""

    tallies: Mapping[offsets.Claim, Tally]
    fenced: tuple[offsets.Claim, ...]


def read(group: str, batch: Sequence[Received], tally: Tally, limit: DeadLetterLimit) -> Opened:
    """Read the records.

    :raises TooManyDeadLetters: if more can't be read than the limit allows.
    """
    envelopes: list[Envelope] = []
    parked: list[Record] = []
    for received in batch:
        if received.value is None:
            continue  # a tombstone says nothing: customer.erased does
        try:
            envelopes.append(decode(received.value))
            tally = tally.read()
        except InvalidEvent as error:
            parked.append(park(group, received, error.reason))
            dead_letters.labels(topic=received.topic, reason=error.reason).inc()
            tally = tally.parked()
            if tally.exceeds(limit):
                raise TooManyDeadLetters(
                    f"{received.topic}/{received.partition}@{received.offset}"
                ) from error
    return Opened(tuple(envelopes), tuple(parked), tally)


async def process(
    engine: AsyncEngine, shares: Sequence[Share], observe: Observe, limit: DeadLetterLimit
) -> Done:
    """Bring what one poll brought into effect, exactly once, in one transaction.

    All partitions together: a commit costs a flush of the disk, and a dozen little ones a dozen.

    :raises TooManyDeadLetters: see `read`.
    """
    began = monotonic()
    async with transaction(engine) as connection:
        next_offsets = await offsets.fence(connection, [share.claim for share in shares])
        opened: dict[offsets.Claim, Opened] = {}
        moved: dict[offsets.Claim, int] = {}
        for share in shares:
            due = [r for r in share.records if r.offset >= next_offsets.get(share.claim, r.offset + 1)]
            if due:
                opened[share.claim] = read(share.claim.group, due, share.tally, limit)
                moved[share.claim] = due[-1].offset + 1
        new = await _take_effect(connection, shares[0].claim.group, list(opened.values()), observe)
        await offsets.move(connection, moved)
    db_transaction_seconds.observe(monotonic() - began)
    _count(opened, new)
    return Done(
        tallies={claim: each.tally for claim, each in opened.items()},
        fenced=tuple(share.claim for share in shares if share.claim not in next_offsets),
    )


async def _take_effect(
    connection: AsyncConnection, group: str, opened: Sequence[Opened], observe: Observe
) -> set[str]:
    """Observe what is new, park what can't be read; give the ids of the new events."""
    new = await _unseen(connection, group, [each for one in opened for each in one.envelopes])
    if new:
        await observe(connection, new)
    await outbox.append_records(connection, [record for one in opened for record in one.parked])
    return {envelope.id for envelope in new}


async def _unseen(
    connection: AsyncConnection, group: str, envelopes: Sequence[Envelope]
) -> tuple[Envelope, ...]:
    """Those whose ids are new, each once, in the order of the log."""
    unseen = await processed.mark(connection, group, [envelope.id for envelope in envelopes])
    new: dict[str, Envelope] = {}
    for envelope in envelopes:
        if envelope.id in unseen:
            new.setdefault(envelope.id, envelope)
    return tuple(new.values())


def _count(opened: Mapping[offsets.Claim, Opened], new: Set[str]) -> None:
    if opened:
        batch_records.observe(sum(len(one.envelopes) + len(one.parked) for one in opened.values()))
    left = set(new)
    for claim, one in opened.items():
        # An id that stands twice in the batch counts once as applied.
        applied = left & {envelope.id for envelope in one.envelopes}
        left -= applied
        events_processed.labels(topic=claim.topic, outcome="applied").inc(len(applied))
        events_processed.labels(topic=claim.topic, outcome="duplicate").inc(len(one.envelopes) - len(applied))
        events_processed.labels(topic=claim.topic, outcome="dead_letter").inc(len(one.parked))
