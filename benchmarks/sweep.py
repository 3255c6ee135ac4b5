"""The sweep at scale: is its work in proportion to who is due, however many customers there are?

python -m benchmarks.sweep --customers 1000000 --json
"""

import asyncio
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter, process_time

import click
import msgspec
from sqlalchemy import text

from benchmarks.customers import copy_models, make_due, place_models, remove_models, simulated_states
from benchmarks.database import fresh_database
from services.scoring.__main__ import MIGRATIONS, open_model
from services.scoring.artifact import Artifact
from services.scoring.features.state import CustomerState
from services.scoring.settings import ScoringSettings
from services.scoring.store.states import DUE
from services.scoring.sweep import Sweep
from shared.postgres.engine import AsyncEngine, create_engine, transaction
from shared.postgres.migrations import migrate
from shared.process.health import Health

MODELS = 400
SHARES = (0.001, 0.01, 0.1)
SMALL = 100
"""The small table, to compare with, has so many times fewer customers."""

FEWEST = 2_000
AT_ONCE = 50_000
IDLE_LOOKS = 20
INDEX = "customer_state_due"

Say = Callable[[str], None]
Models = tuple[list[CustomerState], datetime]


class Round(msgspec.Struct, frozen=True):
    """Per customer who was due: `micros` of time, and `cpu_micros` of this process's own work in it.

    The latter is what a machine that is busy with other things doesn't change.
    """

    customers: int
    due: int
    scored: int
    seconds: float
    per_second: float
    micros: float
    cpu_micros: float


class Table(msgspec.Struct, frozen=True):
    """What was measured on a table of so many customers; `idle_ms` is a look when nobody is due."""

    customers: int
    megabytes: float
    rounds: tuple[Round, ...]
    idle_ms: float
    plan: str
    whole_table_reads: int


class Report(msgspec.Struct, frozen=True):
    """`cost_ratio`: time per due customer, large table ÷ small one; 1 means that only who is due matters.

    `cpu_ratio` is the same of our own work, `idle_ratio` of a look when nobody is due.
    """

    small: Table
    large: Table
    cost_ratio: float
    cpu_ratio: float
    idle_ratio: float
    index_used: bool


@dataclass(frozen=True, slots=True)
class Bench:
    """A database to measure on; `now` is the business time of every look."""

    engine: AsyncEngine
    sweep: Sweep
    now: datetime
    say: Say


