"""The data set: one row for each customer and weekly cut-off, through the same fold that serves."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from services.scoring.features.state import EMPTY, NAMES, CustomerState, fold, in_order, vector
from services.scoring.training.labels import left, population
from shared.events.envelope import Envelope
from shared.events.risk import RiskKind

Array = npt.NDArray[Any]
Progress = Callable[[str, int, int], None]
"""Told the stage, how much of it is done, and how much there is."""

BETWEEN_CUTOFFS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Row:
    kind: RiskKind
    customer: int
    cutoff: datetime
    features: list[float]
    left: bool


@dataclass(frozen=True, slots=True)
class Dataset:
    """Rows of one kind; `customers` says whose each row is, as an index into `refs`."""

    features: Array
    left: Array
    customers: Array
    cutoffs: tuple[datetime, ...]
    refs: tuple[str, ...]


def datasets(
    histories: Mapping[str, Sequence[Envelope]],
    horizons: Mapping[RiskKind, float],
    progress: Progress,
    until: datetime | None = None,
) -> dict[RiskKind, Dataset]:
    """Every row whose horizon has passed by `until`, the end of the log if not said.

    A cut-off nearer to the end is left out even where its customer has already left: only leavers would be
    known of it, and the model would learn that everybody leaves.
    """
    refs, logs = tuple(histories), [in_order(history) for history in histories.values()]
    first = min(log[0].time for log in logs)
    last = until or max(log[-1].time for log in logs)
    grid = _grid(first, last)
    rows: list[Row] = []
    for customer, log in enumerate(logs):
        rows += _rows(customer, log, grid, last, horizons)
        progress("rows", customer + 1, len(logs))
    return {kind: _dataset([row for row in rows if row.kind == kind], refs) for kind in horizons}


def _grid(first: datetime, last: datetime) -> list[datetime]:
    return [first + week * BETWEEN_CUTOFFS for week in range(1, (last - first) // BETWEEN_CUTOFFS + 1)]


def _rows(
    customer: int,
    log: Sequence[Envelope],
    grid: Sequence[datetime],
    last: datetime,
    horizons: Mapping[RiskKind, float],
) -> Iterator[Row]:
    lengths = {kind: timedelta(days=days) for kind, days in horizons.items()}
    cutoffs = [cutoff for cutoff in grid if cutoff >= log[0].time and cutoff + min(lengths.values()) <= last]
    moments = sorted({*cutoffs, *(cutoff + length for cutoff in cutoffs for length in lengths.values())})
    states = dict(zip(moments, _states(log, moments), strict=True))
    for cutoff in cutoffs:
        kind = population(states[cutoff], cutoff)
        if kind is None or kind not in lengths or cutoff + lengths[kind] > last:
            continue
        ripe = cutoff + lengths[kind]
        gone = left(kind, states[cutoff], cutoff, states[ripe], ripe)
        if gone is not None:
            yield Row(kind, customer, cutoff, vector(states[cutoff], cutoff), gone)


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
        refs=refs,
    )
