"""Step tables: an additive model as plain data, whose terms sum to the score, so that every reason is exact.

One table per feature: the value in force between two thresholds; `x <= thresholds[i]` is in step i or below.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, isfinite
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[Any]


class Table(msgspec.Struct, frozen=True):
    """One feature's steps: a value more than thresholds, one for a missing reading, and the training mean."""

    feature: str
    thresholds: tuple[float, ...]
    values: tuple[float, ...]
    missing: float
    mean: float

    def __post_init__(self) -> None:
        ascending = all(low < high for low, high in zip(self.thresholds, self.thresholds[1:], strict=False))
        finite = all(map(isfinite, (*self.thresholds, *self.values, self.missing, self.mean)))
        if not ascending or not finite or len(self.values) != len(self.thresholds) + 1:
            raise ValueError(f"not a step table: {self.feature}")


class Platt(msgspec.Struct, frozen=True):
    """Calibration of a raw score to log-odds: slope × raw + intercept."""

    slope: float
    intercept: float


class StepTables(msgspec.Struct, frozen=True):
    """The whole model: raw score = bias + the sum of the tables' values."""

    bias: float
    tables: tuple[Table, ...]
    platt: Platt


@dataclass(frozen=True, slots=True)
class Term:
    """A table at its column of the vector, calibrated, and centred: the average customer contributes 0."""

    column: int
    thresholds: list[float]
    values: list[float]
    missing: float


@dataclass(frozen=True, slots=True)
class Additive:
    """Step tables ready for vectors of `width` features; baseline + contributions = calibrated log-odds."""

    baseline: float
    width: int
    terms: tuple[Term, ...]


def compiled(model: StepTables, names: Sequence[str]) -> Additive:
    """Bring tables to the order of `names`.

    :raises ValueError: if a table is about a feature that is not among them.
    """
    slope = model.platt.slope
    mean_score = model.bias + sum(table.mean for table in model.tables)
    terms = tuple(
        Term(
            column=names.index(table.feature),
            thresholds=list(table.thresholds),
            values=[slope * (value - table.mean) for value in table.values],
            missing=slope * (table.missing - table.mean),
        )
        for table in model.tables
    )
    return Additive(slope * mean_score + model.platt.intercept, len(names), terms)


def log_odds(model: Additive, vector: Sequence[float]) -> tuple[float, list[float]]:
    """The calibrated log-odds of one row, and what each feature contributes to them."""
    contributions = [0.0] * model.width
    for term in model.terms:
        reading = vector[term.column]
        contributions[term.column] = (
            term.missing if reading != reading else term.values[bisect_left(term.thresholds, reading)]
        )
    return model.baseline + sum(contributions), contributions


def batch(model: Additive, matrix: Matrix) -> tuple[Matrix, Matrix]:
    """The same for many rows at once."""
    contributions = np.zeros((len(matrix), model.width))
    for term in model.terms:
        readings = matrix[:, term.column]
        steps = np.asarray(term.values)[
            np.searchsorted(term.thresholds, readings, side="left").clip(max=len(term.thresholds))
        ]
        contributions[:, term.column] = np.where(np.isnan(readings), term.missing, steps)
    return model.baseline + contributions.sum(axis=1), contributions


def probability(score: float) -> float:
    """The sigmoid of log-odds."""
    return 1 / (1 + exp(-score)) if score >= 0 else exp(score) / (1 + exp(score))
