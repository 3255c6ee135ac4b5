"""`hikitome train`: a model from a history, by the same folds that serve it."""

import asyncio
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table

from deploy.simulated import ORIGIN, envelopes
from services.scoring.artifact import dump
from services.scoring.settings import ScoringSettings
from services.scoring.store import event_log
from services.scoring.training.train import TrainingResult, train_from
from shared.clock import system_clock
from shared.events.envelope import Envelope, decode
from shared.postgres.engine import create_engine, transaction
from shared.process.command import read_settings
from simulation.history import simulate


@click.command(name="train")
@click.option(
    "--events",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file of events, one a line.",
)
@click.option("--from-log", is_flag=True, help="The event log of scoring, at HIKITOME_POSTGRES_DSN.")
@click.option("--simulation", is_flag=True, help="A simulated shop; see the three options below.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the simulation.")
@click.option(
    "--customers", type=click.IntRange(1), default=4000, show_default=True, help="Of the simulation."
)
@click.option("--days", type=click.IntRange(120), default=400, show_default=True, help="Of the simulation.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The model's file."
)
def command(  # noqa: PLR0913 - they are the command's options
    events: Path | None,
    from_log: bool,
    simulation: bool,
    seed: int,
    customers: int,
    days: int,
    out: Path,
) -> None:
    """Train a model from one of --events, --from-log and --simulation, and write it to a file.

    The file is plain data, signed with HIKITOME_MODEL_KEY. Scoring serves it when HIKITOME_MODEL_FILE names
    it and the keys agree.
    """
    if (events is not None) + from_log + simulation != 1:
        raise click.UsageError("Choose one of --events, --from-log and --simulation.")
    settings = read_settings(ScoringSettings)
    with Progress(console=Console(stderr=True), transient=True) as bars:
        history = _history(events, settings) if not simulation else _simulated(seed, customers, days)
        result = train_from(history, system_clock(), Bars(bars))
    out.write_bytes(dump(result.artifact, settings.model_key.get_secret_value().encode()))
    _show(result, out)


def _history(events: Path | None, settings: ScoringSettings) -> Iterable[Envelope]:
    if events is None:
        return asyncio.run(_log(settings.postgres_dsn.get_secret_value()))
    return _file(events)


def _file(events: Path) -> Iterator[Envelope]:
    with events.open("rb") as lines:
        for line in lines:
            yield decode(line)


async def _log(dsn: str) -> list[Envelope]:
    engine = create_engine(dsn, "scoring", pool_size=1)
    try:
        async with transaction(engine) as connection:
            return [envelope async for envelope in event_log.whole(connection)]
    finally:
        await engine.dispose()


def _simulated(seed: int, customers: int, days: int) -> Iterator[Envelope]:
    return envelopes(simulate(seed, customers, days, ORIGIN))


class Bars:
    """A bar for each stage of training."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(stage, total=total)
        self._progress.update(self._tasks[stage], completed=done, total=total)


def _show(result: TrainingResult, out: Path) -> None:
    console = Console(highlight=False)
    table = Table("kind", "customers", "rows", "left", "trees", "AUC", "log loss", "ECE")
    for kind, part in result.artifact.body.kinds.items():
        scores = (f"{part.metrics[name]:.4f}" for name in ("auc", "log_loss", "ece"))
        table.add_row(
            kind, str(part.customers), str(part.rows), f"{part.base_rate:.1%}", str(part.trees), *scores
        )
    console.print(table)
    for kind, why in result.left_out.items():
        console.print(f"No model for {kind}: {why}.")
    if result.ownerless:
        console.print(f"{result.ownerless} events name no customer that the history knows.")
    console.print(f"Model {result.artifact.version} written to {out}")