async def measure(customers: int, artifact: Artifact, say: Say) -> Report:
    """Two tables in turn, on a PostgreSQL of their own: one small, one of `customers`."""
    models = simulated_states(MODELS)
    small = await _table(max(FEWEST, customers // SMALL), models, artifact, say)
    large = await _table(customers, models, artifact, say)
    return Report(
        small=small,
        large=large,
        cost_ratio=large.rounds[-1].micros / small.rounds[-1].micros,
        cpu_ratio=large.rounds[-1].cpu_micros / small.rounds[-1].cpu_micros,
        idle_ratio=large.idle_ms / small.idle_ms,
        index_used=all(INDEX in table.plan for table in (small, large)),
    )


async def _table(customers: int, models: Models, artifact: Artifact, say: Say) -> Table:
    async with fresh_database() as dsn:
        await migrate(dsn, "scoring", MIGRATIONS)
        engine = create_engine(dsn, "scoring", 2)
        states, now = models
        sweep = Sweep(engine, artifact, lambda: now, 1.0, asyncio.Event(), Health())
        bench = Bench(engine, sweep, now, say)
        try:
            async with transaction(engine) as connection:
                await place_models(connection, states, now)
            await _until_nobody_is_due(sweep)
            await _fill(bench, customers)
            return await _measured(bench, customers)
        finally:
            await engine.dispose()


async def _fill(bench: Bench, customers: int) -> None:
    for first in range(1, customers + 1, AT_ONCE):
        async with transaction(bench.engine) as connection:
            await copy_models(connection, first, min(first + AT_ONCE - 1, customers))
        bench.say(f"{min(first + AT_ONCE - 1, customers):,} of {customers:,} customers are there")
    async with transaction(bench.engine) as connection:
        await remove_models(connection)
    await _vacuum(bench.engine)


async def _vacuum(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await alone.execute(text("VACUUM (ANALYZE) customer_state").execution_options(timeout=None))


async def _measured(bench: Bench, customers: int) -> Table:
    before = await _whole_table_reads(bench.engine)
    rounds: list[Round] = []
    reads_of_ours = 0
    for share in SHARES:
        async with transaction(bench.engine) as connection:
            due = await make_due(connection, bench.now, share, str(share))
        reads_of_ours += 1
        rounds.append(await _round(bench, customers, due))
        bench.say(f"{customers:,} customers, {due:,} due: {rounds[-1].per_second:,.0f} a second")
    return Table(
        customers=customers,
        megabytes=await _number(bench.engine, "SELECT pg_total_relation_size('customer_state') / 1e6"),
        rounds=tuple(rounds),
        idle_ms=await _idle_ms(bench.sweep),
        plan=await _plan(bench),
        whole_table_reads=int(await _whole_table_reads(bench.engine)) - int(before) - reads_of_ours,
    )


async def _round(bench: Bench, customers: int, due: int) -> Round:
    began, began_working = perf_counter(), process_time()
    scored = await _until_nobody_is_due(bench.sweep)
    seconds, worked = perf_counter() - began, process_time() - began_working
    each = 1e6 / max(scored, 1)
    return Round(customers, due, scored, seconds, scored / seconds, each * seconds, each * worked)


async def _until_nobody_is_due(sweep: Sweep) -> int:
    scored = 0
    while looked := await sweep.look():
        scored += looked
    return scored


async def _idle_ms(sweep: Sweep) -> float:
    times: list[float] = []
    for _ in range(IDLE_LOOKS):
        began = perf_counter()
        await sweep.look()
        times.append(1000 * (perf_counter() - began))
    return statistics.median(times)


async def _plan(bench: Bench) -> str:
    """How PostgreSQL finds who is due."""
    async with transaction(bench.engine) as connection:
        explain = text(f"EXPLAIN {DUE.text}")
        return "\n".join((await connection.execute(explain, {"now": bench.now, "most": 500})).scalars())


async def _whole_table_reads(engine: AsyncEngine) -> float:
    """Sequential scans so far, once the statistics of this session are written."""
    await _number(engine, "SELECT 1 FROM pg_stat_force_next_flush()")
    return await _number(engine, "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'customer_state'")


async def _number(engine: AsyncEngine, question: str) -> float:
    async with transaction(engine) as connection:
        return float((await connection.execute(text(question))).scalar_one())


def _show(report: Report) -> None:
    for table in (report.small, report.large):
        click.echo(
            f"{table.customers:,} customers, {table.megabytes:,.0f} MB; idle look {table.idle_ms:.1f} ms"
        )
        for each in table.rounds:
            click.echo(
                f"  {each.due:>9,} due: {each.seconds:8.2f} s, {each.per_second:7,.0f} a second,"
                f" {each.micros:6.0f} µs each ({each.cpu_micros:.0f} of Python)"
            )
    click.echo(f"time per due customer, large ÷ small table: {report.cost_ratio:.2f}")
    click.echo(f"the same of Python's work alone:            {report.cpu_ratio:.2f}")
    click.echo(f"a look when nobody is due, large ÷ small:   {report.idle_ratio:.2f}")
    click.echo(report.large.plan)


@click.command()
@click.option("--customers", type=click.IntRange(FEWEST), default=1_000_000, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
def main(customers: int, as_json: bool) -> None:
    """Sweep tables of customers of whom 0.1 %, 1 % and 10 % are due."""
    report = asyncio.run(
        measure(customers, open_model(ScoringSettings()), lambda line: click.echo(line, err=True))
    )
    _show(report)
    if as_json:
        click.echo(msgspec.json.encode(report))


if __name__ == "__main__":
    main()
