"""Disks of their own for the broker and the spool, small enough to be filled."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_BROKER_SIZE, _SPOOL_SIZE = "512m", "160m"


@dataclass(frozen=True, slots=True)
class Disks:
    """Where the two write; plain folders, which can't be filled, for who may not mount a disk."""

    broker: Path
    spool: Path
    small: bool


@contextmanager
def small_disks(folder: Path) -> Iterator[Disks]:
    disks = Disks(folder / "broker", folder / "spool", small=os.geteuid() == 0)
    with ExitStack() as mounted:
        for disk, size in ((disks.broker, _BROKER_SIZE), (disks.spool, _SPOOL_SIZE)):
            disk.mkdir()
            if disks.small:
                mounted.enter_context(_mounted(disk, size))
        yield disks


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Not a byte is free inside the block."""
    ballast = disk / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(64 * 1024))
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def _mounted(disk: Path, size: str) -> Iterator[None]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "hikitome-faults", disk], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)
