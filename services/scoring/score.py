"""Score: customers in, assessed and saved; whoever enters or leaves a high band is told about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from services.scoring.artifact import Artifact
from services.scoring.features.state import CustomerState
from services.scoring.model.assess import Assessment, assess_all
from services.scoring.model.episode import Previous
from services.scoring.store import risks, states
from services.scoring.store.states import Scored
from shared.events.envelope import Envelope
from shared.events.ids import derived_id
from shared.events.risk import Phase, RiskAssessed
from shared.postgres.engine import AsyncConnection
from shared.process.metrics import risk_events, scores


@dataclass(frozen=True, slots=True)
class Subject:
    """A customer to be scored, and what brought the customer up.

    `noticed_at` is real time; `cause` is the event behind it, None when the sweep came by.
    """

    ref: str
    state: CustomerState
    previous: Previous
    noticed_at: datetime
    cause: Envelope | None = None


async def score(
    connection: AsyncConnection, subjects: Sequence[Subject], now: datetime, artifact: Artifact
) -> None:
    """Assess all in one matrix for each model, save them, and append the risk events to the outbox.

    `now` is business time; a customer whose newest fact lies after it is assessed at that fact.
    """
    if not subjects:
        return
    cutoffs = [max(now, subject.state.last_time or now) for subject in subjects]
    items = [(subject.state, subject.previous) for subject in subjects]
    assessments = assess_all(items, cutoffs, artifact.models)
    assessed = list(zip(subjects, assessments, cutoffs, strict=True))
    told = [_told(*each, artifact.version) for each in assessed if each[1].phase is not None]
    episodes = {envelope.subject: risk.episode for envelope, risk in told}
    await states.save(connection, [_scored(*each, episodes, artifact.version) for each in assessed])
    await risks.tell(connection, told)
    for assessment in assessments:
        scores.labels(band=assessment.band).inc()
    for _, risk in told:
        risk_events.labels(phase=risk.phase).inc()


def _told(
    subject: Subject, assessment: Assessment, cutoff: datetime, version: str
) -> tuple[Envelope, RiskAssessed]:
    assert assessment.phase is not None  # noqa: S101 - only those with a phase are told
    episode = subject.previous.episode or derived_id("episode", subject.ref, cutoff.isoformat())
    risk = RiskAssessed(
        kind=assessment.kind,
        probability=assessment.probability,
        band=assessment.band,
        previous_band=assessment.previous_band,
        phase=assessment.phase,
        episode=episode,
        priority=assessment.priority,
        value_at_risk=assessment.value_at_risk,
        reasons=assessment.reasons,
        model=version,
        horizon_days=assessment.horizon_days,
        assessed_at=cutoff,
        noticed_at=subject.noticed_at,
        subscription=assessment.subscription,
        delivery_number=assessment.delivery_number,
        min_deliveries=assessment.min_deliveries,
        due=assessment.due,
        cutoff=assessment.cutoff,
        strengths=assessment.strengths,
        rung=assessment.rung,
    )
    return _envelope(subject, risk, cutoff), risk


def _envelope(subject: Subject, risk: RiskAssessed, cutoff: datetime) -> Envelope:
    shop = subject.ref.split("/", 1)[0]
    occasion = subject.cause.id if subject.cause else "sweep"
    event_id = derived_id("risk", subject.ref, risk.episode, risk.phase, cutoff.isoformat(), occasion)
    return Envelope(
        id=event_id,
        source=f"/shops/{shop}/scoring",
        subject=subject.ref,
        time=cutoff,
        shop=shop,
        receivedat=subject.noticed_at,
        correlationid=subject.cause.correlationid if subject.cause else event_id,
        causationid=subject.cause.id if subject.cause else None,
        data=risk,
    )


def _scored(
    subject: Subject, assessment: Assessment, cutoff: datetime, episodes: Mapping[str, str], version: str
) -> Scored:
    phase: Phase | None = assessment.phase
    episode = None if phase == "left" else episodes.get(subject.ref, subject.previous.episode)
    return Scored(
        ref=subject.ref,
        state=subject.state,
        kind=assessment.kind,
        probability=assessment.probability,
        band=assessment.band,
        episode=episode,
        priority=assessment.priority,
        told=subject.previous.priority if phase is None else assessment.priority,
        due=assessment.due,
        assessment=_answer(subject, assessment, cutoff, episode, version),
        scored_at=cutoff,
        next_look_at=assessment.next_look_at,
    )


def _answer(
    subject: Subject, assessment: Assessment, cutoff: datetime, episode: str | None, version: str
) -> bytes:
    """What `GET /v1/customers/{ref}/risk` gives: the assessment, and of whom, when and by which model."""
    head = {"customer": subject.ref, "model": version, "assessed_at": cutoff, "episode": episode}
    return msgspec.json.encode(head | msgspec.structs.asdict(assessment))
