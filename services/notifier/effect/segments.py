"""Segments: the effect apart for customers who were different before anything was sent."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np

from services.notifier.effect.arms import arms_of
from services.notifier.effect.difference import Difference
from services.notifier.effect.holm import holm
from services.notifier.effect.shares import shares
from services.notifier.effect.unit import By, Unit

SURE = 0.05
_DELIVERIES = ((1, "1"), (2, "2"), (3, "3"), (6, "4-6"))
_THIRDS = ("low", "middle", "high")


@dataclass(frozen=True, slots=True)
class Segment:
    """Who shares `key` of `by`, None where it is not known; `sent` and `held` count ripe enrolments.

    `p` is adjusted for the other segments of the same kind; `harmful`: contact makes these leave for sure.
    """

    by: By
    key: str | None
    sent: int
    held: int
    retention: Difference
    p: float | None
    harmful: bool


def segments(units: Sequence[Unit]) -> list[Segment]:
    """Of ripe units, by each kind of segment that tells at least two apart."""
    bounds = thirds(units)
    return [found for by in get_args(By) for found in _by(by, units, bounds)]


def key_of(unit: Unit, by: By, bounds: tuple[int, int]) -> str | None:
    """What a unit is filed under; `bounds` are those of `thirds`."""
    match by:
        case "delivery":
            return _delivery(unit.delivery)
        case "spent":
            return _THIRDS[(unit.before > bounds[0]) + (unit.before > bounds[1])]
        case _:
            key: str | None = getattr(unit, by)
            return key


def thirds(units: Sequence[Unit]) -> tuple[int, int]:
    """The sales of the year before that part customers in three, both arms together."""
    if not units:
        return 0, 0
    low, high = np.quantile([one.before for one in units], (1 / 3, 2 / 3), method="inverted_cdf")
    return int(low), int(high)


def _delivery(number: int | None) -> str | None:
    if number is None:
        return None
    return next((key for most, key in _DELIVERIES if number <= most), "7+")


def _by(by: By, units: Sequence[Unit], bounds: tuple[int, int]) -> list[Segment]:
    groups: Mapping[str | None, list[Unit]] = _grouped(units, lambda one: key_of(one, by, bounds))
    if len(groups) < 2:
        return []
    keys = sorted(groups, key=lambda key: _place(by, key, len(groups[key])))
    found = [_retention(groups[key]) for key in keys]
    adjusted = holm([one.p for one in found])
    rows = zip(keys, found, adjusted, strict=True)
    return [_segment(by, key, groups[key], difference, p) for key, difference, p in rows]


def _segment(by: By, key: str | None, units: Sequence[Unit], found: Difference, p: float | None) -> Segment:
    held = sum(one.held for one in units)
    harmful = found.high is not None and found.high < 0 and p is not None and p < SURE
    return Segment(by, key, len(units) - held, held, found, p, harmful)


def _retention(units: Sequence[Unit]) -> Difference:
    arms = arms_of([one.customer for one in units], [not one.held for one in units])
    return shares(arms, np.array([one.retained for one in units], dtype=np.float64))


def _grouped(units: Sequence[Unit], key: Callable[[Unit], str | None]) -> dict[str | None, list[Unit]]:
    groups: dict[str | None, list[Unit]] = defaultdict(list)
    for one in units:
        groups[key(one)].append(one)
    return groups


_ORDER = {"high": 2, "middle": 1, "low": 0}


def _place(by: By, key: str | None, many: int) -> tuple[bool, float, str]:
    """Delivery numbers and spending in their order, all else by its number; the unknown last."""
    if key is None:
        return True, 0, ""
    if by == "spent":
        return False, _ORDER[key], key
    return (False, 0, key) if by == "delivery" else (False, -many, key)
