"""Ladder: how much a shop's history can teach: the level of another shop's model, three features, or all.

Below some five hundred customers logistic regression on three features ranks better than boosted trees do
(measured on five public data sets).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import log_loss

from services.scoring.artifact import Part
from services.scoring.training.dataset import Dataset, Progress
from services.scoring.training.fit import Fitted, fit
from services.scoring.training.prior import recalibrated
from services.scoring.training.rfm import fit_rfm
from shared.events.risk import RiskKind, Rung

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Customers with rows, those of them seen to leave, and those seen to stay (most are both in turn)."""

    customers: int
    left: int
    stayed: int

    def reaches(self, needed: "Evidence") -> bool:
        return (
            self.customers >= needed.customers and self.left >= needed.left and self.stayed >= needed.stayed
        )


FULL = Evidence(500, 50, 50)
RFM = Evidence(100, 30, 30)


@dataclass(frozen=True, slots=True)
class Climbed:
    """The model taken; `others` are the out-of-fold probabilities of the rungs tried beside it."""

    rung: Rung
    fitted: Fitted
    why: str
    others: Mapping[str, Array]


def evidence(data: Dataset) -> Evidence:
    gone = data.left == 1
    return Evidence(*(len(np.unique(data.customers[rows])) for rows in (slice(None), gone, ~gone)))


def reachable(found: Evidence) -> Rung:
    """The highest rung worth a try."""
    if found.reaches(FULL):
        return "full"
    return "rfm" if found.reaches(RFM) else "prior"


def climb(
    kind: RiskKind, data: Dataset, horizon_days: float, prior: Part | None, progress: Progress
) -> Climbed | str:
    """The highest rung that is no worse than the one below it; or why there is none."""
    found = evidence(data)
    highest = reachable(found)
    if highest == "prior":
        return _prior(data, found, prior, horizon_days)
    rfm = fit_rfm(kind, data, horizon_days, progress)
    if highest == "rfm":
        why = f"{_told(found)}: enough for three features, not for all (it takes {_told(FULL)})"
        return Climbed("rfm", rfm, why, {})
    return better(data.left, rfm, fit(kind, data, progress))


def better(left: Array, rfm: Fitted, full: Fitted) -> Climbed:
    """All features if they tell more than three do, of customers neither model had seen."""
    few, all_of_them = (float(log_loss(left, fitted.probability)) for fitted in (rfm, full))
    losses = f"log loss {all_of_them:.4f} of all features, {few:.4f} of three"
    if all_of_them < few:
        return Climbed("full", full, losses, {"rfm": rfm.probability})
    return Climbed("rfm", rfm, f"all features were no better: {losses}", {"full": full.probability})


def _prior(data: Dataset, found: Evidence, prior: Part | None, horizon_days: float) -> Climbed | str:
    if prior is None or prior.horizon_days != horizon_days:
        return f"{_told(found)}; it takes {_told(RFM)}"
    fitted = recalibrated(prior, data)
    adjusted = "its level adjusted" if found.customers else "as it is, for nothing can be said of it here"
    return Climbed("prior", fitted, f"{_told(found)}: another shop's model, {adjusted}", {})


def _told(found: Evidence) -> str:
    return f"{found.customers} customers, {found.left} seen to leave and {found.stayed} to stay"
