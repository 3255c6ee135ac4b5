"""Answers: what each model says of each customer it is asked about, in one matrix for each kind."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from services.scoring.features.state import rounded
from services.scoring.model.kind import KindModel, Models
from services.scoring.model.sight import ASKED, Sight
from services.scoring.model.step_tables import Additive, batch, log_odds, probability
from shared.events.risk import RiskKind

FEWEST_FOR_A_MATRIX = 16
"""Fewer rows than this are scored sooner one by one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`log_odds` are the model's baseline plus the contributions, which are in the order of `NAMES`."""

    kind: RiskKind
    model: KindModel
    log_odds: float
    contributions: Sequence[float]

    @property
    def probability(self) -> float:
        return probability(self.log_odds)


def answers(sights: Sequence[Sight | None], models: Models) -> list[tuple[Answer, ...]]:
    """For each customer an answer of every kind that applies and has a model."""
    found: list[list[Answer]] = [[] for _ in sights]
    vectors = [None if each is None else rounded(each.seen.values()) for each in sights]
    for kind, model in models.items():
        rows = list(_asked(kind, sights))
        scores = _scored(model.additive, [vector for row in rows if (vector := vectors[row]) is not None])
        for row, (score, contributions) in zip(rows, scores, strict=True):
            found[row].append(Answer(kind, model, score, contributions))
    return [tuple(each) for each in found]


def _asked(kind: RiskKind, sights: Sequence[Sight | None]) -> Iterator[int]:
    return (row for row, each in enumerate(sights) if each is not None and kind in ASKED[each.standing])


def _scored(additive: Additive, vectors: Sequence[Sequence[float]]) -> list[tuple[float, list[float]]]:
    if len(vectors) < FEWEST_FOR_A_MATRIX:
        return [log_odds(additive, vector) for vector in vectors]
    scores, contributions = batch(additive, np.array(vectors))
    return list(zip(scores.tolist(), contributions.tolist(), strict=True))
