"""Look: when silence itself will say something new of a customer, so when to score them again."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.scoring.features.days import DAY, moment, seconds

LATEST = timedelta(days=7)
"""Slow changes (a season, the time since the first order) are seen within a week."""

SOONEST_HOURS, SOONEST_DAYS = 1.0, 1.0
GAPS = (1.0, 1.5, 2.0, 3.0)
PRIOR_GAP_DAYS = 30.0
"""The gap of somebody who has ordered once: what most contracts deliver at."""

FADES_AFTER_DAYS = (1.0, 3.0)
"""A signal (a look at the 解約 page, a failed charge) is weaker the day after, and again later."""

SPREAD_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Silence:
    """What time alone changes. Moments are epoch seconds; None: there is no such thing.

    `lead_days`: a parcel can be changed until so many days before it is due. `gap_days`: the usual gap.
    `newest`: the last fact of any sort. `share` in [0, 1): a constant of this customer, which spreads
    customers whose parcels are due at one stroke.
    """

    due: float | None
    lead_days: float
    ordered: float | None
    gap_days: float | None
    newest: float | None
    share: float


def next_look_at(silence: Silence, now: datetime) -> datetime:
    """After `now`: within an hour of the next moment that matters, a week from now at the latest.

    Not sooner than a thirtieth of the customer's gap, kept between an hour and a day.
    """
    start = seconds(now)
    latest = LATEST.total_seconds() - silence.share * DAY
    coming = min((each - start for each in _moments(silence) if each > start), default=latest)
    wait = max(coming + silence.share * SPREAD_SECONDS, _soonest(silence))
    return moment(start + min(wait, latest))


def _moments(silence: Silence) -> list[float]:
    moments = [] if silence.newest is None else [silence.newest + days * DAY for days in FADES_AFTER_DAYS]
    if silence.due is not None:
        moments += [silence.due - silence.lead_days * DAY, silence.due, silence.due + DAY]
    if silence.ordered is not None:
        gap = silence.gap_days or PRIOR_GAP_DAYS
        moments += [silence.ordered + gaps * gap * DAY for gaps in GAPS]
    return moments


def _soonest(silence: Silence) -> float:
    days = (silence.gap_days or PRIOR_GAP_DAYS) / PRIOR_GAP_DAYS
    return min(max(days, SOONEST_HOURS / 24), SOONEST_DAYS) * DAY
