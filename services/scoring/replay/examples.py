"""Examples: customers whom other bands would tell of, or would not tell of any more."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from services.scoring.model.assess import assess
from services.scoring.model.episode import Previous
from services.scoring.model.kind import Models
from services.scoring.replay.alerts import Alert
from services.scoring.replay.days import Days
from shared.events.risk import RiskKind

MOST = 5


class Example(msgspec.Struct, frozen=True):
    """One customer on the day of the alert that only one of the two would have raised."""

    customer: str
    change: Literal["new", "gone"]
    kind: RiskKind
    date: str
    probability: float
    value: int
    reasons: tuple[str, ...]


def examples(
    days: Days, now: Sequence[Alert], new: Sequence[Alert], models: Models, counted: int
) -> list[Example]:
    """The most valuable few of either sort, among the alerts of the last `counted` days."""
    first = len(days.moments) - counted
    return [
        *(_example(days, alert, "new", models) for alert in _only(new, now, first)),
        *(_example(days, alert, "gone", models) for alert in _only(now, new, first)),
    ]


def _only(these: Sequence[Alert], those: Sequence[Alert], first: int) -> list[Alert]:
    """A customer whom the others told of in these days as well, or still had open, is no difference."""
    known = {alert.customer for alert in those if alert.ended is None or alert.ended >= first}
    found = [alert for alert in these if alert.began >= first and alert.customer not in known]
    return sorted(found, key=lambda alert: -alert.value * alert.probability)[:MOST]


def _example(days: Days, alert: Alert, change: Literal["new", "gone"], models: Models) -> Example:
    moment = days.moments[alert.began]
    held = Previous(episode="replayed", kind=alert.kind)
    assessed = assess(days.states[alert.began][alert.customer], held, moment, models)
    return Example(
        customer=days.refs[alert.customer],
        change=change,
        kind=alert.kind,
        date=moment.date().isoformat(),
        probability=alert.probability,
        value=round(alert.value),
        reasons=tuple(reason.text for reason in assessed.reasons[:2]),
    )
