"""The spool through any life, crashes included: nothing accepted is missing, out of order, or there again."""

import asyncio
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.ingest.spool import Spool, Spooled, SpoolLimits
from services.ingest.spool_file import SpoolFile, Waiting, size
from shared.events.record import Record
from shared.process import metrics

LIMITS = SpoolLimits(bytes=10**9, hours=24)

records = st.lists(
    st.builds(
        Record,
        st.sampled_from(["customer-events", "customer-contacts"]),
        st.none() | st.binary(max_size=3),
        st.none() | st.binary(max_size=3) | st.binary(min_size=5000, max_size=9000),
    ),
    max_size=4,
)


class SpoolLife(RuleBasedStateMachine):
    """`queue` and `aside` are what the file must hold."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path(tempfile.mkdtemp())
        self._lives = 0
        self._loop = asyncio.Runner()
        self.queue: list[Record] = []
        self.aside: list[Record] = []
        self.spool = self._opened()

    def _opened(self) -> Spool:
        return Spool(SpoolFile.open(self._path()), LIMITS)

    def _path(self) -> Path:
        return self._folder / f"{self._lives}.sqlite"

    def _front(self, most: int) -> list[Waiting]:
        found = self._loop.run(self.spool.oldest(most, 10**9))
        assert isinstance(found, list)
        return found

    @rule(several=st.lists(records, min_size=1, max_size=4))
    def append(self, several: list[list[Record]]) -> None:
        async def together() -> list[object]:
            return await asyncio.gather(*map(self.spool.append, several))

        assert set(self._loop.run(together())) == {Spooled()}
        self.queue += [record for group in several for record in group]

    @precondition(lambda self: self.queue)
    @rule(most=st.integers(1, 6))
    def remove(self, most: int) -> None:
        front = self._front(most)
        assert self._loop.run(self.spool.remove(front))
        del self.queue[: len(front)]

    @precondition(lambda self: self.queue)
    @rule()
    def set_aside(self) -> None:
        assert self._loop.run(self.spool.set_aside(self._front(1)[0]))
        self.aside.append(self.queue.pop(0))

    @rule()
    def restart(self) -> None:
        self._close()
        self._begin_again()

    @rule()
    def crash(self) -> None:
        """What a killed process leaves: its files as they are at that moment."""
        before = self._path()
        self._lives += 1
        for suffix in ("", "-wal"):
            shutil.copy(
                before.with_name(before.name + suffix), self._folder / f"{self._lives}.sqlite{suffix}"
            )
        self._close()
        self._begin_again()

    def _begin_again(self) -> None:
        self.spool = self._opened()
        self.queue = self.aside + self.queue
        self.aside = []

    @invariant()
    def it_holds_what_was_accepted_and_not_removed_in_order(self) -> None:
        assert [waiting.record for waiting in self._front(10_000)] == self.queue

    @invariant()
    def it_knows_what_it_holds(self) -> None:
        self.spool.measure()
        assert metrics.spool_records._value.get() == len(self.queue)
        assert metrics.spool_bytes._value.get() == sum(map(size, self.queue))
        assert metrics.spool_set_aside._value.get() == len(self.aside)
        assert self.spool.waiting == bool(self.queue)

    def _close(self) -> None:
        self._loop.run(self.spool.__aexit__(None, None, None))

    def teardown(self) -> None:
        self._close()
        self._loop.close()
        shutil.rmtree(self._folder)


TestSpoolLife = SpoolLife.TestCase
TestSpoolLife.settings = settings(max_examples=40, stateful_step_count=25)
