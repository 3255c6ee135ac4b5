"""Leftovers: the children a run has, noted in a file, so that none outlives a run that was killed."""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from deploy.local.process import birth_of, name_of, signal_group
from shared.clock import monotonic


class Child(msgspec.Struct, frozen=True):
    """A process we started; `birth` tells it from a stranger that got its pid later."""

    name: str
    pid: int
    birth: str | None
    stop_signal: int

    def lives(self) -> bool:
        return self.birth is not None and birth_of(self.pid) == self.birth


class ChildrenFile:
    """The children of one run, always whole on disk: replaced, never edited."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"children.{os.getpid()}.json"
        self._children: dict[int, Child] = {}

    def add(self, child: Child) -> None:
        self._children[child.pid] = child
        self._write()

    def remove(self, pid: int) -> None:
        del self._children[pid]
        self._write()

    def close(self) -> None:
        self.path.unlink(missing_ok=True)

    def _write(self) -> None:
        part = self.path.with_suffix(".part")
        part.write_bytes(msgspec.json.encode(list(self._children.values())))
        part.replace(self.path)


def end_noted(path: Path, patience: float = 3) -> list[Child]:
    """End the children noted in a file that still live, remove the file, and give those children."""
    try:
        noted = msgspec.json.decode(path.read_bytes(), type=list[Child])
    except FileNotFoundError:
        return []
    living = [child for child in noted if child.lives()]
    end(living, patience)
    path.unlink(missing_ok=True)
    return living


def end(children: Sequence[Child], patience: float) -> None:
    for child in children:
        signal_group(child.pid, child.stop_signal)
    deadline = monotonic() + patience
    while any(child.lives() for child in children) and monotonic() < deadline:
        time.sleep(0.05)
    for child in children:
        if child.lives():
            signal_group(child.pid, signal.SIGKILL)


def end_all_left(folder: Path) -> list[Child]:
    """End what every earlier run in this folder left behind; only for who holds the folder's lock."""
    ended = [child for path in sorted(folder.glob("children.*.json")) for child in end_noted(path)]
    postgres = _left_postgres(folder / "postgres" / "data" / "postmaster.pid")
    if postgres is not None:
        end([postgres], patience=5)
        ended.append(postgres)
    return ended


def _left_postgres(pid_file: Path) -> Child | None:
    """A server that nobody noted. A pid that a stranger has by now would keep PostgreSQL from starting."""
    try:
        pid = int(pid_file.read_text().splitlines()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return None
    birth = birth_of(pid)
    if birth is not None and name_of(pid) == "postgres":
        return Child("postgres", pid, birth, signal.SIGINT)
    pid_file.unlink()
    return None
