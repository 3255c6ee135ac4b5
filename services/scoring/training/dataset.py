"""The data set: one row for each customer and weekly cut-off, through the same fold that serves."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from services.scoring.features.state import EMPTY, NAMES, CustomerState, fold, in_order, vector
from services.scoring.features.treatment import treated
from services.scoring.training.labels import left, populations
from shared.events.envelope import Envelope
from shared.events.risk import RiskKind

Array = npt.NDArray[Any]
Progress = Callable[[str, int, int], None]
"""Told the stage, how much of it is done, and how much there is."""

DAY = timedelta(days=1)
BETWEEN_CUTOFFS = timedelta(days=7)

TREATED_DAYS = 30.0
"""How long before a cut-off a message or a call may still tell in what the customer does after it."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Rows of one kind; `customers` says whose each row is, as an index into `refs`.

    `treated`: something was done about the customer between a month before the cut-off and the end of the
    horizon, so that what they did is not what they would have done.
    """

    features: Array
    left: Array
    customers: Array
    cutoffs: tuple[datetime, ...]
    treated: Array
    refs: tuple[str, ...]

    def rows(self, chosen: Array) -> "Dataset":
        """Some of the rows: a mask, or their numbers."""
        picked = np.arange(len(self.left))[chosen]
        return Dataset(
            features=self.features[picked],
            left=self.left[picked],
            customers=self.customers[picked],
            cutoffs=tuple(self.cutoffs[row] for row in picked),
            treated=self.treated[picked],
            refs=self.refs,
        )


@dataclass(frozen=True, slots=True)
class Looks:
    """What a log gives to learn from: rows of each kind, and how every customer stands at its end."""

    datasets: Mapping[RiskKind, Dataset]
    states: Sequence[CustomerState]
    last: datetime


@dataclass(frozen=True, slots=True)
class Row:
    """`features` are shared by the rows of all kinds at one look."""

    kind: RiskKind
    customer: int
    cutoff: datetime
    features: Array
    left: bool
    treated: bool


def looks(
    histories: Mapping[str, Sequence[Envelope]],
    horizons: Mapping[RiskKind, float],
    progress: Progress,
    until: datetime | None = None,
) -> Looks:
    """Every row whose horizon has passed by `until`, the end of the log if not said.

    A cut-off nearer to the end is left out even where its customer has already left: only leavers would be
    known of it, and the model would learn that everybody leaves.
    """
    refs, logs = tuple(histories), [in_order(history) for history in histories.values()]
    first = min(log[0].time for log in logs)
    last = until or max(log[-1].time for log in logs)
    grid, lengths = _grid(first, last), {kind: timedelta(days=days) for kind, days in horizons.items()}
    rows: dict[RiskKind, list[Row]] = {kind: [] for kind in horizons}
    ends = []
    for customer, log in enumerate(logs):
        cutoffs = [cutoff for cutoff in grid if cutoff >= log[0].time]
        states = _states_at(log, cutoffs, lengths.values(), last)
        for row in _rows(customer, cutoffs, states, lengths, last):
            rows[row.kind].append(row)
        ends.append(states[last])
        progress("rows", customer + 1, len(logs))
    return Looks({kind: _dataset(rows[kind], refs) for kind in horizons}, ends, last)


def _grid(first: datetime, last: datetime) -> list[datetime]:
    return [first + week * BETWEEN_CUTOFFS for week in range(1, (last - first) // BETWEEN_CUTOFFS + 1)]


def _rows(
    customer: int,
    cutoffs: Sequence[datetime],
    states: Mapping[datetime, CustomerState],
    lengths: Mapping[RiskKind, timedelta],
    last: datetime,
) -> Iterator[Row]:
    for cutoff in cutoffs:
        before, features = states[cutoff], None
        for kind in (kind for kind in populations(before, cutoff) if kind in lengths):
            ripe = cutoff + lengths[kind]
            gone = left(kind, before, cutoff, states[ripe], ripe) if ripe <= last else None
            if gone is None:
                continue
            features = np.array(vector(before, cutoff)) if features is None else features
            done = treated(states[ripe].treatment, ripe, TREATED_DAYS + lengths[kind] / DAY)
            yield Row(kind, customer, cutoff, features, gone, done)


def _states_at(
    log: Sequence[Envelope], cutoffs: Sequence[datetime], lengths: Collection[timedelta], last: datetime
) -> dict[datetime, CustomerState]:
    """The states at each cut-off, at the end of each of its horizons that has passed, and at the end."""
    ripe = {cutoff + length for cutoff in cutoffs for length in lengths}
    moments = sorted({*cutoffs, *(moment for moment in ripe if moment <= last), last})
    return dict(zip(moments, _states(log, moments), strict=True))


def _states(log: Sequence[Envelope], moments: Sequence[datetime]) -> Iterator[CustomerState]:
    """The state at each of these moments; an event at the very moment has happened."""
    state, done = EMPTY, 0
    for moment in moments:
        while done < len(log) and log[done].time <= moment:
            state, done = fold(state, log[done]), done + 1
        yield state


def _dataset(rows: Sequence[Row], refs: tuple[str, ...]) -> Dataset:
    return Dataset(
        features=np.array([row.features for row in rows]).reshape(len(rows), len(NAMES)),
        left=np.array([row.left for row in rows], dtype=np.int64),
        customers=np.array([row.customer for row in rows], dtype=np.int64),
        cutoffs=tuple(row.cutoff for row in rows),
        treated=np.array([row.treated for row in rows], dtype=bool),
        refs=refs,
    )
