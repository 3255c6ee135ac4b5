"""Truth: a model's probabilities beside the true ones, for a simulated shop it has never seen."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import numpy as np

from deploy.simulated import CART, ORIGIN, SHOP, envelopes
from services.scoring.features.state import EMPTY, CustomerState, fold, in_order
from services.scoring.model.assess import assess_all
from services.scoring.model.episode import Previous
from services.scoring.model.kind import Models
from services.scoring.training.evaluate import against_truth
from services.scoring.training.owners import grouped
from shared.events.envelope import Envelope
from shared.events.refs import customer_ref, is_customer_ref
from simulation.history import history
from simulation.truth import Truth

# What compares levels, not ranks, is fair only where model and truth speak of the same number of days.
OF_LEVEL = ("mean_absolute_error", "calibration_error")


@dataclass(frozen=True, slots=True)
class Pair:
    """What the model said of a customer at a moment, what was true then, and what came of it."""

    kind: str
    said: float
    horizon_days: float
    truth: Truth


def compare(models: Models, seed: int, customers: int, days: int) -> dict[str, dict[str, float]]:
    """For each kind: auc, auc_of_truth, correlation, and the errors in level; `rows` says of how many.

    A kind that nobody left for, or nobody was asked about, has nothing to say.
    """
    lived = history(seed, customers, days, ORIGIN)
    logs = _by_account(grouped(envelopes(lived.webhooks)).by_customer)
    pairs = list(_pairs(models, logs, lived.truths))
    by_kind = {kind: [pair for pair in pairs if pair.kind == kind] for kind in models}
    return {kind: _compared(found) for kind, found in by_kind.items() if _can_be_compared(found)}


def _by_account(logs: Mapping[str, list[Envelope]]) -> dict[str, list[Envelope]]:
    """Each account's log is that of its person: a truth names the account, and scoring knows the person."""
    return {event.subject: log for log in logs.values() for event in log if is_customer_ref(event.subject)}


def _can_be_compared(pairs: Sequence[Pair]) -> bool:
    return len({pair.truth.left for pair in pairs}) == 2


def _compared(pairs: Sequence[Pair]) -> dict[str, float]:
    said = np.array([pair.said for pair in pairs])
    true = np.array([pair.truth.p_true for pair in pairs])
    left = np.array([pair.truth.left for pair in pairs])
    found = against_truth(left, said, true)
    if any(pair.horizon_days != pair.truth.horizon_days for pair in pairs):
        found = {name: value for name, value in found.items() if name not in OF_LEVEL}
    return {"rows": len(pairs), **found}


def _pairs(models: Models, logs: Mapping[str, Sequence[Envelope]], truths: Sequence[Truth]) -> Iterator[Pair]:
    ordered = sorted(truths, key=lambda truth: (truth.customer, truth.cutoff))
    for customer, asked in groupby(ordered, key=lambda truth: truth.customer):
        rows = list(asked)
        log = in_order(logs.get(customer_ref(SHOP, CART, customer), ()))
        states = list(_states(log, [row.cutoff for row in rows]))
        assessed = assess_all([(state, Previous()) for state in states], [row.cutoff for row in rows], models)
        for row, assessment in zip(rows, assessed, strict=True):
            chance = assessment.risks.get(row.kind)
            if chance is not None:
                yield Pair(row.kind, chance.probability, chance.horizon_days, row)


def _states(log: Sequence[Envelope], cutoffs: Sequence[datetime]) -> Iterator[CustomerState]:
    """The state at each of these moments, which rise."""
    state, position = EMPTY, 0
    for cutoff in cutoffs:
        while position < len(log) and log[position].time < cutoff:
            state, position = fold(state, log[position]), position + 1
        yield state
