"""Replaying: letters go out again, a handful at a time, and are noted as done once that is certain."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime

from deploy.dead_letters.fate import Closes, Fate
from deploy.dead_letters.letter import Letter
from deploy.dead_letters.tally import Replaying
from shared.clock import Now
from shared.events.record import Record
from shared.kafka.producer import Acked, Unknown
from shared.kafka.replayed import Replayed, note

Publish = Callable[[Sequence[Record]], Awaitable[Acked | Unknown]]
Judged = tuple[Letter, Fate]

MOST_LETTERS = 100
MOST_BYTES = 4 * 1024 * 1024


class NotAcknowledged(Exception):
    """The brokers did not say that they have a handful; whatever of it they have is harmless."""


async def handfuls(judged: AsyncIterator[Judged]) -> AsyncIterator[list[Judged]]:
    """Few enough to be held in memory and to be acknowledged together."""
    held: list[Judged] = []
    weight = 0
    async for letter, fate in judged:
        held.append((letter, fate))
        weight += len(letter.body)
        if len(held) == MOST_LETTERS or weight >= MOST_BYTES:
            yield held
            held, weight = [], 0
    if held:
        yield held


async def replay(judged: AsyncIterator[Judged], publish: Publish, clock: Now, done: Replaying) -> None:
    """Publish, then note; `done` counts what is certain.

    Whoever dies in between leaves letters that are still open: replayed again their events have the same ids,
    and readers drop what they have seen.

    :raises NotAcknowledged: naming the reason; what `done` has counted stays done.
    """
    async for handful in handfuls(judged):
        closed = [(letter, fate) for letter, fate in handful if isinstance(fate, Closes)]
        await _acknowledged(publish, [record for _, fate in closed for record in fate.records])
        await _acknowledged(publish, [_note(letter, fate, clock()) for letter, fate in closed])
        for letter, fate in handful:
            done.count(letter, fate)


async def _acknowledged(publish: Publish, records: Sequence[Record]) -> None:
    answer = await publish(records)
    if not isinstance(answer, Acked):
        raise NotAcknowledged(answer.reason)


def _note(letter: Letter, fate: Closes, at: datetime) -> Record:
    said = Replayed("replayed", letter.partition, letter.offset, at, fate.outcome, fate.events)
    return note(letter.topic, said)
