"""Effect: what bands would have meant for the desk, and how well they would have told who leaves."""

from collections.abc import Mapping, Sequence
from statistics import median

import msgspec
import numpy as np

from services.scoring.model.bands import Bands
from services.scoring.model.kind import Models
from services.scoring.replay.alerts import Alert, KindBands
from services.scoring.replay.days import Days
from services.scoring.replay.outcome import Leaver, left_after
from shared.events.risk import RiskKind


class KindEffect(msgspec.Struct, frozen=True):
    """Of one kind: alerts begun, and the precision as in `Effect`."""

    alerts: int
    ripe: int
    precision: float | None


class Effect(msgspec.Struct, frozen=True):
    """Of the last days of a replay; None where there was nothing to divide by.

    by_day: alerts begun, oldest first. open_at_end: alerts still open. value: at risk of those alerted, in
    minor units. precision: share of the alerted who left within the horizon, of the `ripe` alerts: those of
    as many days one horizon earlier, whose outcome is known. recall: share of the `leavers` of these days
    who had an open alert on the day before. lead_days: median days from that alert to the leaving.
    """

    bands: dict[RiskKind, Bands]
    by_day: tuple[int, ...]
    per_day: float
    busiest: int
    by_kind: dict[RiskKind, KindEffect]
    critical: int
    open_at_end: int
    value: int
    ripe: int
    precision: float | None
    leavers: int
    recall: float | None
    lead_days: float | None
    population: dict[RiskKind, dict[str, int]]


def effect(
    days: Days,
    bands: KindBands,
    told: Sequence[Alert],
    gone: Sequence[Leaver],
    models: Models,
    counted: int,
) -> Effect:
    last = len(days.moments)
    begun = [alert for alert in told if alert.began >= last - counted]
    by_day = np.bincount([alert.began - (last - counted) for alert in begun], minlength=counted)
    came_true = _came_true(days, told, models, counted)
    leads = [lead for leaver in gone if (lead := _lead(leaver, told)) is not None]
    return Effect(
        bands=dict(bands),
        by_day=tuple(by_day.tolist()),
        per_day=len(begun) / counted,
        busiest=int(by_day.max()),
        by_kind={kind: _of_kind(kind, begun, came_true) for kind in bands},
        critical=sum(alert.critical for alert in begun),
        open_at_end=sum(alert.ended is None for alert in told),
        value=round(sum(alert.value for alert in begun)),
        ripe=len(came_true),
        precision=_share(sum(true for _, true in came_true), len(came_true)),
        leavers=len(gone),
        recall=_share(len(leads), len(gone)),
        lead_days=median(leads) if leads else None,
        population={kind: _bands_of(days, kind, bands[kind]) for kind in bands},
    )


def _came_true(
    days: Days, told: Sequence[Alert], models: Models, counted: int
) -> list[tuple[RiskKind, bool]]:
    """Of the newest alerts whose outcome is known, as many days' worth: did the customer leave?"""
    known = []
    for alert in told:
        horizon = models[alert.kind].horizon_days
        last_ripe = len(days.moments) - 1 - round(horizon)
        if max(last_ripe - counted, 0) < alert.began <= last_ripe:
            known.append((alert.kind, left_after(days, alert, horizon)))
    return [(kind, true) for kind, true in known if true is not None]


def _of_kind(
    kind: RiskKind, begun: Sequence[Alert], came_true: Sequence[tuple[RiskKind, bool]]
) -> KindEffect:
    ripe = [true for of, true in came_true if of == kind]
    return KindEffect(sum(alert.kind == kind for alert in begun), len(ripe), _share(sum(ripe), len(ripe)))


def _lead(leaver: Leaver, told: Sequence[Alert]) -> int | None:
    """Days from the alert that was open on the day before, to the leaving."""
    began = (
        alert.began
        for alert in told
        if alert.customer == leaver.customer
        and alert.began < leaver.day
        and (alert.ended is None or alert.ended >= leaver.day)
    )
    first = next(began, None)
    return None if first is None else leaver.day - first


def _bands_of(days: Days, kind: RiskKind, bands: Bands) -> dict[str, int]:
    """How many customers would be in which band on the last day."""
    chances = days.chances[kind][-1]
    known = chances[~np.isnan(chances)]
    above: Mapping[str, int] = {
        name: int((known >= getattr(bands, name)).sum()) for name in ("medium", "high", "critical")
    }
    return {
        "critical": above["critical"],
        "high": above["high"] - above["critical"],
        "medium": above["medium"] - above["high"],
        "low": len(known) - above["medium"],
    }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
