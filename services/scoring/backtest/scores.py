"""Scores: how well probabilities rank and how true they are, with intervals from resampled customers.

Rank is judged within each cut-off and averaged; truth over all rows together. In a draw a customer counts as
often as they were drawn, with all their rows: rows of one customer are not independent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

NAMES = ("auc", "pr_auc", "lift10", "log_loss", "brier", "ece")
BINS = 10
LEAST = 1e-6
"""Probabilities are kept so far from 0 and 1: one certain error would make the log loss endless."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What was said of each row, and what came of it; `customers` and `cutoffs` are small integers."""

    left: Array
    probability: Array
    customers: Array
    cutoffs: Array


@dataclass(frozen=True, slots=True)
class Interval:
    """95 % of the draws lie between."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class _Ranked:
    """The rows of a cut-off, or of all, from the highest probability down; `ends` close each run of ties."""

    rows: Array
    left: Array
    probability: Array
    ends: Array


def scores(judged: Judged, weights: Array | None = None) -> dict[str, float]:
    """auc, pr_auc (leaving is positive), lift10 (the top tenth's share of leavers ÷ everybody's), log_loss,
    brier, ece (ten bins of equal size). `weights` are how often each row counts.
    """
    return _scores(_parts(judged), judged, np.ones(len(judged.left)) if weights is None else weights)


def intervals(models: Mapping[str, Judged], draws: int, seed: int) -> dict[str, dict[str, Interval]]:
    """Of every score of every model, and of its difference to the first model's (`auc_difference` …).

    The models speak of the same rows, and each draw is the same customers for all of them.
    """
    first = next(iter(models.values()))
    parts = {name: _parts(judged) for name, judged in models.items()}
    rng = np.random.default_rng(seed)
    everybody = int(first.customers.max()) + 1
    present = np.unique(first.customers)
    found: dict[str, list[list[float]]] = {name: [] for name in models}
    for _ in range(draws):
        picked = np.bincount(rng.choice(present, len(present)), minlength=everybody)
        weights = picked[first.customers].astype(float)
        for name, judged in models.items():
            found[name].append(list(_scores(parts[name], judged, weights).values()))
    table = {name: np.array(rows) for name, rows in found.items()}
    base = next(iter(table.values()))
    return {name: _spread(rows, rows - base) for name, rows in table.items()}


def _spread(rows: Array, differences: Array) -> dict[str, Interval]:
    found = {}
    for column, name in enumerate(NAMES):
        found[name] = _interval(rows[:, column])
        found[f"{name}_difference"] = _interval(differences[:, column])
    return found


def _interval(values: Array) -> Interval:
    low, high = np.percentile(values, [2.5, 97.5])
    return Interval(float(low), float(high))


def _parts(judged: Judged) -> tuple[_Ranked, ...]:
    """Each cut-off's rows, and all of them last."""
    each = [np.flatnonzero(judged.cutoffs == cutoff) for cutoff in np.unique(judged.cutoffs)]
    return tuple(_ranked(judged, rows) for rows in [*each, np.arange(len(judged.left))])


def _ranked(judged: Judged, rows: Array) -> _Ranked:
    order = rows[np.argsort(-judged.probability[rows], kind="stable")]
    probability = judged.probability[order]
    ends = np.append(np.flatnonzero(np.diff(probability)), len(order) - 1)
    return _Ranked(order, judged.left[order].astype(float), probability, ends)


def _scores(parts: Sequence[_Ranked], judged: Judged, weights: Array) -> dict[str, float]:
    ranks = np.array([_rank(part, weights[part.rows]) for part in parts[:-1]])
    auc, precision, lift = np.nanmean(ranks, axis=0)
    chance = np.clip(judged.probability, LEAST, 1 - LEAST)
    losses = -np.where(judged.left == 1, np.log(chance), np.log1p(-chance))
    return {
        "auc": float(auc),
        "pr_auc": float(precision),
        "lift10": float(lift),
        "log_loss": float(np.average(losses, weights=weights)),
        "brier": float(np.average((judged.probability - judged.left) ** 2, weights=weights)),
        "ece": _calibration_error(parts[-1], weights[parts[-1].rows]),
    }


def _rank(part: _Ranked, weights: Array) -> tuple[float, float, float]:
    """AUC by trapezoids, average precision by steps, both over runs of ties; nan where all or none left."""
    hit = np.cumsum(weights * part.left)
    seen = np.cumsum(weights)
    positives, total = hit[-1], seen[-1]
    if positives == 0 or positives == total:
        return np.nan, np.nan, np.nan
    hits, all_ = hit[part.ends], seen[part.ends]
    gained = np.diff(hits, prepend=0.0)
    false = np.diff(all_ - hits, prepend=0.0)
    area = float(np.sum(false * (hits - gained / 2)) / positives / (total - positives))
    precision = float(np.sum(gained * hits / np.maximum(all_, 1e-12)) / positives)
    top = float(np.interp(total / BINS, seen, hit))
    return area, precision, top / (total / BINS) / (positives / total)


def _calibration_error(part: _Ranked, weights: Array) -> float:
    seen = np.cumsum(weights)
    bins = np.minimum((seen - weights / 2) / seen[-1] * BINS, BINS - 1).astype(np.int64)
    gaps = np.bincount(bins, weights * (part.left - part.probability), BINS)
    return float(np.abs(gaps).sum() / seen[-1])
