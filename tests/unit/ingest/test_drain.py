"""The drain: everything that waits goes to Kafka, once Kafka takes it, in order, and nothing is overtaken."""

import asyncio
import errno
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from services.ingest.drain import Drain
from services.ingest.durable import Durable, Kept, NotKept
from services.ingest.spool import Spool, SpoolLimits
from services.ingest.spool_file import SpoolFile
from shared.events.record import Record
from shared.kafka.producer import Acked, Unknown
from shared.process.health import Health
from shared.process.metrics import spool_drained, spool_set_aside

ROOMY = SpoolLimits(10**9, hours=24)


@dataclass
class Kafka:
    """A log; `refused_values` are too large for it, and while it is not `up` it answers nothing at all."""

    up: bool = True
    refused_values: frozenset[bytes] = frozenset()
    loses_answers: bool = False
    turns: int = 0
    log: list[Record] = field(default_factory=list)
    asked: int = 0

    async def publish(self, records: Sequence[Record]) -> Acked | Unknown:
        self.asked += 1
        for _ in range(self.turns):
            await asyncio.sleep(0)
        if not self.up:
            return Unknown("KafkaTimeoutError")
        if any(record.value in self.refused_values for record in records):
            return Unknown("MessageSizeTooLargeError")
        self.log.extend(records)
        return Unknown("TimeoutError") if self.loses_answers else Acked()

    def values(self, key: bytes = b"a") -> list[bytes | None]:
        """What a reader sees that drops the ids it knows."""
        return list(dict.fromkeys(record.value for record in self.log if record.key == key))


class HeldFile(SpoolFile):
    """Removes only when the test lets it."""

    def hold(self) -> "HeldFile":
        self.asked_to_remove = threading.Event()
        self.let_go = threading.Event()
        return self

    def remove(self, through: int) -> None:
        self.asked_to_remove.set()
        assert self.let_go.wait(10)
        super().remove(through)


class FailingFile(SpoolFile):
    """Its disk refuses the first removals."""

    failures = 3

    def remove(self, through: int) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError(errno.EIO, "injected")
        super().remove(through)


class SlowFile(SpoolFile):
    """Somebody always comes while it removes."""

    def remove(self, through: int) -> None:
        super().remove(through)
        threading.Event().wait(0.02)


def event(value: bytes | str, key: bytes = b"a") -> list[Record]:
    return [Record("customer-events", key, value.encode() if isinstance(value, str) else value)]


@pytest.fixture
async def spool(tmp_path: Path) -> AsyncIterator[Spool]:
    async with Spool(SpoolFile.open(tmp_path / "spool.sqlite"), ROOMY) as opened:
        yield opened


