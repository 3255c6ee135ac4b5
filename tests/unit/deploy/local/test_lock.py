"""The lock keeps two runs apart and a killed run from blocking the next."""

from pathlib import Path

import pytest

from deploy.local.lock import Lock
from deploy.local.problem import Problem


def test_a_second_run_is_told_who_has_the_directory(tmp_path: Path) -> None:
    with Lock(tmp_path, print), pytest.raises(Problem, match=r"already running in .*process \d+.*--data-dir"):
        Lock(tmp_path, print).__enter__()


def test_after_the_end_the_next_run_starts_without_a_word(tmp_path: Path) -> None:
    said: list[str] = []
    for _ in range(2):
        with Lock(tmp_path, said.append):
            pass
    assert said == []


def test_a_stale_lock_is_released_and_mentioned(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("4194999")
    said: list[str] = []
    with Lock(tmp_path, said.append):
        pass
    assert said == ["An earlier run (process 4194999) was killed; its lock is released."]
