"""Assess: from a customer's state to the risk that they leave, why, its urgency, when to look again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from services.scoring.features import rhythm, spend, subscription
from services.scoring.features.contract import Contract, due
from services.scoring.features.days import DAY, moment, seconds
from services.scoring.features.state import CustomerState, Standing, readings, rounded, standing
from services.scoring.model.bands import AT_RISK, band
from services.scoring.model.kind import KindModel, Models
from services.scoring.model.priority import GAPS_LEFT, SHIPMENT_LEAD_DAYS, priority, value_at_risk
from services.scoring.model.reasons import reasons
from services.scoring.model.step_tables import Additive, batch, log_odds, probability
from shared.events.money import Money
from shared.events.risk import Band, Phase, Reason, RiskKind

MATERIAL = 0.25
"""A priority that moved by more, against the one last told, is told again."""

FEWEST_FOR_A_MATRIX = 16
"""Fewer rows than this are scored sooner one by one."""

SAME_PARCEL = timedelta(hours=12)

SOONEST, LATEST = timedelta(days=1), timedelta(days=7)
GAPS_TO_LOOK_AT = (1.0, 1.5, 2.0, 3.0)


@dataclass(frozen=True, slots=True)
class Previous:
    """What was last told of this customer: the band, the open episode, its priority and its next parcel."""

    band: Band = "low"
    episode: str | None = None
    priority: float = 0.0
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """`standing` gone or unknown: there is no score, and probability and value are 0."""

    standing: Standing
    kind: RiskKind
    probability: float
    band: Band
    previous_band: Band
    phase: Phase | None
    reasons: tuple[Reason, ...]
    priority: float
    value_at_risk: Money
    horizon_days: float
    next_look_at: datetime | None
    subscription: str | None = None
    delivery_number: int | None = None
    min_deliveries: int | None = None
    due: datetime | None = None
    shipment_cutoff: datetime | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """A customer of a kind that has a model, at a cut-off, ready to be scored."""

    kind: RiskKind
    model: KindModel
    state: CustomerState
    cutoff: datetime
    seen: dict[str, float]
    contract: Contract | None
    due: float | None


def assess(state: CustomerState, previous: Previous, cutoff: datetime, models: Models) -> Assessment:
    looked = _look(state, cutoff, models)
    if looked is None:
        return _unscored(state, previous, cutoff, models)
    score, contributions = log_odds(looked.model.additive, rounded(looked.seen.values()))
    return _assessed(looked, previous, probability(score), contributions)


def assess_all(
    items: Sequence[tuple[CustomerState, Previous]], cutoffs: Sequence[datetime], models: Models
) -> list[Assessment]:
    """The same for many customers, each at its own cut-off; one matrix for each kind."""
    looks = [_look(state, cutoff, models) for (state, _), cutoff in zip(items, cutoffs, strict=True)]
    scores = _scores(looks)
    return [
        _unscored(state, previous, cutoff, models)
        if looked is None
        else _assessed(looked, previous, probability(scores[row][0]), scores[row][1])
        for row, ((state, previous), cutoff, looked) in enumerate(zip(items, cutoffs, looks, strict=True))
    ]


def _scores(looks: Sequence[Looked | None]) -> dict[int, tuple[float, list[float]]]:
    scores: dict[int, tuple[float, list[float]]] = {}
    for kind in {looked.kind for looked in looks if looked}:
        rows = [(row, looked) for row, looked in enumerate(looks) if looked and looked.kind == kind]
        vectors = [rounded(looked.seen.values()) for _, looked in rows]
        found = _scored(rows[0][1].model.additive, vectors)
        scores |= {row: score for (row, _), score in zip(rows, found, strict=True)}
    return scores


def _scored(additive: Additive, vectors: Sequence[Sequence[float]]) -> list[tuple[float, list[float]]]:
    if len(vectors) < FEWEST_FOR_A_MATRIX:
        return [log_odds(additive, vector) for vector in vectors]
    scores, contributions = batch(additive, np.array(vectors))
    return list(zip(scores.tolist(), contributions.tolist(), strict=True))


def _look(state: CustomerState, cutoff: datetime, models: Models) -> Looked | None:
    kind = standing(state, cutoff)
    if kind == "gone" or kind == "unknown" or kind not in models:
        return None
    contract = subscription.at_risk(state.subscription)
    return Looked(
        kind=kind,
        model=models[kind],
        state=state,
        cutoff=cutoff,
        seen=readings(state, cutoff),
        contract=contract,
        due=due(contract) if contract else None,
    )


def _assessed(
    looked: Looked, previous: Previous, chance: float, contributions: Sequence[float]
) -> Assessment:
    model, contract = looked.model, looked.contract
    now_in = band(model.bands, chance, previous.band)
    value = _value(looked)
    shipment_cutoff = None if looked.due is None else looked.due - SHIPMENT_LEAD_DAYS * DAY
    rank = priority(value, chance, _days_left(looked, shipment_cutoff))
    return Assessment(
        standing="repeat" if looked.kind == "repeat" else "subscription",
        kind=looked.kind,
        probability=chance,
        band=now_in,
        previous_band=previous.band,
        phase=_phase(now_in, rank, _when(looked.due), previous),
        reasons=reasons(looked.seen, contributions),
        priority=rank,
        value_at_risk=Money(value, looked.state.spend.currency or "JPY"),
        horizon_days=model.horizon_days,
        next_look_at=_next_look(looked),
        subscription=contract.id if contract else None,
        delivery_number=contract.deliveries if contract else None,
        min_deliveries=(contract.min_deliveries or None) if contract else None,
        due=_when(looked.due),
        shipment_cutoff=_when(shipment_cutoff),
    )


def _unscored(state: CustomerState, previous: Previous, cutoff: datetime, models: Models) -> Assessment:
    """Nobody left to lose, or nothing to say: whatever was open is over."""
    kind: RiskKind = "subscription" if state.subscription.contracts else "repeat"
    known = standing(state, cutoff)
    return Assessment(
        standing="gone" if known == "gone" else "unknown",
        kind=kind,
        probability=0.0,
        band="low",
        previous_band=previous.band,
        phase="left" if previous.episode else None,
        reasons=(),
        priority=0.0,
        value_at_risk=Money(0, state.spend.currency or "JPY"),
        horizon_days=models[kind].horizon_days if kind in models else 0.0,
        next_look_at=None,
    )


def _value(looked: Looked) -> int:
    cycle = looked.contract.cycle_days if looked.contract and looked.contract.cycle_days else _gap(looked)
    amount = spend.usual_amount(looked.state.spend)
    return value_at_risk(amount, cycle, looked.model.base_rate, looked.model.horizon_days)


def _gap(looked: Looked) -> float:
    """Days between orders; before the second one the horizon has to do."""
    gap = rhythm.usual_gap_days(looked.state.rhythm)
    return gap if gap == gap else looked.model.horizon_days


def _days_left(looked: Looked, shipment_cutoff: float | None) -> float | None:
    """Until the next parcel can't be changed any more, or a customer without a contract is elsewhere."""
    if looked.contract is None:
        return GAPS_LEFT * _gap(looked) - looked.seen["days_since_order"]
    return None if shipment_cutoff is None else (shipment_cutoff - seconds(looked.cutoff)) / DAY


