"""Effects: what each feature does to the score, read off the step tables, and where customers stand."""

from dataclasses import dataclass
from math import ceil, floor
from typing import Any

import numpy as np
import numpy.typing as npt

from services.scoring.model.step_tables import Additive, Term, batch

Array = npt.NDArray[Any]

MOST = 12
INSIDE = (0.01, 0.99)
"""Quantiles between which a curve is drawn: a few extreme customers would squeeze all others."""

BARS = 24


@dataclass(frozen=True, slots=True)
class Effect:
    """A feature's steps between `low` and `high`, and how often each reading occurs.

    `thresholds` and `values` as in a step table: values are log-odds, 0 for the average customer. `weight` is
    the mean size of the contribution. `bars[i]` is the share of rows between `edges[i]` and `edges[i + 1]`;
    `whole`: all readings are whole numbers.
    """

    name: str
    weight: float
    thresholds: tuple[float, ...]
    values: tuple[float, ...]
    missing: float
    unknown_share: float
    whole: bool
    low: float
    high: float
    edges: Array
    bars: Array


def weights(additive: Additive, features: Array, names: tuple[str, ...]) -> list[tuple[str, float]]:
    """Each feature's mean |contribution| in log-odds, the weightiest first; those without any left out."""
    _, contributions = batch(additive, features)
    means = np.abs(contributions).mean(axis=0).tolist()
    return sorted(
        ((name, mean) for name, mean in zip(names, means, strict=True) if mean > 0), key=lambda each: -each[1]
    )


def effects(additive: Additive, features: Array, names: tuple[str, ...]) -> tuple[Effect, ...]:
    """The weightiest features' curves."""
    terms = {names[term.column]: term for term in additive.terms}
    return tuple(
        _effect(name, weight, terms[name], features[:, names.index(name)])
        for name, weight in weights(additive, features, names)[:MOST]
    )


def _effect(name: str, weight: float, term: Term, column: Array) -> Effect:
    known = column[~np.isnan(column)]
    whole = bool(np.all(known == np.round(known)))
    low, high = _range(known, whole)
    places = min(BARS, round(high - low)) if whole else BARS
    bars, edges = np.histogram(np.clip(known, low, high), bins=places, range=(low, high))
    return Effect(
        name=name,
        weight=weight,
        thresholds=tuple(term.thresholds),
        values=tuple(term.values),
        missing=term.missing,
        unknown_share=1 - len(known) / len(column),
        whole=whole,
        low=low,
        high=high,
        edges=edges,
        bars=bars / len(column),
    )


def _range(known: Array, whole: bool) -> tuple[float, float]:
    """Half a step more on both sides of whole numbers, so that the first and last stand in the picture."""
    low, high = (float(np.quantile(known, share)) for share in INSIDE) if len(known) else (0.0, 1.0)
    if whole:
        return floor(low) - 0.5, ceil(high) + 0.5
    return (low, high) if low < high else (low - 0.5, high + 0.5)
