"""Bulk: many events in one request, each line with an answer of its own."""

import asyncio
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Literal, TypeVar

import msgspec

from services.ingest.accept import records_of
from services.ingest.carts.base import Untranslatable
from services.ingest.carts.lines import SOURCE, envelope_of
from services.ingest.durable import Keep, NotKept
from services.ingest.shops import Sender
from shared.events.customer import ContactChanged, CustomerErased, CustomerSeen
from shared.events.envelope import record_of
from shared.events.record import Record

MOST_LINES = 100_000
LONGEST_LINE = 64 * 1024
MOST_ERRORS = 1000
# What is read before the loop gets its turn: some 3 ms.
_SLICE_LINES = 500
_SLICE_BYTES = 256 * 1024

Result = TypeVar("Result")

_MORE_THAN_ONE_RECORD = frozenset((ContactChanged, CustomerErased, CustomerSeen))


class Rejected(msgspec.Struct, frozen=True):
    """A line that nothing became of; `reason` is from a closed list."""

    line: int
    reason: str


class Report(msgspec.Struct, frozen=True):
    """What became of a request's lines; `errors` are the first of the rejected, the counts are exact."""

    accepted: int
    rejected: int
    errors: tuple[Rejected, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """A request's lines in slices, to be gone through once; `count` of them."""

    count: int
    slices: Iterator["Slice"]


@dataclass(frozen=True, slots=True)
class Slice:
    """Some lines that follow each other (or an array's elements), and the number of the first."""

    first: int
    lines: list[bytes]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """There are no lines to speak of."""

    reason: Literal["empty", "not_json", "not_an_array", "too_many_lines"]


@dataclass(frozen=True, slots=True)
class Told:
    """What some lines are on Kafka, and those that are nothing."""

    records: list[Record]
    accepted: int
    rejected: list[Rejected]


_TOO_LONG = Untranslatable("too_long")
_array = msgspec.json.Decoder(list[msgspec.Raw])


def ndjson(body: bytes) -> Lines | Unreadable:
    """A body's lines; blank ones are passed over later, and count in the numbers of the others."""
    if not body or body.isspace():
        return Unreadable("empty")
    # Not body.count(): that looks at each byte by itself, and takes five times as long.
    count = sum(1 for _ in islice(io.BytesIO(body), MOST_LINES + 1))
    return Lines(count, _slices(_chunks(body))) if count <= MOST_LINES else Unreadable("too_many_lines")


def array(body: bytes) -> Lines | Unreadable:
    """A JSON array's elements."""
    try:
        elements = _array.decode(body)
    except msgspec.ValidationError:
        return Unreadable("not_an_array")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Unreadable("not_json" if body.strip() else "empty")
    if len(elements) > MOST_LINES:
        return Unreadable("too_many_lines")
    return Lines(len(elements), _slices(_together(elements))) if elements else Unreadable("empty")


async def take(
    lines: Lines, sender: Sender, received_at: datetime, keep: Keep, turn: asyncio.Lock
) -> Report | NotKept:
    """Keep every line that can be read. If any slice is not kept, the sender must repeat them all.

    `turn` is that of all requests together.
    """
    accepted, rejected, errors = 0, 0, list[Rejected]()

    def read() -> Told | None:
        some = next(lines.slices, None)
        return None if some is None else read_slice(some, sender, received_at)

    while told := await in_turn(turn, read):
        if told.records and isinstance(kept := await keep(told.records), NotKept):
            return kept
        accepted += told.accepted
        rejected += len(told.rejected)
        errors.extend(told.rejected[: MOST_ERRORS - len(errors)])
    return Report(accepted, rejected, tuple(errors))


async def in_turn(turn: asyncio.Lock, work: Callable[[], Result]) -> Result:
    """Work that takes some milliseconds: the loop goes round between any two who share the turn."""
    async with turn:
        await asyncio.sleep(0)
        return work()


def read_slice(some: Slice, sender: Sender, received_at: datetime) -> Told:
    """Each line on its own: a bad one does not hold the others back, and a blank one is none."""
    records, accepted, rejected = list[Record](), 0, list[Rejected]()
    shop, cart = sender.shop, sender.customers_of or SOURCE
    for number, raw in enumerate(some.lines, some.first):
        told = _TOO_LONG if len(raw) > LONGEST_LINE else envelope_of(raw, shop, cart, received_at)
        if isinstance(told, Untranslatable):
            if not raw.isspace():
                rejected.append(Rejected(number, told.reason))
            continue
        accepted += 1
        if type(told.data) in _MORE_THAN_ONE_RECORD:
            records += records_of([told], sender.pepper)
        else:
            records.append(record_of(told))
    return Told(records, accepted, rejected)


def _chunks(body: bytes) -> Iterator[list[bytes]]:
    """All lines, some bytes of them at a time; the last line of a chunk may be long."""
    reading = io.BytesIO(body)
    return iter(lambda: reading.readlines(_SLICE_BYTES), [])


def _together(elements: list[msgspec.Raw]) -> Iterator[list[bytes]]:
    """All elements, some bytes of them at a time."""
    chunk, size = list[bytes](), 0
    for element in elements:
        chunk.append(bytes(element))
        size += len(chunk[-1])
        if size >= _SLICE_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _slices(chunks: Iterator[list[bytes]]) -> Iterator[Slice]:
    first = 1
    for chunk in chunks:
        for begin in range(0, len(chunk), _SLICE_LINES):
            yield Slice(first + begin, chunk[begin : begin + _SLICE_LINES])
        first += len(chunk)
