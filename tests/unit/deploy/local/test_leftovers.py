"""Leftovers: only what is really ours is ended."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from deploy.local.leftovers import Child, end_all_left, end_noted
from deploy.local.process import birth_of


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that waits, in a session of its own."""
    with subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True
    ) as process:
        yield process
        process.kill()


def note(path: Path, *children: Child) -> None:
    path.write_bytes(msgspec.json.encode(children))


def test_a_noted_child_that_lives_is_ended(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    child = Child("ingest", sleeper.pid, birth_of(sleeper.pid), signal.SIGTERM)
    note(tmp_path / "children.1.json", child)
    assert end_all_left(tmp_path) == [child]
    assert sleeper.wait(5) == -signal.SIGTERM
    assert list(tmp_path.iterdir()) == []


def test_a_stranger_with_a_childs_old_pid_lives_on(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    note(tmp_path / "children.1.json", Child("ingest", sleeper.pid, "long ago", signal.SIGTERM))
    assert end_all_left(tmp_path) == []
    assert sleeper.poll() is None


def test_a_child_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", deaf], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        note(tmp_path / "noted.json", Child("x", process.pid, birth_of(process.pid), signal.SIGTERM))
        end_noted(tmp_path / "noted.json", patience=0.1)
        assert process.wait(5) == -signal.SIGKILL


def test_a_trace_of_postgres_whose_pid_is_a_strangers_is_removed(tmp_path: Path) -> None:
    trace = tmp_path / "postgres" / "data" / "postmaster.pid"
    trace.parent.mkdir(parents=True)
    trace.write_text(f"{os.getpid()}\n/somewhere\n")
    assert end_all_left(tmp_path) == []
    assert not trace.exists()
