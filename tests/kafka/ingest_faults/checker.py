"""The checker: what was acknowledged, by the history, against what stands in Kafka."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.events.topics import CUSTOMER_CONTACTS
from tests.kafka.ingest_faults.history import Ended, Entry
from tests.kafka.ingest_faults.places import Place

Positions = Mapping[Place, Sequence[int]]
"""Where each record stands, counted as the log was read; those of one customer and topic can be compared."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivery by its history."""

    id: str
    customer: int
    expects: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What the client knows: all that it sent and, in their order, those that were acknowledged."""

    sent: Mapping[str, Delivered]
    acknowledged: Sequence[Delivered]

    @property
    def open(self) -> Sequence[Delivered]:
        known = {delivered.id for delivered in self.acknowledged}
        return [delivered for name, delivered in self.sent.items() if name not in known]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The four lists must be empty. Copies are allowed, for readers drop them by their ids.

    `lost` and `disordered` are deliveries; `strange` are records that nobody sent; `undone` are customers
    whose newest contact in the log is not what was told last.
    """

    acknowledged: int
    open: int
    open_but_there: int
    copies: int
    lost: list[str]
    strange: list[str]
    disordered: list[str]
    undone: list[int]

    @property
    def good(self) -> bool:
        return not (self.lost or self.strange or self.disordered or self.undone)


def told(history: Iterable[Entry]) -> Told:
    sent: dict[str, Delivered] = {}
    acknowledged: list[Delivered] = []
    for entry in history:
        if not isinstance(entry, Ended):
            sent[entry.id] = Delivered(entry.id, entry.customer, entry.expects)
        elif entry.acknowledged:
            acknowledged.append(sent[entry.id])
    return Told(sent, acknowledged)


def judge(told: Told, log: Sequence[Place]) -> Verdict:
    """`log` is every record of the shop, the ones of each partition in their order."""
    stands: dict[Place, list[int]] = defaultdict(list)
    for position, found in enumerate(log):
        stands[found].append(position)
    sent = {place for delivered in told.sent.values() for place in delivered.expects}
    return Verdict(
        acknowledged=len(told.acknowledged),
        open=len(told.open),
        open_but_there=sum(any(place in stands for place in delivered.expects) for delivered in told.open),
        copies=sum(len(where) - 1 for place, where in stands.items() if not place.is_tombstone),
        lost=[each.id for each in told.acknowledged if not all(place in stands for place in each.expects)],
        strange=[place.id for place in stands if place not in sent],
        disordered=_disordered(told, stands),
        undone=_undone(told, log),
    )


def _disordered(told: Told, stands: Positions) -> list[str]:
    """First occurrences must follow one another as the deliveries were acknowledged."""
    reached: dict[tuple[int, str], int] = defaultdict(lambda: -1)
    found = []
    for delivered in told.acknowledged:
        for place in delivered.expects:
            lane = delivered.customer, place.topic
            position = _position(place, stands, reached[lane])
            if position < reached[lane]:
                found.append(delivered.id)
            reached[lane] = max(position, reached[lane])
    return found


def _position(place: Place, stands: Positions, after: int) -> int:
    """The first; of tombstones, which are all alike, the first after that, -1 if there is none."""
    where = stands.get(place, ())
    if not place.is_tombstone:
        return where[0] if where else after + 1  # what is lost is told elsewhere
    return next((position for position in where if position > after), -1)


def _undone(told: Told, log: Sequence[Place]) -> list[int]:
    """A compacted topic keeps the newest of each customer: a late copy would bring an older one back."""
    contacts = CUSTOMER_CONTACTS.name
    owner = {
        place: each.customer
        for each in told.sent.values()
        for place in each.expects
        if place.topic == contacts
    }
    newest = {owner[place]: place for place in log if place in owner}
    wanted = {owner[place]: place for each in told.acknowledged for place in each.expects if place in owner}
    perhaps = {place for each in told.open for place in each.expects}
    return [
        customer
        for customer, place in wanted.items()
        if newest.get(customer) != place and newest.get(customer) not in perhaps
    ]
