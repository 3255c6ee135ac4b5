"""`hikitome simulate-threshold`: what other thresholds would have meant last month, before they are set."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import click
import msgspec
from rich.console import Console

from deploy.commands.history import History, history_options
from deploy.commands.options import problems_shown
from deploy.commands.threshold_text import show
from services.scoring.__main__ import open_model
from services.scoring.artifact import Artifact, Body, dump, sealed
from services.scoring.model.bands import Bands
from services.scoring.model.kind import Models
from services.scoring.replay.alerts import Alert, KindBands, alerts
from services.scoring.replay.days import Days, live, moments
from services.scoring.replay.effect import Effect, effect
from services.scoring.replay.examples import examples
from services.scoring.replay.outcome import leavers
from services.scoring.replay.plan import Wanted, planned, shared_out
from services.scoring.settings import ScoringSettings
from shared.events.risk import RiskKind
from shared.process.command import read_settings

Numbers = dict[RiskKind | None, float]
"""By kind; None is for every kind that is not named."""


class KindNumbers(click.ParamType[tuple[RiskKind | None, float]]):
    """`0.3`, or `subscription=0.3` for one kind."""

    name = "[KIND=]NUMBER"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        kind, _, number = str(value).rpartition("=")
        if kind and kind not in get_args(RiskKind):
            self.fail(f"{kind} is none of {', '.join(get_args(RiskKind))}", param, ctx)
        try:
            found = float(number)
        except ValueError:
            self.fail(f"{number} is no number", param, ctx)
        if found <= 0:
            self.fail(f"{number} is not above 0", param, ctx)
        return kind or None, found


NUMBERS = KindNumbers()


@click.command(name="simulate-threshold")
@click.option("--capacity", type=NUMBERS, multiple=True, help="Fit the bands to so many alerts per day.")
@click.option("--high", type=NUMBERS, multiple=True, help="Probability from which a customer is an alert.")
@click.option("--critical", type=NUMBERS, multiple=True, help="Probability from which it is critical.")
@click.option("--medium", type=NUMBERS, multiple=True, help="Probability from which it is medium.")
@click.option("--last", type=click.IntRange(1, 366), default=28, show_default=True, help="Days to replay.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the model with them.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object as the last line.")
@history_options
def command(  # noqa: PLR0913 - they are the command's options
    capacity: tuple[tuple[RiskKind | None, float], ...],
    high: tuple[tuple[RiskKind | None, float], ...],
    critical: tuple[tuple[RiskKind | None, float], ...],
    medium: tuple[tuple[RiskKind | None, float], ...],
    last: int,
    out: Path | None,
    as_json: bool,
    **history: Any,
) -> None:
    """Replay the last days with the model in HIKITOME_MODEL_FILE, under its own bands and under others.

    Name the others by --capacity (alerts per day that the desk can take up, shared among the kinds of leaving
    by the money that each is expected to cost) or by --high, and --critical and --medium beside it; each may
    be for one kind, as in --high subscription=0.3. Nothing is switched on: --out writes a model file with the
    new bands; scoring takes them up when HIKITOME_MODEL_FILE names that file and scoring is started again.
    """
    if bool(capacity) == bool(high or critical or medium):
        raise click.UsageError("Say either --capacity, or --high (and --critical, --medium).")
    settings = read_settings(ScoringSettings)
    artifact = open_model(settings)
    days = _lived(History(**history), settings, artifact, last)
    now: KindBands = {kind: model.bands for kind, model in artifact.models.items()}
    wanted = _wanted(days, artifact.models, dict(capacity), last)
    moved = _moved(now, dict(high), dict(critical), dict(medium))
    new = planned(days, now, wanted, last) if capacity else moved
    _tell(artifact, days, (now, new), last, as_json)
    if out is not None:
        changed = _with_bands(artifact, new, wanted)
        out.write_bytes(dump(changed, settings.model_key.get_secret_value().encode()))
        click.echo(
            f"Model {changed.version} written to {out}. To switch it on, start scoring with"
            f" HIKITOME_MODEL_FILE={out.resolve()}",
            err=as_json,
        )


def _lived(history: History, settings: ScoringSettings, artifact: Artifact, last: int) -> Days:
    """As far back as it takes to know what became of as many days of alerts, one horizon earlier."""
    with problems_shown():
        logs = history.read(settings)
    if not logs:
        raise click.ClickException("The history has no event about a customer.")
    end = max(log[-1].time for log in logs.values())
    horizon = max(round(model.horizon_days) for model in artifact.models.values())
    when = moments(end, last + horizon + 1)
    with click.progressbar(length=len(when), label="Replaying", file=sys.stderr) as bar:

        def progress(stage: str, done: int, total: int) -> None:
            bar.update(1)

        return live(logs, artifact.models, when, progress)


def _wanted(days: Days, models: Models, capacity: Numbers, last: int) -> Wanted:
    """Alerts per day by kind: what is not said of a kind by name is shared out."""
    named = {kind: number for kind, number in capacity.items() if kind is not None and kind in models}
    if None not in capacity:
        return named
    rest = {kind: model for kind, model in models.items() if kind not in named}
    return shared_out(days, rest, capacity[None], last) | named


def _moved(now: KindBands, high: Numbers, critical: Numbers, medium: Numbers) -> dict[RiskKind, Bands]:
    """The bands with what was said of them; a threshold that was not said makes way for one that was."""
    return {kind: _bands(kind, bands, high, critical, medium) for kind, bands in now.items()}


def _bands(kind: RiskKind, now: Bands, high: Numbers, critical: Numbers, medium: Numbers) -> Bands:
    def said(numbers: Mapping[RiskKind | None, float]) -> float | None:
        return numbers.get(kind, numbers.get(None))

    top, middle, low = said(critical), said(high), said(medium)
    threshold = now.high if middle is None else middle
    return Bands(
        medium=min(now.medium, threshold) if low is None else low,
        high=threshold,
        critical=max(now.critical, threshold) if top is None else top,
        margin=now.margin,
    )


def _tell(
    artifact: Artifact, days: Days, bands: tuple[KindBands, KindBands], last: int, as_json: bool
) -> None:
    gone = leavers(days, artifact.models, last)
    told: list[list[Alert]] = [alerts(days, each) for each in bands]
    effects: list[Effect] = [
        effect(days, each, found, gone, artifact.models, last)
        for each, found in zip(bands, told, strict=True)
    ]
    found = examples(days, told[0], told[1], artifact.models, last)
    if as_json:
        body = {"model": artifact.version, "days": last, "now": effects[0], "new": effects[1]}
        click.echo(msgspec.json.encode(body | {"examples": found}))
        return
    show(Console(highlight=False), artifact.version, days, effects, found)


def _with_bands(artifact: Artifact, bands: KindBands, wanted: Wanted) -> Artifact:
    kinds = {
        kind: msgspec.structs.replace(part, bands=bands[kind], alerts_per_day=wanted.get(kind))
        for kind, part in artifact.body.kinds.items()
    }
    return sealed(Body(artifact.body.manifest, kinds))
