"""Part: what goes into the artifact of one kind: the model, its quality, its bands, its proof."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.special import expit

from services.scoring.artifact import Golden, Part
from services.scoring.features.state import NAMES
from services.scoring.model.bands import Bands
from services.scoring.model.step_tables import StepTables, compiled, log_odds, probability
from services.scoring.training.bootstrap import auc_interval
from services.scoring.training.dataset import Dataset
from services.scoring.training.evaluate import metrics
from services.scoring.training.fit import raw
from services.scoring.training.ladder import Climbed
from services.scoring.training.rfm import chances, rfm_tables
from services.scoring.training.split import by_time, telling
from shared.events.risk import RiskKind

Array = npt.NDArray[Any]

CRITICAL, HIGH, MEDIUM = 0.06, 0.12, 0.25
"""Shares of the population that the bands take, from the top; the rest is low."""

AS_GOOD_AS_LOST = 0.9
"""Who is likelier to leave is critical anyway; the bands are there to tell apart who can be kept."""

LEAST = Bands(medium=0.05, high=0.1, critical=0.2)
"""Where hardly anybody leaves, even the likeliest few are no reason to call."""

FEWEST_FOR_BANDS = 300
"""Rows below which another shop's thresholds are nearer to the truth than this shop's shares."""

GOLDEN_ROWS = 12


def part_of(kind: RiskKind, data: Dataset, climbed: Climbed, horizon_days: float, prior: Part | None) -> Part:
    """The quality told is of untreated customers; `data` are the rows learned from."""
    judged = judges(data)
    left, chance = data.left[judged], climbed.fitted.probability[judged]
    told = telling(left)
    bands = _bands(chance) if len(chance) >= FEWEST_FOR_BANDS or prior is None else prior.bands
    return Part(
        horizon_days=horizon_days,
        base_rate=float(chance.mean()) if climbed.rung == "prior" else float(left.mean()),
        rows=len(data.left),
        customers=len(np.unique(data.customers)),
        trees=climbed.fitted.trees,
        metrics=(metrics(left, chance) if told else {}) | _later(kind, data, climbed, horizon_days),
        bands=bands,
        golden=_golden(data, climbed.fitted.tables, climbed.fitted.probability),
        tables=climbed.fitted.tables,
        rung=climbed.rung,
        auc_interval=auc_interval(left, chance, data.customers[judged]) if told else None,
    )


def untouched(prior: Part, climbed: Climbed) -> Part:
    """Another shop's part, where this one has no row to say anything about it."""
    return msgspec.structs.replace(
        prior, rows=0, customers=0, metrics={}, auc_interval=None, tables=climbed.fitted.tables, rung="prior"
    )


def judges(data: Dataset) -> Array:
    """The rows that quality is told of: untreated ones, unless they do not show both outcomes."""
    untreated = ~data.treated
    return untreated if telling(data.left[untreated]) else np.ones(len(data.left), dtype=bool)


def _later(kind: RiskKind, data: Dataset, climbed: Climbed, horizon_days: float) -> dict[str, float]:
    """The same model made again of what was known some weeks ago, judged by those weeks."""
    judged = data.rows(judges(data))
    split = by_time(judged, horizon_days)
    if split is None or climbed.rung == "prior":
        return {}
    earlier, later = judged.rows(split[0]), judged.rows(split[1])
    if climbed.rung == "full":
        chance = expit(raw(kind, earlier, climbed.fitted.trees, later.features))
    else:
        chance = chances(rfm_tables(kind, earlier, horizon_days), later.features)
    return {f"{name}_later": value for name, value in metrics(later.left, chance).items()}


def _bands(chances: Array) -> Bands:
    open_yet = np.append(chances[chances < AS_GOOD_AS_LOST], AS_GOOD_AS_LOST)
    shares = (1 - CRITICAL, 1 - CRITICAL - HIGH, 1 - CRITICAL - HIGH - MEDIUM)
    critical, high, medium = (float(np.quantile(open_yet, share)) for share in shares)
    return Bands(
        medium=max(medium, LEAST.medium), high=max(high, LEAST.high), critical=max(critical, LEAST.critical)
    )


def _golden(data: Dataset, tables: StepTables, chances: Array) -> tuple[Golden, ...]:
    """Rows from all over the scale, and one of which nothing is known."""
    order = np.argsort(chances, kind="stable")
    picked = order[np.linspace(0, len(order) - 1, GOLDEN_ROWS).astype(int)]
    vectors = [[float("nan")] * len(NAMES), *(data.features[row].tolist() for row in picked)]
    return tuple(_golden_row(tables, vector) for vector in vectors)


def _golden_row(tables: StepTables, vector: Sequence[float]) -> Golden:
    score, _ = log_odds(compiled(tables, NAMES), vector)
    return Golden(tuple(None if x != x else x for x in vector), probability(score))
