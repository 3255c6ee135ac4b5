"""Split: which rows teach and which rows judge: by customer, and by time."""

from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import GroupKFold

from services.scoring.training.dataset import Dataset

Array = npt.NDArray[Any]

FOLDS = 3
SEED = 20_261

LATER = timedelta(days=28)
"""The newest cut-offs, on which a model is judged whose lessons had ended before the first of them."""

FEWEST_OF_EACH = 10
"""Rows of those who left, and who stayed, without which no quality is told."""


def by_customer(data: Dataset) -> list[tuple[Array, Array]]:
    """(seen, unseen) row numbers of each fold; no customer is on both sides, for their rows are alike."""
    folds = GroupKFold(FOLDS, shuffle=True, random_state=SEED)
    return [(seen, unseen) for seen, unseen in folds.split(data.features, groups=data.customers)]


def by_time(data: Dataset, horizon_days: float) -> tuple[Array, Array] | None:
    """(earlier, later) row numbers; None for a log too short to have both.

    A row is earlier if its whole horizon had passed at the first of the later cut-offs: on that day its
    outcome was known, and nothing of what the later rows tell.
    """
    if not data.cutoffs:
        return None
    first = max(data.cutoffs) - LATER + timedelta(days=1)
    known = first - timedelta(days=horizon_days)
    later = np.flatnonzero([cutoff >= first for cutoff in data.cutoffs])
    earlier = np.flatnonzero([cutoff <= known for cutoff in data.cutoffs])
    both = all(telling(data.left[rows]) for rows in (earlier, later))
    return (earlier, later) if both else None


def telling(left: Array) -> bool:
    """Whether rows with these outcomes can judge a model."""
    return min(int(left.sum()), len(left) - int(left.sum())) >= FEWEST_OF_EACH
