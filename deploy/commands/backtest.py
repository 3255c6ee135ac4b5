"""`hikitome backtest`: what the model would have said in the past, beside simpler rules."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import click
from rich.console import Console
from rich.progress import Progress

from deploy import backtested
from deploy.backtested import FORMATS, Histories
from deploy.commands.backtest_text import as_json, show
from deploy.commands.history import History, history_options
from deploy.commands.options import problems_shown
from deploy.commands.train_text import Bars
from services.scoring.backtest.money import Calls
from services.scoring.backtest.readers import Unreadable
from services.scoring.backtest.rolling import Backtest, TooLittle, backtest
from services.scoring.backtest.snapshots import Question
from services.scoring.settings import ScoringSettings
from services.scoring.training.labels import HORIZON_DAYS
from shared.events.money import exponent
from shared.events.risk import RiskKind
from shared.process.command import read_settings

ACTIVE_DAYS = 120.0


class Asked(NamedTuple):
    """The options of a backtest as they were given; None where the data set says it."""

    data: Path | None
    layout: str | None
    columns: str | None
    currency: str
    kind: RiskKind | None
    horizon: float | None
    active_within: float | None
    cutoffs: str | None


@click.command(name="backtest")
@click.option("--data", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A file of sales.")
@click.option("--format", "layout", type=click.Choice(list(FORMATS)), help="A public data set's layout.")
@click.option(
    "--columns",
    metavar="OURS=THEIRS,…",
    help="Of a CSV: customer, time, amount and, if there are, order, product, quantity.",
)
@click.option("--currency", default="JPY", show_default=True, help="Of a CSV.")
@click.option(
    "--kind",
    type=click.Choice(["subscription", "repeat", "payment"]),
    help="[default: repeat; subscription with --simulation]",
)
@click.option(
    "--horizon",
    type=click.FloatRange(1),
    metavar="DAYS",
    help="[default: the data set's, else 60; 30 for contracts]",
)
@click.option(
    "--active-within",
    type=click.FloatRange(1),
    metavar="DAYS",
    help="Who ordered longer ago is not asked about. [default: the data set's, else 120]",
)
@click.option(
    "--cutoffs", metavar="N|DATE,…", help="How many, or which days. [default: the data set's, else 4]"
)
@click.option(
    "--capacity",
    type=click.FloatRange(0, min_open=True),
    default=0.1,
    show_default=True,
    help="Calls at each cut-off; below 1 a share of its customers.",
)
@click.option(
    "--save-rate",
    type=click.FloatRange(0, 1),
    default=0.2,
    show_default=True,
    help="Assumed: the share of leavers whom a call keeps for another year.",
)
@click.option(
    "--call-cost",
    type=click.FloatRange(0),
    default=0.0,
    show_default=True,
    help="Of one call, in the currency.",
)
@click.option("--json", "machine", is_flag=True, help="End with one line of JSON.")
@history_options
def command(capacity: float, save_rate: float, call_cost: float, machine: bool, **options: Any) -> None:
    """Teach a model on the past only, at several cut-offs, and judge it by what came after each.

    On a file of sales (--data with --format or --columns), on events (--from-log, --events) or on a simulated
    shop, whose true probabilities are known (--simulation).
    """
    asked = Asked(**{name: options.pop(name) for name in Asked._fields})
    history = History(**options)
    currency = FORMATS[asked.layout].currency if asked.layout else asked.currency
    calls = Calls(capacity, save_rate, call_cost * 10 ** exponent(currency))
    _check(asked, history)
    with Progress(console=Console(stderr=True), transient=True) as progress, problems_shown():
        try:
            tested, truth = _run(asked, history, calls, Bars(progress))
        except (Unreadable, TooLittle) as error:
            raise click.UsageError(str(error)) from error
    show(tested, truth, calls, currency)
    if machine:
        click.echo(as_json(tested, truth, calls))


def _check(asked: Asked, history: History) -> None:
    if asked.data is not None and (history.simulation or history.from_log or history.events):
        raise click.UsageError("Choose one of --data, --from-log, --events and --simulation.")
    if asked.data is None and (asked.layout or asked.columns):
        raise click.UsageError("--format and --columns describe a file: name it with --data.")
    if asked.data is not None and (asked.layout is None) == (asked.columns is None):
        raise click.UsageError(
            f"Say how --data is laid out: --format {' or '.join(FORMATS)}, "
            "or --columns customer=…,time=…,amount=… for a CSV."
        )
    if history.simulation and (asked.cutoffs or asked.horizon or asked.active_within):
        raise click.UsageError("The simulation has its own --horizon, --active-within and --cutoffs.")


def _run(asked: Asked, history: History, calls: Calls, bars: Bars) -> tuple[Backtest, dict[str, float]]:
    if history.simulation:
        found = backtested.simulated(
            asked.kind or "subscription", history.seed, history.customers, history.days, calls, bars
        )
        return found.backtest, dict(found.truth)
    lives, question = _lives(asked, history), _question(asked)
    return backtest(lives, question, _cutoffs(asked, lives, question), calls, bars), {}


def _lives(asked: Asked, history: History) -> Histories:
    if asked.data is None:
        return backtested.in_time(history.read(read_settings(ScoringSettings)))
    if asked.layout is not None:
        return backtested.sales(asked.data, asked.layout)
    return backtested.columns(asked.data, _named(asked.columns or ""), asked.currency)


def _named(text: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in text.split(",")]
    if not all(ours.strip() and theirs.strip() for ours, _, theirs in pairs):
        raise click.UsageError(f"--columns: expected customer=…,time=…,amount=…; got {text!r}.")
    return {ours.strip(): theirs.strip() for ours, _, theirs in pairs}


def _question(asked: Asked) -> Question:
    layout, kind = FORMATS.get(asked.layout or ""), asked.kind or "repeat"
    return Question(
        kind,
        asked.horizon or (layout.horizon_days if layout else HORIZON_DAYS[kind]),
        asked.active_within or (layout.active_days if layout else ACTIVE_DAYS),
    )


def _cutoffs(asked: Asked, lives: Histories, question: Question) -> tuple[datetime, ...]:
    text = asked.cutoffs
    if text is None and asked.layout is not None:
        return FORMATS[asked.layout].cutoffs
    if text is None or text.isdigit():
        return backtested.spread(lives, question, int(text or backtested.CUTOFFS))
    try:
        return tuple(sorted(datetime.fromisoformat(day).replace(tzinfo=UTC) for day in text.split(",")))
    except ValueError as error:
        raise click.UsageError(
            f"--cutoffs: a number, or days as 2026-04-01,2026-05-01; got {text!r}."
        ) from error
