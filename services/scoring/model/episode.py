"""Episode: one stay in a high band, of one kind of leaving; a customer has at most one at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.scoring.model.answers import Answer
from services.scoring.model.bands import AT_RISK, ORDER, band
from services.scoring.model.priority import priority
from shared.events.risk import Band, Phase, RiskKind

MATERIAL = 0.25
"""A priority that moved by more, against the one last told, is told again."""

SAME_PARCEL = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Previous:
    """What was last told of this customer: band, open episode, its priority, next parcel, kind of leaving."""

    band: Band = "low"
    episode: str | None = None
    priority: float = 0.0
    due: datetime | None = None
    kind: RiskKind = "subscription"


@dataclass(frozen=True, slots=True)
class Judged:
    """One model's answer with its band and rank."""

    answer: Answer
    band: Band
    priority: float


def judge(answer: Answer, previous: Previous, value: int, days_left: float | None) -> Judged:
    """A band is held on to only in the kind in which it was told."""
    chance = answer.probability
    before: Band = previous.band if previous.kind == answer.kind else "low"
    return Judged(answer, band(answer.model.bands, chance, before), priority(value, chance, days_left))


def to_tell(judged: Sequence[Judged], previous: Previous) -> Judged:
    """The kind of the open episode while it is asked about, else the one in the highest band, then rank."""
    held = [each for each in judged if previous.episode and each.answer.kind == previous.kind]
    return held[0] if held else max(judged, key=lambda each: (ORDER.index(each.band), each.priority))


def phase(told: Judged, parcel: datetime | None, previous: Previous) -> Phase | None:
    """What to say of the episode: it begins, changes or ends. None: nothing new.

    When the kind of an episode is over, so is the episode; a risk of another kind begins one of its own at
    the next look.
    """
    if previous.episode is None:
        return "entered" if told.band in AT_RISK else None
    if told.band not in AT_RISK or told.answer.kind != previous.kind:
        return "left"
    moved = abs(told.priority - previous.priority) > MATERIAL * previous.priority
    return "changed" if moved or told.band != previous.band or _another(parcel, previous.due) else None


def _another(parcel: datetime | None, told: datetime | None) -> bool:
    """Whether the next parcel is not the one last told of: its cut-off is what the desk works against."""
    if parcel is None or told is None:
        return parcel is not told
    return abs(parcel - told) > SAME_PARCEL
