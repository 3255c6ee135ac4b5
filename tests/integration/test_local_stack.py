"""The local stack at the command line: what stands in its way is said, and nothing is left behind."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from deploy.local.leftovers import Child
from deploy.local.lock import Lock
from deploy.local.ports import LOOPBACK

HIKITOME = Path(sys.executable).with_name("hikitome")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data directory that PostgreSQL's account can enter when we are root."""
    parent = Path(tempfile.mkdtemp(prefix="hikitome-stack-"))
    parent.chmod(0o711)
    yield parent / "data"
    shutil.rmtree(parent)


class Terminal:
    """A `hikitome` that runs, and what it has printed so far."""

    def __init__(self, *arguments: str, output: Path) -> None:
        self._output = output
        with output.open("wb") as file:
            self.process = subprocess.Popen(
                [HIKITOME, *arguments], stdout=file, stderr=file, start_new_session=True
            )

    def text(self) -> str:
        return self._output.read_text()

    def shows(self, text: str, patience: float = 60) -> None:
        until(lambda: text in self.text() or self.process.poll() is not None, patience)
        assert text in self.text(), self.text()

    def interrupt(self) -> float:
        """Ctrl-C; gives the seconds that the end took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)
        return time.monotonic() - began


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def open_one(*arguments: str) -> Terminal:
        opened.append(Terminal(*arguments, output=tmp_path / f"terminal-{len(opened)}"))
        return opened[-1]

    yield open_one
    for each in opened:
        each.process.kill()
        each.process.wait()


def until(condition: Callable[[], bool], patience: float) -> None:
    deadline = time.monotonic() + patience
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)


def children(folder: Path) -> list[Child]:
    return [
        child
        for noted in folder.glob("children.*.json")
        for child in msgspec.json.decode(noted.read_bytes(), type=list[Child])
    ]


def all_gone(those: list[Child], patience: float = 10) -> bool:
    until(lambda: not any(child.lives() for child in those), patience)
    return not any(child.lives() for child in those)


def test_a_busy_port_is_named_with_the_way_round_it(folder: Path, terminal: Callable[..., Terminal]) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        port = other.getsockname()[1]
        up = terminal("up", "--data-dir", str(folder), "--ports", "auto", "--desk-port", str(port))
        assert up.process.wait(30) == 1
    assert f"Port {port} (desk) is busy" in up.text()
    assert "--desk-port" in up.text()
    assert "Traceback" not in up.text()


def test_a_directory_in_use_is_refused(folder: Path, terminal: Callable[..., Terminal]) -> None:
    with Lock(folder, print):
        up = terminal("up", "--data-dir", str(folder), "--ports", "auto")
        assert up.process.wait(30) == 1
    assert "already running" in up.text()
    assert str(os.getpid()) in up.text()


def test_ctrl_c_ends_everything_within_ten_seconds(folder: Path, terminal: Callable[..., Terminal]) -> None:
    up = terminal("up", "--data-dir", str(folder), "--ports", "auto")
    up.shows("Ctrl-C stops everything")
    running = children(folder)
    assert {child.name for child in running} == {
        "postgres",
        "broker",
        "line",
        "mails",
        "print-house",
        "ingest",
        "scoring",
        "notifier",
    }
    assert up.interrupt() < 10
    assert up.process.returncode == 0
    assert all_gone(running, patience=0)
    assert (folder / "lock").read_text() == ""


def test_ctrl_c_during_the_start_leaves_nothing_behind(
    folder: Path, terminal: Callable[..., Terminal]
) -> None:
    up = terminal("up", "--data-dir", str(folder), "--ports", "auto")
    until(lambda: bool(children(folder)), 30)
    running = children(folder)
    assert up.interrupt() < 10
    assert up.process.returncode == 130
    assert all_gone(running, patience=0)


def test_a_killed_run_takes_its_children_along_and_the_next_one_starts(
    folder: Path, terminal: Callable[..., Terminal]
) -> None:
    first = terminal("up", "--data-dir", str(folder), "--ports", "auto")
    first.shows("Ctrl-C stops everything")
    running = children(folder)
    first.process.kill()
    assert all_gone(running)

    second = terminal("up", "--data-dir", str(folder), "--ports", "auto")
    second.shows("Ctrl-C stops everything")
    assert f"An earlier run (process {first.process.pid}) was killed; its lock is released." in second.text()
    assert second.interrupt() < 10


def test_what_even_the_reaper_could_not_end_is_ended_by_the_next_run(
    folder: Path, terminal: Callable[..., Terminal]
) -> None:
    folder.mkdir()
    orphan = subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True
    )
    try:
        birth = Path(f"/proc/{orphan.pid}/stat").read_text().rpartition(")")[2].split()[19]
        noted = [Child("scoring", orphan.pid, birth, signal.SIGTERM)]
        (folder / "children.4194999.json").write_bytes(msgspec.json.encode(noted))
        (folder / "lock").write_text("4194999")
        up = terminal("up", "--data-dir", str(folder), "--ports", "auto")
        up.shows("An earlier run was killed; ended what it left running: scoring.")
        assert orphan.wait(10) == -signal.SIGTERM
        up.interrupt()
    finally:
        orphan.kill()
        orphan.wait()
        assert orphan.stdin is not None
        orphan.stdin.close()


def test_a_service_that_dies_is_shown_and_started_again(
    folder: Path, terminal: Callable[..., Terminal]
) -> None:
    up = terminal("up", "--data-dir", str(folder), "--ports", "auto")
    up.shows("Ctrl-C stops everything")
    ingest = next(child for child in children(folder) if child.name == "ingest")
    os.kill(ingest.pid, signal.SIGKILL)
    up.shows("ingest ended (killed by SIGKILL); it starts again in")
    until(lambda: any(c.name == "ingest" and c.pid != ingest.pid for c in children(folder)), 10)
    assert any(child.name == "ingest" and child.lives() for child in children(folder))
    assert up.interrupt() < 10


def test_the_brokers_death_is_the_end_of_the_stack(folder: Path, terminal: Callable[..., Terminal]) -> None:
    up = terminal("up", "--data-dir", str(folder), "--ports", "auto")
    up.shows("Ctrl-C stops everything")
    running = children(folder)
    os.kill(next(child.pid for child in running if child.name == "broker"), signal.SIGKILL)
    assert up.process.wait(40) == 1
    assert "The broker ended (killed by SIGKILL)" in up.text()
    assert all_gone(running, patience=0)
