"""`hikitome train`: a model from a history, by the same folds that serve it."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from deploy.commands.history import History, history_options
from deploy.commands.train_text import Bars, counted, show
from services.scoring.artifact import DEMO_KEY, Artifact, dump, load
from services.scoring.settings import ScoringSettings, shipped_model
from services.scoring.training.labels import HORIZON_DAYS
from services.scoring.training.train import Plan, TrainingResult, train_from
from shared.clock import system_clock
from shared.process.command import read_settings


@click.command(name="train")
@history_options
@click.option("--challengers/--no-challengers", default=True, help="Compare with a model that may combine.")
@click.option(
    "--report", type=click.Path(path_type=Path, dir_okay=False), help="A page about the model (HTML)."
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The model's file."
)
def command(challengers: bool, report: Path | None, out: Path, **options: Any) -> None:
    """Train a model from a history, and write it to a file.

    The file is plain data, signed with HIKITOME_MODEL_KEY. Scoring serves it when HIKITOME_MODEL_FILE names
    it and the keys agree. Where the history is too short, the model that ships is adjusted to it.
    """
    history, settings = History(**options), read_settings(ScoringSettings)
    plan = Plan(HORIZON_DAYS, _prior(), challengers)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bars = Bars(progress)
        result = train_from(counted(history.log(settings), bars), system_clock(), bars, plan)
    out.write_bytes(dump(result.artifact, settings.model_key.get_secret_value().encode()))
    show(result, out)
    if report is not None:
        _write(result, report)


def _prior() -> Artifact | None:
    """The model that ships; None while it was made for other features."""
    shipped = load(shipped_model().read_bytes(), DEMO_KEY)
    return shipped if isinstance(shipped, Artifact) else None


def _write(result: TrainingResult, report: Path) -> None:
    """Imported here, for it needs a library that training does without."""
    from services.scoring.report import write

    write(result, report)
    click.echo(f"Report written to {report}")
