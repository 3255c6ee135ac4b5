"""Alerts: the episodes that bands would have begun and ended, one at a time for each customer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from services.scoring.model.bands import Bands
from services.scoring.replay.days import Days
from shared.events.risk import RiskKind

Array = npt.NDArray[Any]
KindBands = Mapping[RiskKind, Bands]

NONE = -1


@dataclass(frozen=True, slots=True)
class Alert:
    """`customer`, `began` and `ended` are positions in `Days`; `ended` None: still open on the last day."""

    customer: int
    kind: RiskKind
    began: int
    ended: int | None
    probability: float
    value: float
    critical: bool


def alerts(days: Days, bands: KindBands) -> list[Alert]:
    """As `episode.to_tell` has it: an open one keeps its kind, a new one is of the highest band, or rank."""
    kinds = tuple(bands)
    chances = np.stack([days.chances[kind] for kind in kinds])
    weight = np.stack([days.weight[kind] for kind in kinds])
    open_kind = np.full(len(days.refs), NONE)
    since = np.zeros(len(days.refs), dtype=int)
    found: list[Alert] = []
    for day in range(len(days.moments)):
        now = _open(chances[:, day], open_kind, weight[:, day], [bands[kind] for kind in kinds])
        for customer in np.flatnonzero((now != open_kind) & (open_kind != NONE)):
            kind = kinds[open_kind[customer]]
            found.append(_alert(days, bands[kind], kind, int(customer), int(since[customer]), day))
        since = np.where((now != open_kind) & (now != NONE), day, since)
        open_kind = now
    for customer in np.flatnonzero(open_kind != NONE):
        kind = kinds[open_kind[customer]]
        found.append(_alert(days, bands[kind], kind, int(customer), int(since[customer]), None))
    return sorted(found, key=lambda alert: (alert.began, alert.customer))


def _open(chances: Array, before: Array, weight: Array, bands: list[Bands]) -> Array:
    """The kind of each customer's open episode today, as its position; arrays are kinds × customers."""
    high, critical = (np.array([[getattr(each, name)] for each in bands]) for name in ("high", "critical"))
    margin = np.array([[each.margin] for each in bands])
    own = np.arange(len(bands))[:, None] == before
    held = (own & (chances >= high * (1 - margin))).any(axis=0)
    risky = chances >= high
    rank = np.where(risky, 1.0 + (chances >= critical), 0.0)
    first = np.lexsort((np.where(risky, chances * weight, 0.0), rank), axis=0)[-1]
    return np.where(held, before, np.where(risky.any(axis=0), first, NONE))


def _alert(days: Days, bands: Bands, kind: RiskKind, customer: int, began: int, ended: int | None) -> Alert:
    chance = float(days.chances[kind][began, customer])
    value = float(days.value[began, customer])
    return Alert(customer, kind, began, ended, chance, value, chance >= bands.critical)
