"""Assess: from a customer's state to the risk that they leave, why, its urgency, when to look again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from services.scoring.features import spend
from services.scoring.features.days import moment
from services.scoring.features.state import CustomerState, Standing, standing
from services.scoring.model.answers import Answer, answers
from services.scoring.model.bands import AT_RISK
from services.scoring.model.episode import Judged, Previous, judge, phase, to_tell
from services.scoring.model.kind import Models
from services.scoring.model.look import next_look_at
from services.scoring.model.priority import value_at_risk
from services.scoring.model.reasons import reasons, strengths
from services.scoring.model.sight import ASKED, Sight, sight
from shared.events.money import Money
from shared.events.risk import Band, Phase, Reason, RiskKind, Rung

OTHER_RISK_AFTER = timedelta(hours=1)
"""An episode is over and the customer is at risk of another kind: looked at again so soon."""


class Chance(msgspec.Struct, frozen=True):
    """What one model says: the calibrated probability of leaving in its way within its horizon."""

    probability: float
    band: Band
    horizon_days: float
    rung: Rung


class Assessment(msgspec.Struct, frozen=True):
    """`kind` is the one told; `risks` has every model's answer. `cutoff`: until then the parcel can change.

    `standing` gone or unknown: there is no score, and probability and value are 0.
    """

    standing: Standing
    kind: RiskKind
    probability: float
    band: Band
    previous_band: Band
    phase: Phase | None
    priority: float
    value_at_risk: Money
    horizon_days: float
    rung: Rung = "full"
    risks: dict[RiskKind, Chance] = {}
    reasons: tuple[Reason, ...] = ()
    strengths: tuple[Reason, ...] = ()
    next_look_at: datetime | None = None
    subscription: str | None = None
    delivery_number: int | None = None
    min_deliveries: int | None = None
    due: datetime | None = None
    cutoff: datetime | None = None


def assess(state: CustomerState, previous: Previous, cutoff: datetime, models: Models) -> Assessment:
    return assess_all([(state, previous)], [cutoff], models)[0]


def assess_all(
    items: Sequence[tuple[CustomerState, Previous]], cutoffs: Sequence[datetime], models: Models
) -> list[Assessment]:
    """Many customers, each at its own cut-off; one matrix for each kind."""
    sights = [sight(state, cutoff) for (state, _), cutoff in zip(items, cutoffs, strict=True)]
    return [
        _unscored(state, previous, cutoff, models)
        if seen is None or not said
        else _assessed(seen, said, previous, models)
        for (state, previous), cutoff, seen, said in zip(
            items, cutoffs, sights, answers(sights, models), strict=True
        )
    ]


def worth(seen: Sight, said: Sequence[Answer], models: Models) -> int:
    """The value at risk, in minor units: a contract is worth the same however it ends."""
    model = models.get(ASKED[seen.standing][0], said[0].model)
    gap, amount = seen.gap_days(model.horizon_days), spend.usual_amount(seen.state.spend)
    return value_at_risk(amount, gap, seen.order_number, model)


def days_left(seen: Sight, answer: Answer) -> float | None:
    """Until it is too late to act; a card that fails can be mended whenever the next parcel is due."""
    return None if answer.kind == "payment" else seen.days_left(answer.model.horizon_days)


def _assessed(seen: Sight, said: Sequence[Answer], previous: Previous, models: Models) -> Assessment:
    value = worth(seen, said, models)
    judged = [judge(answer, previous, value, days_left(seen, answer)) for answer in said]
    told = to_tell(judged, previous)
    contract, due = seen.contract, _when(seen.due)
    happens = phase(told, due, previous)
    return Assessment(
        standing=seen.standing,
        kind=told.answer.kind,
        probability=told.answer.probability,
        band=told.band,
        previous_band=previous.band,
        phase=happens,
        priority=told.priority,
        value_at_risk=Money(value, seen.state.spend.currency or "JPY"),
        horizon_days=told.answer.model.horizon_days,
        rung=told.answer.model.rung,
        risks={each.answer.kind: _chance(each) for each in judged},
        reasons=reasons(seen.seen, told.answer.contributions, seen.cutoff),
        strengths=strengths(seen.seen, told.answer.contributions, seen.cutoff),
        next_look_at=_next_look(seen, judged, happens),
        subscription=contract.id if contract else None,
        delivery_number=contract.deliveries if contract else None,
        min_deliveries=(contract.min_deliveries or None) if contract else None,
        due=due,
        cutoff=_when(seen.shipment_cutoff),
    )


def _chance(judged: Judged) -> Chance:
    model = judged.answer.model
    return Chance(judged.answer.probability, judged.band, model.horizon_days, model.rung)


def _next_look(seen: Sight, judged: Sequence[Judged], happens: Phase | None) -> datetime:
    if happens == "left" and any(each.band in AT_RISK for each in judged):
        return seen.cutoff + OTHER_RISK_AFTER
    return next_look_at(seen.silence(), seen.cutoff)


def _unscored(state: CustomerState, previous: Previous, cutoff: datetime, models: Models) -> Assessment:
    """Nobody left to lose, or nothing to say: whatever was open is over."""
    kind: RiskKind = "subscription" if state.subscription.contracts else "repeat"
    return Assessment(
        standing="gone" if standing(state, cutoff) == "gone" else "unknown",
        kind=previous.kind if previous.episode else kind,
        probability=0.0,
        band="low",
        previous_band=previous.band,
        phase="left" if previous.episode else None,
        priority=0.0,
        value_at_risk=Money(0, state.spend.currency or "JPY"),
        horizon_days=models[kind].horizon_days if kind in models else 0.0,
    )


def _when(at: float | None) -> datetime | None:
    return None if at is None else moment(at)
