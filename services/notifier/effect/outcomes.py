"""Outcomes: both arms side by side, and by how much they differ."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.notifier.effect.arms import Arms, Floats, arms_of
from services.notifier.effect.difference import NOTHING, Difference
from services.notifier.effect.means import means
from services.notifier.effect.ratio import Ratio, ratio
from services.notifier.effect.sequential import Arm, Verdict, verdict
from services.notifier.effect.shares import effective, shares
from services.notifier.effect.unit import Unit


@dataclass(frozen=True, slots=True)
class Side:
    """One arm's ripe enrolments; sums, money in the smallest unit."""

    enrolments: int
    customers: int
    retained: int
    orders: int
    sales: int
    profit: float
    cost: float


@dataclass(frozen=True, slots=True)
class Outcomes:
    """`sent` and `held` as they are; differences are of means for one enrolment, sent minus held."""

    sent: Side
    held: Side
    retention: Difference
    orders: Difference
    profit: Difference
    cost: Difference
    per_spent: Ratio
    verdict: Verdict


def outcomes(units: Sequence[Unit], margin: float) -> Outcomes:
    """Of ripe units; sales times `margin` are gross profit."""
    arms = arms_of([one.customer for one in units], [not one.held for one in units])
    retained = _column([one.retained for one in units])
    profit = _column([one.sales * margin for one in units])
    cost = _column([one.cost for one in units])
    both = bool(arms.size(True) and arms.size(False))
    return Outcomes(
        sent=_side([one for one in units if not one.held], margin),
        held=_side([one for one in units if one.held], margin),
        retention=shares(arms, retained) if both else NOTHING,
        orders=means(arms, _column([one.orders for one in units])),
        profit=means(arms, profit),
        cost=means(arms, cost),
        per_spent=ratio(arms, profit, cost),
        verdict=verdict(_arm(arms, retained, True), _arm(arms, retained, False)),
    )


def _column(values: Sequence[float]) -> Floats:
    return np.array(values, dtype=np.float64)


def _side(units: Sequence[Unit], margin: float) -> Side:
    sales = sum(one.sales for one in units)
    return Side(
        enrolments=len(units),
        customers=len({one.customer for one in units}),
        retained=sum(one.retained for one in units),
        orders=sum(one.orders for one in units),
        sales=sales,
        profit=sales * margin,
        cost=sum(one.cost for one in units),
    )


def _arm(arms: Arms, retained: Floats, first: bool) -> Arm:
    if not arms.size(first):
        return Arm(0.0, 0.0)
    size = effective(arms, retained, first)
    return Arm(arms.share(retained, first) * size, size)
