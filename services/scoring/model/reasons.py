"""Reasons: a closed list of sentences, each said only if it is true and has weight in this very score.

Features that speak of one thing are one group: its weight is the sum of their contributions, in log-odds.
With the baseline the groups' weights add up to the score.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from services.scoring.features.days import TOKYO
from services.scoring.features.state import NAMES
from services.scoring.model.reasons_engagement import ENGAGEMENT
from services.scoring.model.reasons_purchase import PURCHASE
from services.scoring.model.reasons_sentence import DAY_GONE, Group, Readings, Sentence, always, said
from services.scoring.model.reasons_subscription import SUBSCRIPTION
from shared.events.risk import Reason

FLOOR = 0.05
"""A group that moves the log-odds by less is no reason: 5 % of the odds."""

MOST = 5

ENOUGH = 3
"""What only says how things are (an order every thirty days) fills up to so many where signs are fewer."""

GROUPS: tuple[Group, ...] = (*SUBSCRIPTION, *PURCHASE, *ENGAGEMENT)

EITHER_SIDE = frozenset(
    sentence.code for group in GROUPS for sentence in group.sentences if sentence in group.strengths
)
"""Codes of sentences that only say how things are."""

UNTOLD = Sentence("similar_customers", "離脱した方に近いご購入の傾向", always)
"""Said when the score is raised only by what no sentence puts into words."""

_COLUMNS = tuple((group, tuple(NAMES.index(name) for name in group.features)) for group in GROUPS)


def weights(contributions: Sequence[float]) -> Iterator[tuple[Group, float]]:
    """What each group adds to the log-odds; `contributions` are in the order of `NAMES`."""
    for group, columns in _COLUMNS:
        yield group, sum(map(contributions.__getitem__, columns))


def reasons(seen: Readings, contributions: Sequence[float], cutoff: datetime) -> tuple[Reason, ...]:
    """What raises this score most, weightiest first; `seen` are the readings at `cutoff`."""
    dated = _dated(seen, cutoff)
    heavy = [(group, weight) for group, weight in weights(contributions) if weight > 0]
    told = ((group, weight) for group, weight in heavy if weight >= FLOOR)
    found = [reason for group, weight in told for reason in _first_true(group.sentences, dated, weight)]
    raised = sum(weight for _, weight in heavy)
    if not found and raised >= FLOOR:
        return (said(UNTOLD, {}, raised),)
    return _weightiest(found)


def strengths(seen: Readings, contributions: Sequence[float], cutoff: datetime) -> tuple[Reason, ...]:
    """What lowers it most, weightiest first: what speaks for this customer staying."""
    dated = _dated(seen, cutoff)
    light = [(group, weight) for group, weight in weights(contributions) if weight <= -FLOOR]
    return _weightiest(
        [reason for group, weight in light for reason in _first_true(group.strengths, dated, weight)]
    )


def _weightiest(found: Sequence[Reason]) -> tuple[Reason, ...]:
    ordered = sorted(found, key=lambda reason: -abs(reason.contribution))
    plain = [reason for reason in ordered if reason.code not in EITHER_SIDE][:MOST]
    rest = [reason for reason in ordered if reason.code in EITHER_SIDE][: max(ENOUGH - len(plain), 0)]
    return tuple(reason for reason in ordered if reason in plain or reason in rest)


def _dated(seen: Readings, cutoff: datetime) -> Readings:
    local = cutoff.astimezone(TOKYO)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return {**seen, DAY_GONE: (local - midnight).total_seconds() / 86_400}


def _first_true(sentences: Sequence[Sentence], seen: Readings, weight: float) -> list[Reason]:
    for sentence in sentences:
        facts = sentence.facts(seen)
        if facts is not None:
            return [said(sentence, facts, weight)]
    return []
