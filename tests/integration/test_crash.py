"""A crash: every service is killed under load, and still nothing is lost and nothing counts twice."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from deploy.local.leftovers import Child

HIKITOME = Path(sys.executable).with_name("hikitome")
SERVICES = ("ingest", "scoring", "notifier")
PATIENCE = 60.0


@pytest.fixture
def folder() -> Iterator[Path]:
    parent = Path(tempfile.mkdtemp(prefix="hikitome-crash-"))
    parent.chmod(0o711)
    yield parent / "data"
    shutil.rmtree(parent)


def pid_of(folder: Path, name: str) -> int | None:
    for noted in folder.glob("children.*.json"):
        for child in msgspec.json.decode(noted.read_bytes(), type=list[Child]):
            if child.name == name:
                return child.pid
    return None


def wait_for_text(file: Path, text: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while text not in file.read_text():
        assert time.monotonic() < deadline, file.read_text()
        time.sleep(0.1)


def kill(folder: Path, name: str) -> None:
    """kill -9, and wait until the supervisor has started another."""
    before = pid_of(folder, name)
    assert before is not None
    os.kill(before, signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE
    while pid_of(folder, name) in (before, None):
        assert time.monotonic() < deadline, f"{name} was not started again"
        time.sleep(0.1)


def test_killing_each_service_under_load_loses_nothing_and_doubles_nothing(
    folder: Path, tmp_path: Path
) -> None:
    said, told = tmp_path / "said", tmp_path / "told"
    arguments = ["--for", "30", "--json", "--customers", "150", "--ports", "auto"]
    with said.open("wb") as errors, told.open("wb") as output:
        demo = subprocess.Popen(
            [HIKITOME, "demo", *arguments, "--data-dir", folder],
            stdout=output,
            stderr=errors,
            start_new_session=True,
        )
    try:
        wait_for_text(said, "log in as demo with")
        time.sleep(5)  # load, not a condition: each service shall be in the middle of its work
        for name in SERVICES:
            kill(folder, name)
            time.sleep(3)
        assert demo.wait(120) == 0, said.read_text() + told.read_text()
    finally:
        demo.kill()
        demo.wait()
    summary = json.loads(told.read_text().splitlines()[-1])
    assert (summary["lost"], summary["doubled"]) == (0, 0), summary
    assert summary["restarts"] >= len(SERVICES)
    assert summary["webhooks_accepted"] > 0
    for name in SERVICES:
        assert f"{name} ended (killed by SIGKILL)" in said.read_text()
