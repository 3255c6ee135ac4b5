"""What a backtest is made on: a sales file, a shop's own events, or a simulated shop whose truth is known."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from deploy.simulated import CART, ORIGIN, SHOP, envelopes
from services.scoring.backtest.money import Calls
from services.scoring.backtest.readers import cdnow, named_columns, online_retail
from services.scoring.backtest.rolling import Backtest, TooLittle, check, opinions, summed_up
from services.scoring.backtest.sales import Sale, histories
from services.scoring.backtest.scores import scores
from services.scoring.backtest.snapshots import Question, Snapshots, snapshots
from services.scoring.features.state import in_order
from services.scoring.training.dataset import Progress
from services.scoring.training.evaluate import against_truth
from services.scoring.training.owners import grouped
from shared.events.envelope import Envelope
from shared.events.refs import customer_ref
from shared.events.risk import RiskKind
from simulation.history import history, simulate
from simulation.truth import HORIZON_DAYS

Histories = Mapping[str, Sequence[Envelope]]


def _days(*dates: str) -> tuple[datetime, ...]:
    return tuple(datetime.fromisoformat(date).replace(tzinfo=UTC) for date in dates)


@dataclass(frozen=True, slots=True)
class Format:
    """A public data set, and how it is asked: as others asked it, so that the scores can be compared."""

    currency: str
    horizon_days: float
    active_days: float
    cutoffs: tuple[datetime, ...]


FORMATS: Mapping[str, Format] = {
    "cdnow": Format(
        "USD", 90, 180, _days("1997-10-01", "1997-11-15", "1998-01-01", "1998-02-15", "1998-04-01")
    ),
    "online-retail": Format("GBP", 60, 120, _days("2011-07-01", "2011-08-01", "2011-09-01", "2011-10-10")),
}

CUTOFFS = 4


def sales(path: Path, layout: str) -> Histories:
    """A data set's file by its layout.

    :raises Unreadable: if it is another one.
    """
    reader = cdnow if layout == "cdnow" else online_retail
    return _found(reader(path), FORMATS[layout].currency)


def columns(path: Path, named: Mapping[str, str], currency: str) -> Histories:
    """Any CSV.

    :raises Unreadable: if it lacks a column or a line can't be read.
    """
    return _found(named_columns(path, named, currency), currency)


def _found(read: Iterable[Sale], currency: str) -> Histories:
    found = histories(read, currency)
    if not found:
        raise TooLittle("The file has no sale of a known customer.")
    return found


def in_time(lives: Histories) -> Histories:
    """Each customer's events in order, each once.

    :raises TooLittle: if there are none.
    """
    if not lives:
        raise TooLittle("No event is about a customer.")
    return {ref: in_order(life) for ref, life in sorted(lives.items())}


def spread(lives: Histories, question: Question, many: int) -> tuple[datetime, ...]:
    """So many cut-offs at midnight UTC, evenly over the later half of what can be both taught and judged."""
    first = min(life[0].time for life in lives.values())
    last = max(life[-1].time for life in lives.values()) - timedelta(days=question.horizon_days)
    begin = max(first + (last - first) / 2, first + timedelta(days=question.horizon_days + 58))
    if begin >= last:
        raise TooLittle(
            f"The log is {(last - first).days + question.horizon_days:.0f} days long: too short to learn and "
            f"to judge {question.horizon_days:.0f} days ahead. Choose a shorter --horizon."
        )
    steps = [last - (last - begin) * step / max(many - 1, 1) for step in range(many)]
    return tuple(sorted({step.replace(hour=0, minute=0, second=0, microsecond=0) for step in steps}))


TAUGHT_EVERY, JUDGED_EVERY = timedelta(days=7), timedelta(days=28)
WARM_UP = timedelta(days=63)
"""The simulated shop tells no truth before."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """`truth`: auc_of_truth, and how far the model's probabilities are from the true ones."""

    backtest: Backtest
    truth: Mapping[str, float]


def simulated(
    kind: RiskKind, seed: int, customers: int, days: int, calls: Calls, progress: Progress
) -> Simulated:
    """Teach on the shop of one seed, and judge on the next one's, whose customers the model never saw.

    :raises TooLittle: if the shop is too small or too young.
    """
    question = Question(kind, HORIZON_DAYS[kind], 120.0)
    progress("shop to learn from", 0, 1)
    taught = _lives(seed, customers, days)
    progress("shop to learn from", 1, 1)
    past = snapshots(taught, question, _moments(days, question, TAUGHT_EVERY), progress)
    progress("shop to judge", 0, 1)
    now, true = _with_truth(seed + 1, customers, days, question, progress)
    progress("shop to judge", 1, 1)
    moments = [now.moments[number] for number in np.unique(now.cutoffs)]
    check(past, now, ORIGIN)
    tested = summed_up(question, moments, [now], opinions(past, now, question), calls)
    served = next(iter(tested.judged.values()))
    truth = against_truth(served.left, served.probability, true)
    return Simulated(tested, {**truth, "auc_of_truth": scores(replace(served, probability=true))["auc"]})


def _moments(days: int, question: Question, every: timedelta) -> list[datetime]:
    last = ORIGIN + timedelta(days=days - question.horizon_days)
    return [ORIGIN + WARM_UP + step * every for step in range((last - ORIGIN - WARM_UP) // every + 1)]


def _lives(seed: int, customers: int, days: int) -> Histories:
    return in_time(grouped(envelopes(simulate(seed, customers, days, ORIGIN))).by_customer)


def _with_truth(
    seed: int, customers: int, days: int, question: Question, progress: Progress
) -> tuple[Snapshots, np.ndarray]:
    """The rows whose truth is known, and that truth; what came of them is the shop's own word."""
    lived = history(seed, customers, days, ORIGIN, JUDGED_EVERY.days, truth_sample=customers)
    truths = {
        (customer_ref(SHOP, CART, truth.customer), truth.cutoff): truth
        for truth in lived.truths
        if truth.kind == question.kind
    }
    moments = sorted({cutoff for _, cutoff in truths})
    seen = snapshots(_lives(seed, customers, days), question, moments, progress)
    keys = [
        (seen.refs[who], seen.moments[when]) for who, when in zip(seen.customers, seen.cutoffs, strict=True)
    ]
    known = seen.picked(np.array([key in truths for key in keys], dtype=bool))
    joined = [truths[key] for key in keys if key in truths]
    return known.judged_by([truth.left for truth in joined]), np.array([truth.p_true for truth in joined])
