"""A chapter: all that the report says about one kind of leaving, as plain values, before it is drawn."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from services.scoring.artifact import Part
from services.scoring.features.state import NAMES
from services.scoring.model.kind import KindModel
from services.scoring.report import drift, effects, quality, segments
from services.scoring.report.drift import Shift
from services.scoring.report.effects import Effect
from services.scoring.report.quality import Bin, Curve
from services.scoring.report.segments import Family, Outcomes
from services.scoring.training.challengers import Challenger
from services.scoring.training.train import Learned
from shared.events.risk import RiskKind


@dataclass(frozen=True, slots=True)
class Chapter:
    """`leavers` are customers who left at least once; `part` says what went into the artifact.

    `weights` are mean |contribution| in log-odds, by feature; `metrics` are the part's, and `pr_auc`.
    """

    kind: RiskKind
    part: Part
    metrics: Mapping[str, float]
    leavers: int
    treated: int
    untreated: int
    set_aside: int
    roc: Curve
    precision_recall: Curve
    gains: Curve
    lifts: list[float]
    calibration: tuple[Bin, ...]
    families: tuple[Family, ...]
    months: Family
    shifts: list[Shift]
    weights: list[tuple[str, float]]
    effects: tuple[Effect, ...]
    challengers: tuple[Challenger, ...]


def chapter(kind: RiskKind, part: Part, model: KindModel, learned: Learned) -> Chapter:
    """Computed from rows and probabilities of customers that the model had not seen."""
    data, chance = learned.data, learned.probability
    outcomes = Outcomes(data.left, chance, data.customers)
    return Chapter(
        kind=kind,
        part=part,
        metrics={**part.metrics, "pr_auc": quality.average_precision(data.left, chance)},
        leavers=len(np.unique(data.customers[data.left == 1])),
        treated=int(data.treated.sum()),
        untreated=int((~data.treated).sum()),
        set_aside=learned.set_aside,
        roc=quality.roc(data.left, chance),
        precision_recall=quality.precision_recall(data.left, chance),
        gains=quality.gains(data.left, chance),
        lifts=quality.lifts(data.left, chance),
        calibration=quality.calibration(data.left, chance, data.customers),
        families=segments.by_feature(outcomes, data.features),
        months=segments.by_month(outcomes, data.cutoffs),
        shifts=drift.shifts(chance, data.features, data.customers, data.cutoffs),
        weights=effects.weights(model.additive, data.features, NAMES),
        effects=effects.effects(model.additive, data.features, NAMES),
        challengers=learned.challengers,
    )