def _phase(now_in: Band, rank: float, parcel: datetime | None, previous: Previous) -> Phase | None:
    if previous.episode is None:
        return "entered" if now_in in AT_RISK else None
    if now_in not in AT_RISK:
        return "left"
    moved = abs(rank - previous.priority) > MATERIAL * previous.priority
    return "changed" if moved or now_in != previous.band or _another(parcel, previous.due) else None


def _another(parcel: datetime | None, told: datetime | None) -> bool:
    """Whether the next parcel is not the one last told of: its cut-off is what the desk works against."""
    if parcel is None or told is None:
        return parcel is not told
    return abs(parcel - told) > SAME_PARCEL


def _next_look(looked: Looked) -> datetime:
    """When silence itself will say something new: around the due date, at so many usual gaps."""
    moments: list[float] = []
    if looked.due is not None:
        moments += [looked.due - SHIPMENT_LEAD_DAYS * DAY, looked.due, looked.due + DAY]
    ordered, gap = rhythm.last_order(looked.state.rhythm), rhythm.usual_gap_days(looked.state.rhythm)
    if ordered is not None and gap == gap:
        moments += [ordered + gap * gaps * DAY for gaps in GAPS_TO_LOOK_AT]
    now = seconds(looked.cutoff)
    next_moment = min((each for each in moments if each > now), default=now + LATEST.total_seconds())
    return min(max(moment(next_moment), looked.cutoff + SOONEST), looked.cutoff + LATEST)


def _when(at: float | None) -> datetime | None:
    return None if at is None else moment(at)
