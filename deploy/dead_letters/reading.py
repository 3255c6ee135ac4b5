"""Reading: the topics twice, first for the notes, then for the letters, so that no body is kept in memory."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass

from deploy.dead_letters.letter import Letter, read_record
from deploy.dead_letters.selection import Notes, Selection
from shared.events.topics import dead_letter
from shared.kafka.letters import Extent, LogReader, Stretch
from shared.kafka.replayed import Replayed

Step = Callable[[int], None]
"""Told how many records more have been read."""

Extents = Mapping[str, Extent]
"""By service; whose topic does not exist is not in it."""


@dataclass(frozen=True, slots=True)
class Archive:
    """What the topics held at one moment, and what had become of the letters by then."""

    extents: Extents
    notes: Notes

    @property
    def offsets(self) -> int:
        return sum(extent.offsets for extent in self.extents.values())


async def extents_of(log: LogReader, services: Sequence[str]) -> Extents:
    found = {service: await log.extent(dead_letter(service).name) for service in services}
    return {service: extent for service, extent in found.items() if extent is not None}


async def archive(log: LogReader, extents: Extents, step: Step) -> Archive:
    """A note stands after its letter, so all notes are read before the first letter is shown."""
    notes: dict[tuple[str, int, int], Replayed] = {}
    async for service, found in _records(log, extents, step):
        if isinstance(found, Replayed):
            notes[service, found.partition, found.offset] = found
    return Archive(extents, notes)


async def letters(
    log: LogReader, known: Archive, selection: Selection, step: Step
) -> AsyncIterator[tuple[Letter, Replayed | None]]:
    """Those selected, service after service, oldest first."""
    async for _, found in _records(log, known.extents, step):
        if isinstance(found, Letter) and selection.takes(found, known.notes):
            yield found, known.notes.get(found.place)


async def standing_at(
    log: LogReader, known: Archive, place: tuple[str, int, int]
) -> Letter | Replayed | None:
    """The one record; None where the log has none."""
    service, partition, offset = place
    stretches = known.extents[service].stretches if service in known.extents else ()
    if not any(each.partition == partition and each.first <= offset < each.end for each in stretches):
        return None
    one = Extent(dead_letter(service).name, (Stretch(partition, offset, offset + 1),))
    async for _, found in _records(log, {service: one}, lambda _: None):
        return found
    return None


async def _records(
    log: LogReader, extents: Extents, step: Step
) -> AsyncIterator[tuple[str, Letter | Replayed]]:
    for service, extent in extents.items():
        async for received in log.records(extent):
            step(1)
            yield service, read_record(service, received)
