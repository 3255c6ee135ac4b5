"""The run: dashboards read, alerts are raised, a replica is killed on the way; then what each of them saw."""

import asyncio
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence

import msgspec

from benchmarks.alerts.dashboards import Order, Witness
from benchmarks.alerts.risks import raise_steadily
from benchmarks.alerts.stand import Stand, stand
from services.notifier.store import changes
from shared.postgres.engine import transaction

_DOWN_SECONDS = 1.0


class Report(msgspec.Struct, frozen=True):
    """`missed` and `doubled` count changes over all dashboards.

    Times are from before the transaction that raised an alert to the dashboard that reads it; those of
    alerts that came only after a reconnect are among them.
    """

    dashboards: int
    alerts: int
    rate: float
    told: int
    missed: int
    doubled: int
    reset: int
    reconnected: int
    away_ms: float
    p50_ms: float
    p99_ms: float
    p99_undisturbed_ms: float


async def measure(dashboards: int, rate: float, seconds: float, say: Callable[[str], None]) -> Report:
    """Half of the dashboards lose their replica in the middle; it comes back a second later."""
    async with stand(dashboards) as up:
        watching = subprocess.Popen(  # noqa: ASYNC220 - our own program, which answers when it is asked
            [sys.executable, "-m", "benchmarks.alerts.dashboards"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        try:
            return await _run(up, watching, rate, round(rate * seconds), say)
        finally:
            watching.kill()
            watching.wait()


async def _run(
    up: Stand, watching: subprocess.Popen[bytes], rate: float, count: int, say: Callable[[str], None]
) -> Report:
    order = Order(tuple(replica.port for replica in up.replicas), up.cookies, 0)
    await _ask(watching, msgspec.json.encode(order))
    say(f"{len(up.cookies)} dashboards are open")
    raising = asyncio.create_task(raise_steadily(up.engine, rate, count))
    await asyncio.sleep(count / rate / 2)
    up.replicas[0].kill()
    say("a replica is dead")
    await asyncio.sleep(_DOWN_SECONDS)
    await up.replicas[0].begin_anew()
    say("and back")
    began = await raising
    last = await _numbered(up, count)
    answer = await _ask(watching, str(last).encode())
    return report_of(msgspec.json.decode(answer, type=list[Witness]), began, last, rate)


async def _numbered(up: Stand, count: int) -> int:
    """The number of the last change, once all have one."""
    last = 0
    while last < count:
        await asyncio.sleep(0.05)
        async with transaction(up.engine) as connection:
            last = await changes.last(connection)
    return last


async def _ask(process: subprocess.Popen[bytes], line: bytes) -> bytes:
    """A line in, a line out."""
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the dashboards have no pipes")
    process.stdin.write(line + b"\n")
    process.stdin.flush()
    return await asyncio.to_thread(process.stdout.readline)


def report_of(witnesses: Sequence[Witness], began: Mapping[str, float], last: int, rate: float) -> Report:
    """`began` are monotonic seconds by alert; each dashboard ought to see every number up to `last` once."""
    waits = [(1000 * (at - began[alert]), one) for one in witnesses for alert, at in one.raised.items()]
    undisturbed = [wait for wait, one in waits if one.reconnects == 0]
    every = [wait for wait, _ in waits]
    return Report(
        dashboards=len(witnesses),
        alerts=len(began),
        rate=rate,
        told=sum(len(one.seqs) for one in witnesses),
        missed=sum(last - len(set(one.seqs)) for one in witnesses),
        doubled=sum(len(one.seqs) - len(set(one.seqs)) for one in witnesses),
        reset=sum(one.resets for one in witnesses),
        reconnected=sum(one.reconnects for one in witnesses),
        away_ms=round(1000 * max(one.away_seconds for one in witnesses), 1),
        p50_ms=round(statistics.median(every), 1),
        p99_ms=_p99(every),
        p99_undisturbed_ms=_p99(undisturbed),
    )


def _p99(values: Sequence[float]) -> float:
    return round(sorted(values)[int(len(values) * 0.99)], 1) if values else float("nan")
