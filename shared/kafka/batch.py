"""One batch of one partition in one transaction: fence, read, drop the known, observe, move the offset."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from shared.events.envelope import Envelope, InvalidEvent, decode
from shared.events.record import Received, Record
from shared.kafka.dead_letters import DeadLetterLimit, Tally, TooManyDeadLetters, park
from shared.postgres import offsets, outbox, processed
from shared.postgres.engine import AsyncConnection, AsyncEngine, transaction
from shared.process.metrics import batch_records, dead_letters, events_processed

Observe = Callable[[AsyncConnection, Sequence[Envelope]], Awaitable[None]]
"""What a service does with new events; all its writes go through the connection it is given."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A batch after reading: what to observe, what to park, and the partition's tally."""

    envelopes: tuple[Envelope, ...]
    parked: tuple[Record, ...]
    tally: Tally


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
    engine: AsyncEngine,
    claim: offsets.Claim,
    batch: Sequence[Received],
    observe: Observe,
    tally: Tally,
    limit: DeadLetterLimit,
) -> Tally:
    """Bring one batch into effect exactly once; give the new tally.

    :raises Fenced: if another process owns the partition by now.
    :raises TooManyDeadLetters: see `read`.
    """
    async with transaction(engine) as connection:
        next_offset = await offsets.fence(connection, claim)
        due = [received for received in batch if received.offset >= next_offset]
        if not due:
            return tally
        opened = read(claim.group, due, tally, limit)
        new = await _unseen(connection, claim.group, opened.envelopes)
        if new:
            await observe(connection, new)
        await outbox.append_records(connection, opened.parked)
        await offsets.move(connection, claim, due[-1].offset + 1)
    _count(claim.topic, opened, len(new))
    return opened.tally


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


def _count(topic: str, opened: Opened, new: int) -> None:
    batch_records.observe(len(opened.envelopes) + len(opened.parked))
    events_processed.labels(topic=topic, outcome="applied").inc(new)
    events_processed.labels(topic=topic, outcome="duplicate").inc(len(opened.envelopes) - new)
    events_processed.labels(topic=topic, outcome="dead_letter").inc(len(opened.parked))