@asynccontextmanager
async def draining(kafka: Kafka, spool: Spool) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(Drain(kafka.publish, spool, lambda: 0.0, Health()).run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - the drain tells nobody what it did
            await asyncio.sleep(0.001)


async def drained(spool: Spool) -> None:
    await until(lambda: not spool.waiting)


async def test_what_waits_goes_to_kafka_in_order(spool: Spool) -> None:
    kafka = Kafka()
    before = spool_drained._value.get()
    await asyncio.gather(*(spool.append(event(str(number))) for number in range(2500)))

    async with draining(kafka, spool):
        await drained(spool)

    assert [record.value for record in kafka.log] == [str(number).encode() for number in range(2500)]
    assert spool_drained._value.get() == before + 2500


async def test_while_kafka_is_away_it_tries_again_and_loses_nothing(spool: Spool) -> None:
    kafka = Kafka(up=False)
    await spool.append(event("1"))
    async with draining(kafka, spool):
        await until(lambda: kafka.asked >= 3)
        assert spool.waiting
        kafka.up = True
        await drained(spool)

    assert kafka.values() == [b"1"]


async def test_an_answer_that_is_lost_makes_copies_but_never_gaps(spool: Spool) -> None:
    kafka = Kafka(loses_answers=True)
    await spool.append(event("1") + event("2"))
    async with draining(kafka, spool):
        await until(lambda: kafka.asked >= 2)
        kafka.loses_answers = False
        await drained(spool)

    assert [record.value for record in kafka.log] == [b"1", b"2"] * (len(kafka.log) // 2)


async def test_a_record_that_is_refused_for_ever_is_set_aside_and_the_others_go_on(spool: Spool) -> None:
    kafka = Kafka(refused_values=frozenset({b"2", b"4"}))
    for value in "12345":
        await spool.append(event(value))

    async with draining(kafka, spool):
        await drained(spool)

    assert kafka.values() == [b"1", b"3", b"5"]
    assert spool_set_aside._value.get() == 2


async def test_when_it_has_to_stop_what_is_on_the_way_stays_in_the_file(tmp_path: Path) -> None:
    kafka = Kafka(turns=10**9)
    async with Spool(SpoolFile.open(tmp_path / "spool.sqlite"), ROOMY) as spool:
        await spool.append(event("1"))
        async with draining(kafka, spool):
            await until(lambda: kafka.asked > 0)

    async with Spool(SpoolFile.open(tmp_path / "spool.sqlite"), ROOMY) as spool:
        found = await spool.oldest()
        assert isinstance(found, list)
        assert [waiting.record for waiting in found] == event("1")


async def test_a_disk_that_will_not_forget_is_asked_again_but_not_kafka(tmp_path: Path) -> None:
    kafka = Kafka()
    async with Spool(FailingFile.open(tmp_path / "spool.sqlite"), ROOMY) as spool:
        await spool.append(event("1") + event("2"))
        async with draining(kafka, spool):
            await drained(spool)

    assert kafka.asked == 1


async def test_an_append_that_meets_the_last_removal_is_not_overtaken(tmp_path: Path) -> None:
    kafka = Kafka()
    file = HeldFile.open(tmp_path / "spool.sqlite").hold()
    async with Spool(file, ROOMY) as spool:
        durable = Durable(kafka.publish, spool)
        await spool.append(event("1"))
        async with draining(kafka, spool):
            await asyncio.to_thread(file.asked_to_remove.wait, 10)
            second = asyncio.create_task(durable.keep(event("2")))
            await asyncio.sleep(0)
            kafka.up = False  # so that the second can't leave before the third comes
            file.let_go.set()
            assert await second == Kept("spool")
            kafka.up = True
            assert isinstance(await durable.keep(event("3")), Kept)
            await drained(spool)
            assert await durable.keep(event("4")) == Kept("kafka")

    assert kafka.values() == [b"1", b"2", b"3", b"4"]


async def test_however_steadily_webhooks_come_the_queue_comes_to_its_end(tmp_path: Path) -> None:
    kafka = Kafka(up=False)
    kept: list[Kept | NotKept] = []
    async with Spool(SlowFile.open(tmp_path / "spool.sqlite"), ROOMY) as spool:
        durable = Durable(kafka.publish, spool)

        async def send(customer: int) -> None:
            """The next as soon as the one before is kept, until one of anybody's is kept by Kafka again."""
            while Kept("kafka") not in kept:
                kept.append(await durable.keep(event(str(len(kept)), key=str(customer).encode())))

        async with draining(kafka, spool), asyncio.timeout(30), asyncio.TaskGroup() as senders:
            for customer in range(20):
                senders.create_task(send(customer))
            await until(lambda: len(kept) > 20)
            kafka.up = True

    assert kept.count(Kept("spool")) > 20


@dataclass(frozen=True)
class Step:
    """One customer's next event, with what Kafka is like from then on."""

    customer: int
    up: bool
    loses_answers: bool
    turns: int


steps = st.builds(Step, st.integers(0, 2), st.booleans(), st.booleans(), st.integers(0, 20))


@given(st.lists(steps, min_size=5, max_size=60))
@hypothesis_settings(max_examples=40)
def test_each_customers_events_reach_kafka_in_the_order_in_which_they_were_accepted(plan: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        kafka = Kafka()
        accepted = asyncio.run(_play(plan, kafka, Path(folder) / "spool.sqlite"))

    assert {key: kafka.values(key) for key in accepted} == accepted


async def _play(plan: list[Step], kafka: Kafka, path: Path) -> dict[bytes, list[bytes | None]]:
    """A customer's next event is sent after our answer to the one before; the customers are independent."""
    accepted: dict[bytes, list[bytes | None]] = {}
    async with Spool(SpoolFile.open(path), ROOMY) as spool:
        durable = Durable(kafka.publish, spool)

        async def send(customer: int) -> None:
            for number, step in enumerate(plan):
                if step.customer == customer:
                    kafka.up, kafka.loses_answers, kafka.turns = step.up, step.loses_answers, step.turns
                    (record,) = event(str(number), key=str(customer).encode())
                    assert isinstance(await durable.keep([record]), Kept)
                    accepted.setdefault(record.key or b"", []).append(record.value)

        async with draining(kafka, spool):
            await asyncio.gather(*map(send, range(3)))
            kafka.up, kafka.loses_answers = True, False
            await drained(spool)
    return accepted
