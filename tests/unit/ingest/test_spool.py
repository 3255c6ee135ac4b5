"""The spool: in order, never more than its limits, and never "kept" where the disk says no. Real files."""

import asyncio
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.ingest.spool import Refused, Spool, Spooled, SpoolLimits
from services.ingest.spool_file import SpoolFile, Waiting, size
from shared.events.record import Record
from shared.process import metrics

ROOMY = SpoolLimits(bytes=10**9, hours=24)


class HandClock:
    """Moves when the test says so."""

    def __init__(self) -> None:
        self.now = datetime(2026, 4, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_hours(self, hours: float) -> None:
        self.now += timedelta(hours=hours)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool.sqlite"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def records(*names: str, padding: int = 0) -> list[Record]:
    return [Record("customer-events", b"a-customer", name.encode() + b"." * padding) for name in names]


async def front(spool: Spool, most_records: int = 10_000, most_bytes: int = 10**9) -> list[Waiting]:
    found = await spool.oldest(most_records, most_bytes)
    assert not isinstance(found, Refused)
    return found


async def waiting(spool: Spool) -> list[str]:
    return [(waiting.record.value or b"").decode().rstrip(".") for waiting in await front(spool)]


async def empty(spool: Spool) -> None:
    while found := await front(spool, 1000, 10**6):
        assert await spool.remove(found)


def contents(path: Path) -> bytes:
    return path.read_bytes()


def log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


@contextmanager
def files_at_most(most_bytes: int) -> Iterator[None]:
    """The operating system refuses to let any file of ours grow beyond that."""
    assert signal.getsignal(signal.SIGXFSZ) == signal.SIG_IGN
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def counted(reason: str) -> float:
    return float(metrics.spool_refusals.labels(reason)._value.get())


async def test_what_is_appended_waits_in_that_order_as_it_was(path: Path) -> None:
    told = [
        Record("customer-events", b"a", b"1"),
        Record("customer-contacts", b"a", None),
        Record("x", None, b"\x00"),
    ]
    async with Spool(SpoolFile.open(path), ROOMY) as spool:
        assert await spool.append(told[:2]) == Spooled()
        assert await spool.append(told[2:]) == Spooled()

        found = await front(spool)

    assert [waiting.record for waiting in found] == told


async def test_it_goes_on_where_an_earlier_process_ended(path: Path) -> None:
    async with Spool(SpoolFile.open(path), ROOMY) as spool:
        await spool.append(records("1", "2", "3"))
        await spool.remove(await front(spool, 1))

    async with Spool(SpoolFile.open(path), ROOMY) as spool:
        assert spool.waiting
        await spool.append(records("4"))
        assert await waiting(spool) == ["2", "3", "4"]


async def test_appends_that_come_together_keep_their_order(path: Path) -> None:
    async with Spool(SpoolFile.open(path), ROOMY) as spool:
        outcomes = await asyncio.gather(*(spool.append(records(str(number))) for number in range(500)))

        assert set(outcomes) == {Spooled()}
        assert await waiting(spool) == [str(number) for number in range(500)]


async def test_whoever_stops_waiting_does_not_stop_the_others(path: Path) -> None:
    async with Spool(SpoolFile.open(path), ROOMY) as spool:
        impatient, patient = (asyncio.create_task(spool.append(records(name))) for name in "12")
        await asyncio.sleep(0)
        impatient.cancel()

        assert await patient == Spooled()
        assert await waiting(spool) == ["1", "2"]


async def test_a_batch_is_bounded_by_records_and_by_bytes_but_never_empty(path: Path) -> None:
    async with Spool(SpoolFile.open(path), ROOMY) as spool:
        await spool.append(records("1", "2", "3", "4", padding=100))

        bounds = ((3, 10**6), (10, 300), (10, 1))

        assert [len(await front(spool, *most)) for most in bounds] == [3, 2, 1]


async def test_a_full_spool_takes_nothing_until_something_left(path: Path) -> None:
    one = size(records("1")[0])
    before = counted("full")
    async with Spool(SpoolFile.open(path), SpoolLimits(bytes=3 * one, hours=24)) as spool:
        assert await spool.append(records("1", "2", "3")) == Spooled()
        assert await spool.append(records("4")) == Refused("full")
        assert not await spool.can_take()
        assert counted("full") == before + 1
        assert metrics.spool_filled_ratio._value.get() == 1

        await spool.remove(await front(spool, 1))

        assert await spool.can_take()
        assert await spool.append(records("5")) == Spooled()
        assert await waiting(spool) == ["2", "3", "5"]


async def test_however_many_a_full_spool_sends_away_it_is_told_once_and_when_it_is_over(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = size(records("1")[0])
    async with Spool(SpoolFile.open(path), SpoolLimits(bytes=2 * one, hours=24)) as spool:
        for number in range(6):
            await spool.append(records(str(number)))
        await spool.remove(await front(spool, 1))
        for number in range(6):
            await spool.append(records(str(number)))
        told = capsys.readouterr().out
        assert told.count("the spool takes nothing more") == 1
        assert "reason=full" in told

        await spool.remove(await front(spool))
        assert capsys.readouterr().out.count("the spool is empty again") == 1
        await spool.append(records("1", "2", "3"))
        assert capsys.readouterr().out.count("the spool takes nothing more") == 1


async def test_appends_that_come_together_do_not_exceed_the_limit_together(path: Path) -> None:
    one = size(records("1")[0])
    async with Spool(SpoolFile.open(path), SpoolLimits(bytes=3 * one, hours=24)) as spool:
        outcomes = await asyncio.gather(*(spool.append(records(str(number))) for number in range(5)))

        assert outcomes == [Spooled()] * 3 + [Refused("full")] * 2


async def test_a_spool_whose_oldest_waits_too_long_takes_nothing_more(path: Path, clock: HandClock) -> None:
    async with Spool(SpoolFile.open(path), SpoolLimits(10**6, hours=2), clock) as spool:
        await spool.append(records("1"))
        clock.pass_hours(1)
        await spool.append(records("2"))
        clock.pass_hours(1.5)
        assert await spool.append(records("3")) == Refused("too_old")
        assert not await spool.can_take()
    async with Spool(SpoolFile.open(path), SpoolLimits(10**6, hours=2), clock) as spool:
        assert await spool.append(records("4")) == Refused("too_old"), "a restart makes nothing younger"
        await spool.remove(await front(spool, 1))
        assert await spool.append(records("5")) == Spooled(), "the next one is younger"
        assert await waiting(spool) == ["2", "5"]


async def test_the_gauges_tell_what_waits(path: Path, clock: HandClock) -> None:
    def shown() -> list[float]:
        gauges = (metrics.spool_records, metrics.spool_bytes, metrics.spool_oldest_age_seconds)
        return [gauge._value.get() for gauge in gauges]

    told = records("1", "2", padding=98)
    async with Spool(SpoolFile.open(path), SpoolLimits(10**6, hours=10), clock) as spool:
        await spool.append(told)
        clock.pass_hours(5)
        spool.measure()
        assert shown() == [2, sum(map(size, told)), 5 * 3600]
        assert metrics.spool_filled_ratio._value.get() == 0.5

        await empty(spool)
        assert shown() == [0, 0, 0]
        assert metrics.spool_filled_ratio._value.get() == 0


async def test_a_disk_that_refuses_is_a_refusal_and_later_it_works_again(path: Path) -> None:
    async with Spool(SpoolFile.open(path), ROOMY) as spool:
        assert await spool.append(records("1", padding=100_000)) == Spooled()
        with files_at_most(200_000):
            assert await spool.append(records("2", padding=200_000)) == Refused("disk")
            assert not await spool.can_take() or await spool.append(records("tiny")) == Spooled()
            assert await spool.append(records("3", padding=200_000)) == Refused("disk")
        assert await spool.can_take()
        assert await spool.append(records("4", padding=200_000)) == Spooled()

        assert [name for name in await waiting(spool) if name != "tiny"] == ["1", "4"]
    async with Spool(SpoolFile.open(path), ROOMY) as spool:
        assert [name for name in await waiting(spool) if name != "tiny"] == ["1", "4"]


async def test_it_is_ready_again_as_soon_as_the_disk_is_without_a_webhook_trying(path: Path) -> None:
    async with Spool(SpoolFile.open(path), ROOMY) as spool:
        await spool.append(records("1", padding=100_000))
        with files_at_most(len(contents(log_of(path)))):
            assert await spool.append(records("2")) == Refused("disk")
            assert not await spool.can_take()

        assert await spool.can_take()
        assert await waiting(spool) == ["1"]


async def test_the_file_shrinks_when_it_is_empty_and_keeps_no_trace(path: Path) -> None:
    async with Spool(SpoolFile.open(path), ROOMY) as spool:
        for number in range(20):
            await spool.append(records(*(f"hanako-{number}-{part}" for part in range(50)), padding=10_000))
        assert len(contents(path)) > 8_000_000

        await empty(spool)

        assert len(contents(path)) < 100_000
        assert b"hanako" not in contents(path)
        assert contents(log_of(path)) == b""


async def test_a_small_spool_keeps_no_trace_either(path: Path) -> None:
    async with Spool(SpoolFile.open(path), ROOMY) as spool:
        await spool.append(records("hanako", padding=10_000))
        await empty(spool)

        assert b"hanako" not in contents(path) + contents(log_of(path))


async def test_a_spool_that_is_never_empty_uses_its_pages_again(path: Path) -> None:
    async with Spool(SpoolFile.open(path), ROOMY) as spool:
        await spool.append(records(*map(str, range(200)), padding=10_000))
        for number in range(40):
            await spool.append(records(*(f"{number}-{part}" for part in range(50)), padding=10_000))
            await spool.remove(await front(spool, 50))

        assert len(await waiting(spool)) == 200
        assert len(contents(path)) < 8_000_000, "some 2.5 MB wait; 22 MB went through"


async def test_a_record_that_was_set_aside_is_out_of_the_way_until_the_next_start(path: Path) -> None:
    async with Spool(SpoolFile.open(path), ROOMY) as spool:
        await spool.append(records("1", "2", "3"))
        first, second, _ = await front(spool)
        await spool.remove([first])
        assert await spool.set_aside(second)
        assert await waiting(spool) == ["3"]
        assert metrics.spool_set_aside._value.get() == 1
        await empty(spool)
        await spool.append(records("4"))

    async with Spool(SpoolFile.open(path), ROOMY) as spool:
        assert await waiting(spool) == ["2", "4"]
        assert metrics.spool_set_aside._value.get() == 0
