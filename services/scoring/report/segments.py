"""Segments: the same quality numbers for parts of the customers, and month by month."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import log_loss, roc_auc_score

from services.scoring.features.days import TOKYO
from services.scoring.features.media import KINDS, Kind
from services.scoring.features.state import NAMES

Array = npt.NDArray[Any]
Namer = Callable[[float], str]

FEWEST_OF_EACH = 20
"""Rows of leavers, and of those who stayed, below which an AUC says nothing."""


@dataclass(frozen=True, slots=True)
class Segment:
    """`base_rate`: the share that left; `predicted`: the mean probability; `auc` None where too few."""

    name: str
    rows: int
    customers: int
    base_rate: float
    predicted: float
    auc: float | None
    log_loss: float


@dataclass(frozen=True, slots=True)
class Family:
    """One way to divide the customers: every row is in exactly one segment."""

    title: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What was said of each row, what came of it, and whose row it is."""

    left: Array
    probability: Array
    customers: Array


def by_feature(outcomes: Outcomes, features: Array) -> tuple[Family, ...]:
    """Divided by what the vector tells; a family that tells nothing, or no more than another, is left out."""
    families = [
        by_label(outcomes, title, _labels(features[:, NAMES.index(name)], steps, unknown), _order(steps))
        for title, name, steps, unknown in _FAMILIES
        if name in NAMES
    ]
    told = {family.segments: family for family in reversed(families) if len(family.segments) > 1}
    return tuple(family for family in families if told.get(family.segments) is family)


def by_label(outcomes: Outcomes, title: str, labels: Sequence[str], order: Sequence[str] = ()) -> Family:
    """Divided by a word for each row; segments stand in `order`, others after it by name."""
    words = np.asarray(labels)
    present = sorted(set(labels), key=lambda label: (label not in order, _place(order, label), label))
    return Family(title, tuple(_segment(label, outcomes, words == label) for label in present))


def by_month(outcomes: Outcomes, cutoffs: Sequence[datetime]) -> Family:
    """Divided by the month of the cut-off, in Japan."""
    return by_label(outcomes, "月別", [f"{cutoff.astimezone(TOKYO):%Y-%m}" for cutoff in cutoffs])


def _place(order: Sequence[str], label: str) -> int:
    return order.index(label) if label in order else len(order)


def _segment(name: str, outcomes: Outcomes, rows: Array) -> Segment:
    left, probability = outcomes.left[rows], outcomes.probability[rows]
    leavers = int(left.sum())
    telling = min(leavers, len(left) - leavers) >= FEWEST_OF_EACH
    return Segment(
        name=name,
        rows=len(left),
        customers=len(np.unique(outcomes.customers[rows])),
        base_rate=float(np.mean(left)),
        predicted=float(np.mean(probability)),
        auc=float(roc_auc_score(left, probability)) if telling else None,
        log_loss=float(log_loss(left, probability, labels=[0, 1])),
    )


Steps = tuple[tuple[float, str], ...]
"""Up to and including which value, and what that is called."""

_MORE = float("inf")
_TIMES: Steps = ((0, "0回"), (1, "1回"), (2, "2回"), (3, "3回"), (6, "4〜6回"), (_MORE, "7回以上"))
_MEDIA: dict[Kind, str] = {
    "magazine": "雑誌・紙・放送",
    "line": "LINE",
    "mail": "メール",
    "search": "検索",
    "other": "その他",
    "sns": "SNS",
    "affiliate": "アフィリエイト",
}
_FAMILIES: tuple[tuple[str, str, Steps, str], ...] = (
    ("お届け回数", "deliveries", _TIMES, "定期なし"),
    ("ご注文回数", "orders", _TIMES, "不明"),
    ("回数縛り", "bound_left", ((0, "縛り終了後"), (_MORE, "縛りの期間中")), "縛りなし"),
    ("流入媒体", "media", tuple((float(place), _MEDIA[kind]) for place, kind in enumerate(KINDS)), "不明"),
    (
        "お届け周期",
        "cycle_days",
        ((20, "20日以下"), (35, "21〜35日（毎月）"), (65, "36〜65日（隔月）"), (_MORE, "66日以上")),
        "定期なし",
    ),
    (
        "初回ご注文からの期間",
        "tenure_days",
        ((30, "30日まで"), (90, "31〜90日"), (180, "91〜180日"), (365, "181〜365日"), (_MORE, "1年超")),
        "不明",
    ),
)


def _labels(column: Array, steps: Steps, unknown: str) -> list[str]:
    return [_name(reading, steps, unknown) for reading in column.tolist()]


def _name(reading: float, steps: Steps, unknown: str) -> str:
    return unknown if reading != reading else next(name for limit, name in steps if reading <= limit)


def _order(steps: Steps) -> list[str]:
    return [name for _, name in steps]
