"""Rolling: teach on what was known at each cut-off, judge by what came after it, and walk on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from services.scoring.backtest.money import Calls, Saved, saved, yearly
from services.scoring.backtest.rivals import RIVALS
from services.scoring.backtest.scores import Interval, Judged, intervals, scores
from services.scoring.backtest.snapshots import Question, Snapshots, snapshots
from services.scoring.features.state import NAMES
from services.scoring.model.step_tables import batch, compiled
from services.scoring.training.dataset import Dataset, Progress
from services.scoring.training.fit import fit
from services.scoring.training.split import FOLDS
from shared.events.envelope import Envelope

Array = npt.NDArray[Any]

MODEL = "hikitome"
A_HORIZON = 2
"""Lessons: closer together they hardly tell anything new, for their horizons overlap ever more."""

WARM_UP = timedelta(days=28)
"""A log that has just begun knows nobody's past: no snapshot of its first four weeks is learned from."""

DRAWS = 150
SEED = 20_261


class TooLittle(Exception):
    """There is nothing to learn from before a cut-off, or nothing to judge by after it; says which."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """`scores`, `intervals` and `judged` by model, the served one first."""

    question: Question
    cutoffs: tuple[datetime, ...]
    rows: int
    customers: int
    base_rate: float
    scores: Mapping[str, Mapping[str, float]]
    intervals: Mapping[str, Mapping[str, Interval]]
    money: Mapping[str, Saved]
    judged: Mapping[str, Judged]


def backtest(
    histories: Mapping[str, Sequence[Envelope]],
    question: Question,
    cutoffs: Sequence[datetime],
    calls: Calls,
    progress: Progress,
) -> Backtest:
    """Everything learned at a cut-off has its whole horizon before it.

    :raises TooLittle: if a cut-off has no one to judge, or nothing before it to learn from.
    """
    first = min(history[0].time for history in histories.values())
    lessons = {cutoff: learned_from(cutoff, first, question) for cutoff in cutoffs}
    moments = sorted({*cutoffs, *(moment for each in lessons.values() for moment in each)})
    seen = snapshots(histories, question, moments, progress)
    number = {moment: index for index, moment in enumerate(moments)}
    said: dict[str, list[Array]] = {name: [] for name in (MODEL, *RIVALS)}
    asked: list[Snapshots] = []
    for done, cutoff in enumerate(cutoffs, start=1):
        past, now = seen.at([number[moment] for moment in lessons[cutoff]]), seen.at([number[cutoff]])
        check(past, now, cutoff)
        for name, chances in opinions(past, now, question).items():
            said[name].append(chances)
        asked.append(now)
        progress("cut-offs", done, len(cutoffs))
    return summed_up(
        question, cutoffs, asked, {name: np.concatenate(each) for name, each in said.items()}, calls
    )


def learned_from(cutoff: datetime, first: datetime, question: Question) -> list[datetime]:
    """The snapshots whose horizon has passed by the cut-off, back to where the log has warmed up.

    Of buyers without a contract no further back than a horizon: who they are changes with every season, and
    leavers are many.
    """
    horizon = timedelta(days=question.horizon_days)
    newest, between = cutoff - horizon, horizon / A_HORIZON
    oldest = (newest - first - WARM_UP) // between
    if question.kind == "repeat":
        oldest = min(oldest, A_HORIZON)
    return [newest - back * between for back in range(oldest, -1, -1)]


def check(past: Snapshots, now: Snapshots, cutoff: datetime) -> None:
    """:raises TooLittle: see `backtest`."""
    if len(np.unique(now.left)) < 2:
        raise TooLittle(
            f"Nothing to judge at {cutoff:%Y-%m-%d}: {len(now.left)} customers, of whom all or none left. "
            "Choose other --cutoffs, a shorter --horizon or a longer --active-within."
        )
    if min(np.bincount(past.left, minlength=2)) < FOLDS or len(np.unique(past.customers)) < FOLDS:
        raise TooLittle(
            f"Too little to learn from before {cutoff:%Y-%m-%d}: the log must reach back a horizon and "
            "a month before the first cut-off. Choose later --cutoffs or a shorter --horizon."
        )


def opinions(past: Snapshots, now: Snapshots, question: Question) -> dict[str, Array]:
    """What each model says of `now`, taught on `past`; on one thread, as `fit` says why."""
    with threadpool_limits(limits=1, user_api="openmp"):
        rivals = {name: rival(past, now, question.horizon_days) for name, rival in RIVALS.items()}
    return {MODEL: served(past, now, question), **rivals}


def served(past: Snapshots, now: Snapshots, question: Question) -> Array:
    """By the very tables that serving reads."""
    fitted = fit(question.kind, dataset(past), lambda *_: None)
    odds, _ = batch(compiled(fitted.tables, NAMES), now.features)
    return np.asarray(expit(odds))


def dataset(rows: Snapshots) -> Dataset:
    return Dataset(
        features=rows.features,
        left=rows.left,
        customers=rows.customers,
        cutoffs=tuple(rows.moments[cutoff] for cutoff in rows.cutoffs),
        treated=np.zeros(len(rows.left), dtype=bool),
        refs=rows.refs,
    )


def summed_up(
    question: Question,
    cutoffs: Sequence[datetime],
    asked: Sequence[Snapshots],
    said: Mapping[str, Array],
    calls: Calls,
) -> Backtest:
    """Every score of every model, over the rows of `asked`, one after the other."""
    left, customers, when = (
        np.concatenate([getattr(rows, name) for rows in asked]) for name in ("left", "customers", "cutoffs")
    )
    features = np.concatenate([rows.features for rows in asked])
    values = yearly(*(features[:, NAMES.index(name)] for name in ("spend_total", "tenure_days")))
    judged = {name: Judged(left, chances, customers, when) for name, chances in said.items()}
    return Backtest(
        question=question,
        cutoffs=tuple(cutoffs),
        rows=len(left),
        customers=len(np.unique(customers)),
        base_rate=float(left.mean()),
        scores={name: scores(each) for name, each in judged.items()},
        intervals=intervals(judged, DRAWS, SEED),
        money=saved(said, left, values, when, calls),
        judged=judged,
    )
