"""The report: the table, and the one line of JSON with what the goals are about."""

import os
import platform
import statistics
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from benchmarks.ingest.job import Result
from benchmarks.ingest.topics import Check


class Case(msgspec.Struct, frozen=True):
    """Medians over the rounds; `cpu_micros` is the server process's work for one request.

    `client_busy` is the part of its core that the load client needed: near 1 it would be what limits.
    """

    name: str
    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_micros: float
    client_busy: float
    rounds: tuple[float, ...]


class Bulk(msgspec.Struct, frozen=True):
    """POST /v1/events: `per_core` is events for each second that the ingest process worked."""

    per_second: float
    per_core: float
    events_per_request: int
    p99_ms: float


class Report(msgspec.Struct, frozen=True):
    """Ratios are medians of the rounds' own ratios: both sides of each were measured within seconds."""

    ratio_vs_usual: float
    ratio_vs_floor: float
    ack_p99_ms_half_load: float
    bulk_events_per_s: float
    floor: Case
    proved: Case
    usual: Case
    ours: Case
    half_load: Case
    bulk: Bulk
    request_bytes: int
    connections: int
    check: Check
    machine: dict[str, str | int]


def case(name: str, results: Sequence[Result], cpu_seconds: Sequence[float]) -> Case:
    def median(of: Callable[[Result], float]) -> float:
        return statistics.median(of(result) for result in results)

    costs = [1e6 * spent / result.sent for spent, result in zip(cpu_seconds, results, strict=True)]
    return Case(
        name=name,
        per_second=median(lambda result: result.per_second),
        p50_ms=median(lambda result: result.p50_ms),
        p99_ms=median(lambda result: result.p99_ms),
        cpu_micros=statistics.median(costs),
        client_busy=max(result.client_cpu_seconds / result.seconds for result in results),
        rounds=tuple(result.per_second for result in results),
    )


def bulk_of(lines: int, results: Sequence[Result], cpu_seconds: Sequence[float]) -> Bulk:
    """Of requests with so many lines each."""
    pairs = list(zip(results, cpu_seconds, strict=True))
    return Bulk(
        per_second=statistics.median(lines * result.per_second for result in results),
        per_core=statistics.median(lines * (one.sent - len(one.others)) / spent for one, spent in pairs),
        events_per_request=lines,
        p99_ms=statistics.median(result.p99_ms for result in results),
    )


def ratio(one: Case, other: Case) -> float:
    return statistics.median(a / b for a, b in zip(one.rounds, other.rounds, strict=True))


def machine() -> dict[str, str | int]:
    return {
        "processor": _processor(),
        "cores": os.cpu_count() or 0,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def table(report: Report) -> Iterator[str]:
    """The report for a person, line by line."""
    yield f"{report.request_bytes:,} bytes a request on average, {report.connections} connections"
    yield f"{'':<10} {'req/s':>8} {'p50 ms':>7} {'p99 ms':>7} {'CPU µs':>7} {'÷ floor':>8} {'÷ usual':>8}"
    for each in (report.floor, report.proved, report.usual, report.ours):
        yield (
            f"{each.name:<10} {each.per_second:>8,.0f} {each.p50_ms:>7.1f} {each.p99_ms:>7.1f}"
            f" {each.cpu_micros:>7.0f} {ratio(each, report.floor):>8.2f} {ratio(each, report.usual):>8.2f}"
        )
    half, many = report.half_load, report.bulk
    yield (
        f"{half.name:<10} {half.per_second:>8,.0f} {half.p50_ms:>7.1f} {half.p99_ms:>7.1f}"
        f" {half.cpu_micros:>7.0f}"
    )
    yield (
        f"bulk: {many.per_core:,.0f} events a second and core, {many.per_second:,.0f} by the clock"
        f" ({many.events_per_request:,} a request, p99 {many.p99_ms:.0f} ms)"
    )
    found = report.check
    yield (
        f"in Kafka: {found.in_kafka:,} of {found.acknowledged:,} acknowledged, {found.missing} missing,"
        f" {found.strange} strange, {found.duplicates} twice, {found.dead_letters} dead letters"
    )


def _processor() -> str:
    """The processor's name where Linux tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except FileNotFoundError:
        return platform.processor()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "unknown")
