"""Seventy thousand signed and damaged webhooks: each is kept or of no use, and none is an error of ours."""

from collections import Counter
from collections.abc import Sequence

from services.ingest.accept import Accepted, Answer, Parked
from services.ingest.carts.base import Ignored
from services.ingest.durable import Kept
from shared.events.envelope import decode
from shared.events.record import Record
from shared.events.topics import dead_letter
from tests.accepting import accept
from tests.unit.ingest.mutations import Sent, accounts, webhooks

COUNT = 70_000


class Counting:
    """Counts what it is given to keep, and looks at it as a reader will."""

    def __init__(self) -> None:
        self.letters = self.events = 0

    async def keep(self, records: Sequence[Record]) -> Kept:
        for record in records:
            if record.topic == dead_letter("ingest").name:
                self.letters += 1
            elif record.value is not None:
                decode(record.value)
                self.events += 1
        return Kept("kafka")


async def test_damaged_webhooks_are_kept_or_of_no_use() -> None:
    keeper, known = Counting(), accounts("kirei", b"p" * 16)
    kinds: Counter[type[Answer]] = Counter()

    async def take(sent: Sent) -> None:
        before = keeper.letters, keeper.events
        answer = await accept(sent.delivery("kirei"), known[sent.cart], keeper.keep)
        kinds[type(answer)] += 1
        more = keeper.letters - before[0], keeper.events - before[1]
        assert (
            more == (0, 0) if isinstance(answer, Ignored) else (more == (1, 0)) == isinstance(answer, Parked)
        )

    for sent in webhooks(6, COUNT):
        await take(sent)

    assert kinds.total() == COUNT
    assert kinds.keys() == {Accepted, Parked, Ignored}
    assert min(kinds.values()) > COUNT // 20
