"""Prior: another shop's model, whose level (and, slowly, steepness) follows this shop's few rows."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.special import expit

from services.scoring.artifact import Part
from services.scoring.features.state import NAMES
from services.scoring.model.step_tables import Platt, StepTables, batch, compiled
from services.scoring.training.dataset import BETWEEN_CUTOFFS, Dataset
from services.scoring.training.fit import Fitted
from services.scoring.training.logistic import Belief, logistic
from services.scoring.training.split import FOLDS, by_customer

Array = npt.NDArray[Any]

SLOPE = Belief(1.0, precision=16.0, low=0.0)
"""Shops' models rank alike, so the steepness is believed within a quarter."""

LEVEL = Belief(0.0, precision=1.0)
"""Shops' levels differ: odds within a factor e of the prior's are no surprise."""


@dataclass(frozen=True, slots=True)
class Shift:
    """New log-odds = slope × the prior's + level."""

    slope: float
    level: float


def recalibrated(prior: Part, data: Dataset) -> Fitted:
    """The prior as it is where there are no rows; out-of-fold probabilities as of every other rung."""
    scores, _ = batch(compiled(prior.tables, NAMES), data.features)
    probability = np.zeros(len(scores))
    folds = by_customer(data) if len(np.unique(data.customers)) >= FOLDS else []
    for seen, unseen in folds:
        shift = shifted(scores[seen], data.left[seen], prior.horizon_days)
        probability[unseen] = expit(shift.slope * scores[unseen] + shift.level)
    final = shifted(scores, data.left, prior.horizon_days)
    if not folds:
        probability = expit(final.slope * scores + final.level)
    return Fitted(_moved(prior.tables, final), prior.trees, probability)


def shifted(scores: Array, left: Array, horizon_days: float) -> Shift:
    """Credible between the prior and the rows: with none nothing moves, with many the rows decide."""
    weight = BETWEEN_CUTOFFS / timedelta(days=horizon_days)
    design = np.column_stack([scores, np.ones(len(scores))])
    slope, level = logistic(design, left, weight, [SLOPE, LEVEL])
    return Shift(float(slope), float(level))


def _moved(tables: StepTables, shift: Shift) -> StepTables:
    platt = Platt(shift.slope * tables.platt.slope, shift.slope * tables.platt.intercept + shift.level)
    return msgspec.structs.replace(tables, platt=platt)
