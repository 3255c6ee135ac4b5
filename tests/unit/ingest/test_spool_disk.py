"""The spool on a disk that fails, fills up, or whose process is killed: "spooled" is never said in vain."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.ingest.spool import Refused, Spool, Spooled, SpoolLimits
from services.ingest.spool_file import SpoolFile
from shared.events.record import Record

ROOT = Path(__file__).parents[3]
ROOMY = SpoolLimits(bytes=10**9, hours=24)
PROGRAM = Path(__file__).with_name("spool_numbers.py")


def command(path: Path, first: int, count: int) -> list[str]:
    return [sys.executable, str(PROGRAM), str(path), str(first), str(count)]


def in_file(path: Path) -> list[int]:
    file = SpoolFile.open(path)
    try:
        return [int((waiting.record.value or b"").split()[0]) for waiting in file.oldest(10**6, 10**9)]
    finally:
        file.close()


def told(output: str) -> dict[int, str]:
    """The log is among it."""
    lines = [line.split() for line in output.splitlines()]
    return {int(words[0]): words[1] for words in lines if len(words) == 2 and words[0].isdigit()}


@pytest.mark.skipif(
    shutil.which("strace") is None, reason="strace is missing (Debian: apt-get install strace)"
)
@pytest.mark.parametrize(
    "fault", ["fdatasync,fsync:error=EIO:when=9..14", "pwrite64:error=ENOSPC:when=70..90"]
)
def test_when_the_disk_fails_nothing_is_called_spooled_and_afterwards_it_works_again(
    tmp_path: Path, fault: str
) -> None:
    path = tmp_path / "spool.sqlite"
    SpoolFile.open(path).close()
    faulty = ["strace", "-f", "-qq", "-o", "/dev/null", "-P", f"{path}-wal"]
    calls = fault.split(":")[0]
    ended = subprocess.run(
        [*faulty, "-e", f"trace={calls}", "-e", f"inject={fault}", *command(path, 0, 30)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )

    outcomes = told(ended.stdout)
    spooled = [number for number, outcome in outcomes.items() if outcome == "Spooled"]
    refused = [number for number, outcome in outcomes.items() if outcome == "Refused"]
    assert len(outcomes) == 30
    assert refused, "the fault was not met"
    assert spooled[0] < refused[0]
    assert refused[-1] < spooled[-1], "it works again once the disk does"
    assert in_file(path) == spooled


@pytest.mark.parametrize("after", [1, 17, 60])
def test_what_a_killed_process_had_called_spooled_is_there(tmp_path: Path, after: int) -> None:
    path = tmp_path / "spool.sqlite"
    with subprocess.Popen(
        command(path, 0, 10**6),
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(after)]
        process.kill()
        said += process.stdout.readlines()

    outcomes = told("".join(line for line in said if line.endswith("\n")))
    assert set(outcomes.values()) == {"Spooled"}
    found = in_file(path)
    assert found == list(range(len(found)))
    assert len(found) - len(outcomes) in (0, 1), "at most the one that nobody had been told of"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """64 MiB of their own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounting = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounting.returncode != 0:
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path, leave: int) -> Path:
    """Somebody else's file takes all but `leave` bytes."""
    disk = os.statvfs(folder)
    path = folder / "somebody-elses"
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, disk.f_bavail * disk.f_frsize - leave)
    return path


def event(number: int) -> list[Record]:
    return [Record("customer-events", b"a", b"%d " % number + b"." * 100_000)]


async def front(spool: Spool) -> list[int]:
    found = await spool.oldest(10**6, 10**9)
    assert not isinstance(found, Refused)
    return [int((waiting.record.value or b"").split()[0]) for waiting in found]


async def test_a_disk_that_fills_up_is_left_room_to_drain(small_disk: Path) -> None:
    async with Spool(SpoolFile.open(small_disk / "spool.sqlite"), ROOMY) as spool:
        outcomes = [await spool.append(event(number)) for number in range(600)]
        kept = [number for number, outcome in enumerate(outcomes) if outcome == Spooled()]
        assert 100 < len(kept) < 600
        assert set(outcomes) == {Spooled(), Refused("disk")}
        assert await front(spool) == kept
        fill(small_disk, leave=16 * 1024 * 1024)

        while found := await spool.oldest(100, 1024 * 1024):
            assert not isinstance(found, Refused)
            assert await spool.remove(found)


async def test_on_a_disk_without_a_free_byte_it_refuses_and_when_there_is_room_it_goes_on(
    small_disk: Path,
) -> None:
    async with Spool(SpoolFile.open(small_disk / "spool.sqlite"), ROOMY) as spool:
        assert await spool.append(event(1)) == Spooled()
        others = await asyncio.to_thread(fill, small_disk, leave=0)
        assert await spool.append(event(2)) == Refused("disk")
        assert not await spool.can_take()

        others.unlink()

        assert await spool.can_take()
        assert await spool.append(event(3)) == Spooled()
        assert await front(spool) == [1, 3]


async def test_it_starts_and_drains_on_a_disk_without_a_free_byte(small_disk: Path) -> None:
    async with Spool(SpoolFile.open(small_disk / "spool.sqlite"), ROOMY) as spool:
        for number in range(3):
            await spool.append(event(number))
    await asyncio.to_thread(fill, small_disk, leave=0)

    async with Spool(SpoolFile.open(small_disk / "spool.sqlite"), ROOMY) as spool:
        assert await front(spool) == [0, 1, 2]
        assert await spool.append(event(3)) == Refused("disk")
