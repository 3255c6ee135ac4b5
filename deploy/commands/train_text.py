"""What `hikitome train` prints: quality and how sure it is, other models beside it, what was left out."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table

from services.scoring.artifact import Part
from services.scoring.training.train import Learned, TrainingResult
from shared.events.envelope import Envelope

EVERY = 1000
"""Events between two steps of a bar whose end nobody knows."""


class Bars:
    """A bar for each stage of training."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(stage, total=total)
        self._progress.update(self._tasks[stage], completed=done, total=total)


def counted(envelopes: Iterable[Envelope], bars: Bars) -> Iterator[Envelope]:
    """The same events, with a bar that tells how many have been read."""
    number = 0
    for number, envelope in enumerate(envelopes, start=1):
        if number % EVERY == 1:
            bars("events", number, None)
        yield envelope
    bars("events", number, number)


def show(result: TrainingResult, out: Path) -> None:
    console = Console(highlight=False)
    console.print(_quality(result))
    if any(learned.challengers for learned in result.learned.values()):
        console.print(_challengers(result))
    for kind, part in result.artifact.body.kinds.items():
        console.print(f"{kind}: {_said(part, result.learned.get(kind))}")
    for kind, why in result.left_out.items():
        console.print(f"No model for {kind}: {why}.")
    if result.ownerless:
        console.print(f"{result.ownerless} events name no customer that the history knows.")
    console.print(f"Model {result.artifact.version} written to {out}")


def _quality(result: TrainingResult) -> Table:
    """`loss` is the log loss; `later` the AUC in weeks not seen."""
    table = _table("On customers (and weeks) the model had not seen")
    for name in ("kind", "rung", "customers", "left", "AUC (95 %)", "loss", "ECE", "later"):
        table.add_column(name, no_wrap=True)
    for kind, part in result.artifact.body.kinds.items():
        scores = (_number(part.metrics.get(name)) for name in ("log_loss", "ece", "auc_later"))
        auc = f"{_number(part.metrics.get('auc'))} {_between(part.auc_interval)}"
        table.add_row(kind, part.rung, str(part.customers), f"{part.base_rate:.1%}", auc, *scores)
    return table


def _challengers(result: TrainingResult) -> Table:
    """`interactions` may combine features, and could not say exactly why."""
    table = _table("Other models on the same rows")
    for name in ("kind", "challenger", "AUC", "loss", "better by (95 %)"):
        table.add_column(name, no_wrap=True)
    for kind, learned in result.learned.items():
        for each in learned.challengers:
            scores = (_number(each.metrics[name]) for name in ("auc", "log_loss"))
            gain = f"{each.better_by:+.4f} {_between(each.interval, '+.4f')}"
            table.add_row(kind, each.name, *scores, gain)
    return table


def _table(title: str) -> Table:
    """No wider than a terminal of 80 columns."""
    return Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))


def _said(part: Part, learned: Learned | None) -> str:
    """Which rung, why, and how sure that is."""
    if learned is None:
        return "another shop's model as it is: it may rank well, its level is a guess."
    sentences = [f"{part.rung} ({learned.why})", _sure(part)]
    if learned.set_aside:
        sentences.append(f"{learned.set_aside} rows of treated customers set aside, {part.rows} learned from")
    if part.learned_from == "all":
        sentences.append(
            f"{part.treated_rows} rows of treated customers are in it, for there are too few others"
        )
    return "; ".join(sentences) + "."


def _sure(part: Part) -> str:
    if part.auc_interval is None:
        return "how well it ranks can't be told yet"
    low, high = part.auc_interval
    if low <= 0.5:
        return f"it may rank no better than chance (AUC {low:.2f} to {high:.2f})"
    return f"of one who leaves and one who stays it ranks {low:.0%} to {high:.0%} of pairs rightly"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _between(interval: tuple[float, float] | None, form: str = ".3f") -> str:
    return "" if interval is None else f"({interval[0]:{form}} {interval[1]:{form}})"
