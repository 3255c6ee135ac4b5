"""Durable: Kafka first, the spool when Kafka does not answer, and a refusal only when neither can."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from services.ingest.durable import Durable, Kept, NotKept
from services.ingest.spool import Spool, SpoolLimits
from services.ingest.spool_file import SpoolFile
from shared.events.record import Record
from shared.kafka.producer import Acked, Unknown
from shared.process.metrics import ingest_kept

EVENT = [Record("customer-events", b"a-customer", b"{}")]


class Kafka:
    """Answers as it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answer: Acked | Unknown = Acked()
        self.asked = 0

    async def publish(self, records: Sequence[Record]) -> Acked | Unknown:
        self.asked += 1
        return self.answer


@pytest.fixture
def kafka() -> Kafka:
    return Kafka()


@pytest.fixture
async def spool(tmp_path: Path) -> AsyncIterator[Spool]:
    async with Spool(SpoolFile.open(tmp_path / "spool.sqlite"), SpoolLimits(10, hours=24)) as opened:
        yield opened


def counted(where: str) -> float:
    return float(ingest_kept.labels(where)._value.get())


async def test_while_kafka_answers_nothing_is_spooled(kafka: Kafka, spool: Spool) -> None:
    before = counted("kafka")

    assert await Durable(kafka.publish, spool).keep(EVENT) == Kept("kafka")

    assert not spool.waiting
    assert counted("kafka") == before + 1


async def test_what_kafka_does_not_acknowledge_is_spooled(tmp_path: Path, kafka: Kafka) -> None:
    kafka.answer = Unknown("TimeoutError")
    before = counted("spool")
    async with Spool(SpoolFile.open(tmp_path / "roomy.sqlite"), SpoolLimits(10**6, hours=24)) as spool:
        assert await Durable(kafka.publish, spool).keep(EVENT) == Kept("spool")

        assert spool.waiting
        assert counted("spool") == before + 1


async def test_while_anything_waits_kafka_is_not_asked(tmp_path: Path, kafka: Kafka) -> None:
    kafka.answer = Unknown("TimeoutError")
    async with Spool(SpoolFile.open(tmp_path / "roomy.sqlite"), SpoolLimits(10**6, hours=24)) as spool:
        durable = Durable(kafka.publish, spool)
        await durable.keep(EVENT)
        kafka.answer = Acked()

        assert await durable.keep(EVENT) == Kept("spool")
        assert kafka.asked == 1


async def test_when_the_spool_is_full_too_the_sender_must_come_again(kafka: Kafka, spool: Spool) -> None:
    kafka.answer = Unknown("TimeoutError")

    assert await Durable(kafka.publish, spool).keep(EVENT) == NotKept("spool_full")
