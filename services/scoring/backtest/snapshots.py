"""Snapshots: every customer as they stood at each cut-off, through the fold that serves, and what came after.

A snapshot knows what happened before its cut-off, and nothing else.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from services.scoring.features import rhythm
from services.scoring.features.days import days_since, seconds
from services.scoring.features.state import EMPTY, NAMES, CustomerState, fold, vector
from services.scoring.training import labels
from services.scoring.training.dataset import Progress
from shared.events.envelope import Envelope
from shared.events.risk import RiskKind

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Question:
    """Who will leave within `horizon_days`, of those whose last order is at most `active_days` old.

    For contracts (subscription, payment) the labels of training say who is asked about and who left.
    """

    kind: RiskKind
    horizon_days: float
    active_days: float


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Rows of those asked about: `cutoffs` and `customers` are indices into the moments and the histories.

    `buyers` has for each moment (repeats, days first to last, days first to cut-off) of everybody who had
    ordered by then, asked about or not.
    """

    features: Array
    left: Array
    customers: Array
    cutoffs: Array
    moments: tuple[datetime, ...]
    refs: tuple[str, ...]
    buyers: Mapping[int, Array]

    def at(self, cutoffs: Sequence[int]) -> "Snapshots":
        """The rows of these cut-offs only."""
        return self.picked(np.isin(self.cutoffs, cutoffs))

    def picked(self, rows: Array) -> "Snapshots":
        """The rows of a mask."""
        return replace(
            self,
            features=self.features[rows],
            left=self.left[rows],
            customers=self.customers[rows],
            cutoffs=self.cutoffs[rows],
        )

    def judged_by(self, left: Sequence[bool]) -> "Snapshots":
        """The same rows with what came of them on better authority."""
        return replace(self, left=np.array(left, dtype=np.int64))


@dataclass(slots=True)
class _Rows:
    """Features one row after the other, in single precision as vectors are: a year of a shop fills memory."""

    features: "array[float]" = field(default_factory=lambda: array("f"))
    left: list[bool] = field(default_factory=list)
    customers: list[int] = field(default_factory=list)
    cutoffs: list[int] = field(default_factory=list)
    buyers: dict[int, list[tuple[float, float, float]]] = field(default_factory=dict)


def snapshots(
    histories: Mapping[str, Sequence[Envelope]],
    question: Question,
    moments: Sequence[datetime],
    progress: Progress,
) -> Snapshots:
    """Every customer at every moment; histories are in order of (time, id), moments rise."""
    rows = _Rows(buyers={number: [] for number in range(len(moments))})
    for customer, history in enumerate(histories.values()):
        _add(rows, customer, history, question, moments)
        progress("snapshots", customer + 1, len(histories))
    return Snapshots(
        features=np.frombuffer(rows.features, dtype=np.float32).reshape(len(rows.left), len(NAMES)),
        left=np.array(rows.left, dtype=np.int64),
        customers=np.array(rows.customers, dtype=np.int64),
        cutoffs=np.array(rows.cutoffs, dtype=np.int64),
        moments=tuple(moments),
        refs=tuple(histories),
        buyers={number: np.array(found).reshape(-1, 3) for number, found in rows.buyers.items()},
    )


def _add(
    rows: _Rows,
    customer: int,
    history: Sequence[Envelope],
    question: Question,
    moments: Sequence[datetime],
) -> None:
    horizon = timedelta(days=question.horizon_days)
    every = sorted({*moments, *(moment + horizon for moment in moments)})
    states = dict(zip(every, before(history, every), strict=True))
    for number, moment in enumerate(moments):
        state, after = states[moment], states[moment + horizon]
        buyer = bought(state, moment)
        if buyer:
            rows.buyers[number].append(buyer)
        gone = outcome(question, state, moment, after, moment + horizon)
        if gone is not None:
            rows.features.extend(vector(state, moment))
            rows.left.append(gone)
            rows.customers.append(customer)
            rows.cutoffs.append(number)


def before(history: Sequence[Envelope], moments: Sequence[datetime]) -> Iterator[CustomerState]:
    """The state just before each of these moments, which rise."""
    state, done = EMPTY, 0
    for moment in moments:
        while done < len(history) and history[done].time < moment:
            state, done = fold(state, history[done]), done + 1
        yield state


def outcome(
    question: Question, state: CustomerState, cutoff: datetime, after: CustomerState, ripe: datetime
) -> bool | None:
    """Whether who was asked about left by `ripe`; None if not asked about, or if it can't be said."""
    if question.kind == "repeat":
        last, later = rhythm.last_order(state.rhythm), rhythm.last_order(after.rhythm)
        if last is None or days_since(last, seconds(cutoff)) > question.active_days:
            return None
        return later is None or later < seconds(cutoff)
    if question.kind not in labels.populations(state, cutoff):
        return None
    return labels.left(question.kind, state, cutoff, after, ripe)


def bought(state: CustomerState, cutoff: datetime) -> tuple[float, float, float] | None:
    """(repeats, days from the first to the last, days from the first to the cut-off)."""
    return rhythm.buyer(state.rhythm, seconds(cutoff))
