"""Season: the time of year, for customers known for a whole one.

Source: the cut-off alone, by the calendar of Asia/Tokyo, and the first fact about the customer. Nothing can
leak through it, but with less than a year of history a season is only another name for a few weeks, and a
model would learn what happened in those: until then it is nan.
"""

from datetime import datetime
from math import cos, nan, pi, sin

import msgspec

from services.scoring.features.days import TOKYO, days_since, seconds
from shared.events.envelope import Envelope

YEAR_DAYS = 365.0

GIFTS = (((7, 1), (7, 15)), ((12, 1), (12, 31)))
"""お中元 and お歳暮: first and last (month, day)."""


class Season(msgspec.Struct, frozen=True, array_like=True):
    first: float | None = None


def update(state: Season, envelope: Envelope) -> Season:
    return Season(seconds(envelope.time)) if state.first is None else state


def read(state: Season, cutoff: datetime) -> dict[str, float]:
    """season_sin, season_cos: where in the year, 1 January at (0, 1); gift_season: 1 in お中元 and お歳暮."""
    if not days_since(state.first, seconds(cutoff)) >= YEAR_DAYS:
        return {"season_sin": nan, "season_cos": nan, "gift_season": nan}
    today = cutoff.astimezone(TOKYO)
    angle = 2 * pi * (today.timetuple().tm_yday - 1) / 365.25
    giving = any(first <= (today.month, today.day) <= last for first, last in GIFTS)
    return {"season_sin": sin(angle), "season_cos": cos(angle), "gift_season": float(giving)}
