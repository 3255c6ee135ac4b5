"""Train: from an event log to an artifact, with a report of what came of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt

from services.scoring.artifact import Artifact, Body, Golden, Manifest, Part, sealed
from services.scoring.features.state import NAMES, SCHEMA_HASH
from services.scoring.model.bands import Bands
from services.scoring.model.step_tables import StepTables, compiled, log_odds, probability
from services.scoring.training.dataset import Dataset, Progress, datasets
from services.scoring.training.evaluate import metrics
from services.scoring.training.fit import FOLDS, Fitted, fit
from services.scoring.training.labels import HORIZON_DAYS
from services.scoring.training.owners import grouped
from shared.events.envelope import Envelope
from shared.events.risk import RiskKind

Array = npt.NDArray[Any]

FEWEST_ROWS = 300
FEWEST_OF_EACH = 30
"""Rows of leavers, and of those who stayed, below which a model would be guesswork."""

CRITICAL, HIGH, MEDIUM = 0.06, 0.12, 0.25
"""Shares of the population that the bands take, from the top; the rest is low."""

AS_GOOD_AS_LOST = 0.9
"""Who is likelier to leave is critical anyway; the bands are there to tell apart who can be kept."""

GOLDEN_ROWS = 12


@dataclass(frozen=True, slots=True)
class Learned:
    """One kind's rows and what the model says of each, not having seen its customer."""

    data: Dataset
    probability: Array


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """`left_out` says, for each kind that has no model, why; `ownerless` events could not be used."""

    artifact: Artifact
    learned: Mapping[RiskKind, Learned]
    left_out: Mapping[RiskKind, str]
    ownerless: int


def train_from(
    envelopes: Iterable[Envelope],
    trained_at: datetime,
    progress: Progress,
    horizons: Mapping[RiskKind, float] = HORIZON_DAYS,
) -> TrainingResult:
    """Learn from a whole event log, in any order, with repetitions and events that name no customer.

    :raises ValueError: if no event in it is about a customer.
    """
    log = grouped(envelopes)
    if not log.by_customer:
        raise ValueError("no event is about a customer")
    return train(log.by_customer, trained_at, progress, horizons, log.ownerless)


def train(
    histories: Mapping[str, Sequence[Envelope]],
    trained_at: datetime,
    progress: Progress,
    horizons: Mapping[RiskKind, float] = HORIZON_DAYS,
    ownerless: int = 0,
) -> TrainingResult:
    """The same histories give the same model, whatever their order."""
    kinds: dict[RiskKind, Part] = {}
    learned: dict[RiskKind, Learned] = {}
    left_out: dict[RiskKind, str] = {}
    for kind, data in datasets(dict(sorted(histories.items())), horizons, progress).items():
        lack = _lack(data)
        if lack:
            left_out[kind] = lack
            continue
        fitted = fit(kind, data, progress)
        kinds[kind] = _part(data, fitted, horizons[kind])
        learned[kind] = Learned(data, fitted.probability)
    body = Body(_manifest(histories, trained_at), kinds)
    return TrainingResult(sealed(body), learned, left_out, ownerless)


def _lack(data: Dataset) -> str | None:
    """Why there is too little to learn from, if there is."""
    rows, leavers = len(data.left), int(data.left.sum())
    if rows < FEWEST_ROWS:
        return f"{rows} rows with a known outcome; it takes {FEWEST_ROWS}"
    if min(leavers, rows - leavers) < FEWEST_OF_EACH:
        return f"{leavers} of {rows} rows left; it takes {FEWEST_OF_EACH} of each"
    customers = len(np.unique(data.customers))
    return f"{customers} customers; it takes {FOLDS}" if customers < FOLDS else None


def _part(data: Dataset, fitted: Fitted, horizon_days: float) -> Part:
    return Part(
        horizon_days=horizon_days,
        base_rate=float(data.left.mean()),
        rows=len(data.left),
        customers=len(np.unique(data.customers)),
        trees=fitted.trees,
        metrics=metrics(data.left, fitted.probability),
        bands=_bands(fitted.probability),
        golden=_golden(data, fitted),
        tables=fitted.tables,
    )


def _bands(chances: Array) -> Bands:
    open_yet = np.append(chances[chances < AS_GOOD_AS_LOST], AS_GOOD_AS_LOST)
    shares = (1 - CRITICAL, 1 - CRITICAL - HIGH, 1 - CRITICAL - HIGH - MEDIUM)
    critical, high, medium = (float(np.quantile(open_yet, share)) for share in shares)
    return Bands(medium=medium, high=high, critical=critical)


def _golden(data: Dataset, fitted: Fitted) -> tuple[Golden, ...]:
    """Rows from all over the scale, and one of which nothing is known."""
    order = np.argsort(fitted.probability, kind="stable")
    picked = order[np.linspace(0, len(order) - 1, GOLDEN_ROWS).astype(int)]
    vectors = [[float("nan")] * len(NAMES), *(data.features[row].tolist() for row in picked)]
    return tuple(_golden_row(fitted.tables, vector) for vector in vectors)


def _golden_row(tables: StepTables, vector: Sequence[float]) -> Golden:
    score, _ = log_odds(compiled(tables, NAMES), vector)
    return Golden(tuple(None if x != x else x for x in vector), probability(score))


def _manifest(histories: Mapping[str, Sequence[Envelope]], trained_at: datetime) -> Manifest:
    times = [envelope.time for history in histories.values() for envelope in history]
    return Manifest(
        schema=SCHEMA_HASH,
        trained_at=trained_at,
        first=min(times),
        last=max(times),
        libraries={name: version(name) for name in ("scikit-learn", "numpy")},
    )
