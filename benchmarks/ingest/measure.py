"""The measurement: each server has its turn in every round; then ingest at half load, and in bulk."""

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from benchmarks.ingest.bulk import LINES, bulk
from benchmarks.ingest.job import Job, Result, Workload, stamp
from benchmarks.ingest.orders import orders, simulated
from benchmarks.ingest.report import Bulk, Case, Report, bulk_of, case, machine, ratio
from benchmarks.ingest.servers import Server, Stand, stand
from benchmarks.ingest.topics import check

WARM_UP_SECONDS = 0.5

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Turn:
    """One job of one server, and what it cost the server's process."""

    server: Server
    workload: Workload
    job: Job
    result: Result
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Bench:
    """Gives jobs to the load client, and keeps what became of each."""

    stand: Stand
    say: Say
    turns: list[Turn] = field(default_factory=list)

    async def load(
        self, server: Server, workload: Workload, seconds: float, rate: float | None = None
    ) -> Turn:
        job = Job(
            port=server.port,
            connections=workload.connections,
            seconds=seconds,
            run=len(self.turns),
            requests=workload.requests,
            rate=rate,
            core=self.stand.cores.client,
        )
        before = server.cpu_seconds()
        result = await _work(job)
        turn = Turn(server, workload, job, result, server.cpu_seconds() - before)
        self.turns.append(turn)
        self.say(f"{server.name}: {result.per_second:,.0f} requests a second, p99 {result.p99_ms:.1f} ms")
        return turn


async def measure(seconds: float, rounds: int, bootstrap: str | None, say: Say) -> Report:
    async with stand(bootstrap) as running:
        bench = Bench(running, say)
        webhooks = simulated()
        placed = orders(running.shop, webhooks)
        floor, proved, usual, ours = [_case(turns) for turns in await _rounds(bench, placed, seconds, rounds)]
        calm = [await bench.load(running.ours, placed, seconds, ours.per_second / 2) for _ in range(rounds)]
        half = _case(calm, "at half")
        many = await _bulk(bench, bulk(running.shop, webhooks), seconds, rounds)
        told, unsure = [list(_event_ids(bench, accepted)) for accepted in (True, False)]
        return Report(
            ratio_vs_usual=ratio(ours, usual),
            ratio_vs_floor=ratio(ours, floor),
            ack_p99_ms_half_load=half.p99_ms,
            bulk_events_per_s=many.per_core,
            floor=floor,
            proved=proved,
            usual=usual,
            ours=ours,
            half_load=half,
            bulk=many,
            request_bytes=_mean_bytes(placed),
            connections=placed.connections,
            check=await check(running.settings, running.shop, told, unsure),
            machine=machine(),
        )


async def _rounds(bench: Bench, placed: Workload, seconds: float, rounds: int) -> list[list[Turn]]:
    """The turns of each server; neighbours in time are compared, so that a busy machine hurts all alike."""
    servers = (bench.stand.floor, bench.stand.proved, bench.stand.usual, bench.stand.ours)
    for server in servers:
        await bench.load(server, placed, min(seconds, WARM_UP_SECONDS))
    turns: list[list[Turn]] = [[] for _ in servers]
    for _ in range(rounds):
        for server, taken in zip(servers, turns, strict=True):
            taken.append(await bench.load(server, placed, seconds))
    return turns


async def _bulk(bench: Bench, lines: Workload, seconds: float, rounds: int) -> Bulk:
    await bench.load(bench.stand.ours, lines, min(seconds, WARM_UP_SECONDS))
    turns = [await bench.load(bench.stand.ours, lines, seconds) for _ in range(rounds)]
    return bulk_of(LINES, [turn.result for turn in turns], [turn.cpu_seconds for turn in turns])


def _case(turns: Sequence[Turn], name: str | None = None) -> Case:
    results = [turn.result for turn in turns]
    return case(name or turns[0].server.name, results, [turn.cpu_seconds for turn in turns])


def _event_ids(bench: Bench, accepted: bool) -> Iterator[str]:
    """Of what ingest got: the ids of the events that it answered 202, or of those that it did not."""
    for turn in bench.turns:
        if turn.server == bench.stand.ours:
            for number in range(turn.result.sent):
                if (number not in turn.result.others) is accepted:
                    request = number % len(turn.workload.requests)
                    yield from turn.workload.event_ids(request, stamp(turn.job.run, number).decode())


def _mean_bytes(workload: Workload) -> int:
    return sum(map(len, (stamp(0, 0).join(pieces) for pieces in workload.requests))) // len(workload.requests)


async def _work(job: Job) -> Result:
    """Have the job done by a process of its own.

    :raises RuntimeError: if that fails.
    """
    client = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.ingest.client",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    written, _ = await client.communicate(msgspec.msgpack.encode(job))
    if client.returncode:
        raise RuntimeError(f"the load client ended with {client.returncode}")
    return msgspec.msgpack.decode(written, type=Result)
