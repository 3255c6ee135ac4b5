"""Enrol: risks put customers into scenarios; words and endings take them out."""

from collections.abc import Sequence
from datetime import datetime

from services.notifier.scenarios.action import suppressed, told
from services.notifier.scenarios.plan import plan_steps
from services.notifier.scenarios.scenario import End, Scenario, ended_by, matching
from services.notifier.scenarios.shipped import SCENARIOS
from services.notifier.store import actions, consents, enrolments
from services.notifier.store.actions import Origin
from services.notifier.store.alerts import cart_of
from services.notifier.store.customers import Over
from services.notifier.store.enrolments import Ended, Ending, Enrolment
from shared.clock import system_clock
from shared.events.envelope import Envelope
from shared.events.risk import RiskAssessed
from shared.postgres import outbox
from shared.postgres.engine import AsyncConnection
from shared.process import metrics


async def plan(connection: AsyncConnection, envelopes: Sequence[Envelope]) -> None:
    """Risks, one an episode: entering a high band enrols the customer, leaving it ends the enrolments."""
    entered, left = [], {}
    for envelope in envelopes:
        match envelope.data:
            case RiskAssessed(phase="entered") as risk:
                entered.append((envelope, risk))
            case RiskAssessed(phase="left", episode=episode):
                left[envelope.subject, episode] = envelope.time
            case _:
                pass
    await _enrol(connection, entered)
    ending = _ending("episode_over")
    await _drop(connection, await enrolments.end_episodes(connection, left, ending), ending)


async def _enrol(connection: AsyncConnection, entered: Sequence[tuple[Envelope, RiskAssessed]]) -> None:
    enrolled, planned = [], []
    for envelope, risk in entered:
        for scenario in matching(SCENARIOS.values(), risk):
            enrolled.append(_enrolment(envelope, risk, scenario))
            origin = _origin(envelope, risk, scenario)
            steps = plan_steps(scenario, envelope.subject, risk.episode, envelope.time)
            planned += [(origin, step) for step in steps]
    await enrolments.enrol(connection, enrolled)
    await actions.add(connection, planned)


def _enrolment(envelope: Envelope, risk: RiskAssessed, scenario: Scenario) -> Enrolment:
    return Enrolment(
        customer_ref=envelope.subject,
        scenario=scenario.key,
        episode=risk.episode,
        version=scenario.version,
        kind=risk.kind,
        reason=risk.reasons[0].code if risk.reasons else None,
        cart=cart_of(envelope.subject),
        subscription=risk.subscription,
        enrolled_at=envelope.time,
    )


def _origin(envelope: Envelope, risk: RiskAssessed, scenario: Scenario) -> Origin:
    return Origin(
        customer_ref=envelope.subject,
        scenario=scenario.key,
        episode=risk.episode,
        shop=envelope.shop,
        correlation_id=envelope.correlationid,
        causation_id=envelope.id,
    )


async def withdraw(connection: AsyncConnection, customer_ref: str, reason: End, at: datetime) -> None:
    """Take the customer out of every scenario that this ends; erasure takes the written words along."""
    ending = _ending(reason)
    if reason == "do_not_contact":
        await consents.never_again(connection, customer_ref, at)
    ended = await enrolments.end_customer(connection, customer_ref, at, ending)
    await _drop(connection, ended, ending)
    if reason == "erased":
        await actions.forget_words(connection, customer_ref)


async def end_subscriptions(connection: AsyncConnection, over: Sequence[Over]) -> None:
    """Contracts are over; of several words about one the first decides, for then it is over."""
    first: dict[tuple[str, str], datetime] = {}
    for one in over:
        first.setdefault((one.cart, one.subscription), one.at)
    ending = _ending("cancelled")
    await _drop(connection, await enrolments.end_contracts(connection, first, ending), ending)


def _ending(end: End) -> Ending:
    return Ending(end, tuple(ended_by(SCENARIOS.values(), end)))


async def _drop(connection: AsyncConnection, ended: Sequence[Ended], ending: Ending) -> None:
    """Steps that have not begun are suppressed at once, and it is told."""
    dropped = await actions.drop(connection, ended, ending.end)
    received = system_clock()
    await outbox.append(
        connection,
        [told(action, suppressed(action, ending.end), one.at, received) for one, action in dropped],
    )
    for _, action in dropped:
        metrics.actions.labels(action.channel, "suppressed").inc()
