"""The demo, end to end: a shop's signed webhooks become alerts on the desk, and the comparison says so."""

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import wait_until

HIKITOME = Path(sys.executable).with_name("hikitome")


@pytest.fixture(scope="module")
def demo() -> Iterator[tuple[subprocess.CompletedProcess[str], dict[str, Any]]]:
    """A short run of a small shop, and its last line."""
    folder = Path(tempfile.mkdtemp(prefix="hikitome-demo-test-"))
    folder.chmod(0o711)
    arguments = ["demo", "--for", "25", "--json", "--customers", "300", "--past", "60", "--ports", "auto"]
    ended = subprocess.run(
        [HIKITOME, *arguments, "--data-dir", folder / "data"],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    yield ended, json.loads(ended.stdout.splitlines()[-1]) if ended.stdout else {}
    shutil.rmtree(folder)


def test_it_ends_by_itself_and_well(demo: tuple[subprocess.CompletedProcess[str], dict[str, Any]]) -> None:
    ended, _ = demo
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_last_line_has_every_promised_number(
    demo: tuple[subprocess.CompletedProcess[str], dict[str, Any]],
) -> None:
    _, told = demo
    promised = {"webhooks_sent", "webhooks_accepted", "events_scored", "risk_events", "alerts", "mails"}
    assert promised | {"ack_ms", "alert_ms", "lost", "doubled"} <= set(told)
    assert {*told["ack_ms"]} == {*told["alert_ms"]} == {"p50", "p99"}


def test_nothing_is_lost_and_nothing_counts_twice(
    demo: tuple[subprocess.CompletedProcess[str], dict[str, Any]],
) -> None:
    _, told = demo
    assert told["lost"] == 0, told["lost_by"]
    assert told["doubled"] == 0, told["doubled_by"]


def test_webhooks_go_all_the_way_to_alerts_and_mails(
    demo: tuple[subprocess.CompletedProcess[str], dict[str, Any]],
) -> None:
    _, told = demo
    assert told["webhooks_accepted"] == told["webhooks_sent"] > 500
    assert told["events_scored"] > 500
    assert told["alerts"] >= 5
    assert told["mails"] >= 1


def test_the_first_alerts_are_told_with_their_reasons(
    demo: tuple[subprocess.CompletedProcess[str], dict[str, Any]],
) -> None:
    ended, _ = demo
    assert "顧客 " in ended.stderr
    assert "log in as demo with" in ended.stderr


def test_no_service_had_to_be_started_again(
    demo: tuple[subprocess.CompletedProcess[str], dict[str, Any]],
) -> None:
    _, told = demo
    assert told["restarts"] == 0


def test_ctrl_c_gives_the_summary_and_the_terminal_back_within_ten_seconds(tmp_path: Path) -> None:
    folder = Path(tempfile.mkdtemp(prefix="hikitome-demo-test-"))
    folder.chmod(0o711)
    said = tmp_path / "said"
    with said.open("wb") as file:
        running = subprocess.Popen(
            [HIKITOME, "demo", "--customers", "100", "--ports", "auto", "--data-dir", folder / "data"],
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        wait_until(lambda: "顧客 " in said.read_text() or running.poll() is not None, "an alert", 90)
        running.send_signal(signal.SIGINT)
        began = time.monotonic()
        assert running.wait(30) == 0, said.read_text()
        assert time.monotonic() - began < 10
        assert "Lost" in said.read_text()
        assert list((folder / "data").glob("children.*")) == []
    finally:
        running.kill()
        running.wait()
        shutil.rmtree(folder)
