"""Creatives: which words of one step do better (A/B), among those whose message had begun to go out."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from services.notifier.effect.arms import Arms, arms_of
from services.notifier.effect.difference import Difference
from services.notifier.effect.holm import holm
from services.notifier.effect.means import means
from services.notifier.effect.shares import shares
from services.notifier.effect.unit import Unit


@dataclass(frozen=True, slots=True)
class Contest:
    """`other` beside `base` in one step and way; differences are other minus base, two-sided.

    `p` is that of retention, adjusted for all contests of the scenario.
    """

    step: str
    way: str
    base: str
    other: str
    of_base: int
    of_other: int
    kept_base: int
    kept_other: int
    retention: Difference
    profit: Difference
    p: float | None


def contests(units: Sequence[Unit], margin: float) -> list[Contest]:
    """Each creative beside the first by name. Of ripe units that were sent to.

    What words a customer gets is drawn by hash before it is known whether the message will go out, so that
    those who got the one and those who got the other are alike.
    """
    drawn: dict[tuple[str, str], dict[str, list[Unit]]] = defaultdict(lambda: defaultdict(list))
    for unit in units:
        for one in unit.drawn:
            drawn[one.step, one.way][one.creative].append(unit)
    found = [
        _contest(place, base, other, by_key, margin)
        for place, by_key in sorted(drawn.items())
        for base, other in _pairs(sorted(by_key))
    ]
    return [replace(one, p=p) for one, p in zip(found, holm([one.retention.p for one in found]), strict=True)]


def _pairs(keys: Sequence[str]) -> list[tuple[str, str]]:
    return [(keys[0], other) for other in keys[1:]]


def _contest(
    place: tuple[str, str], base: str, other: str, by_key: dict[str, list[Unit]], margin: float
) -> Contest:
    first, second = by_key[base], by_key[other]
    arms = _arms(second, first)
    both = [*second, *first]
    return Contest(
        *place,
        base,
        other,
        len(first),
        len(second),
        sum(one.retained for one in first),
        sum(one.retained for one in second),
        retention=shares(arms, np.array([one.retained for one in both], dtype=np.float64)),
        profit=means(arms, np.array([one.sales * margin for one in both], dtype=np.float64)),
        p=None,
    )


def _arms(first: Sequence[Unit], second: Sequence[Unit]) -> Arms:
    customers = [one.customer for one in (*first, *second)]
    return arms_of(customers, [True] * len(first) + [False] * len(second))
