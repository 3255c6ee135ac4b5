"""Dispatch: risks put customers into scenarios, words and endings take them out, and due steps go out."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import structlog

from services.notifier.attempt import Attempts
from services.notifier.scenarios.action import Action, suppressed, told, unknown
from services.notifier.scenarios.scenario import End, Scenario, ended_by, matching, plan_steps
from services.notifier.scenarios.shipped import SCENARIOS
from services.notifier.store import actions, consents, enrolments
from services.notifier.store.actions import Origin
from services.notifier.store.alerts import cart_of
from services.notifier.store.consents import Word
from services.notifier.store.customers import Over
from services.notifier.store.enrolments import Ended, Ending, Enrolment
from shared.clock import Now, monotonic, system_clock
from shared.events.customer import Channel, ConsentGranted, ConsentWithdrawn
from shared.events.envelope import Envelope
from shared.events.ids import derived_id
from shared.events.risk import RiskAssessed
from shared.kafka.attempt import until_done
from shared.postgres import outbox
from shared.postgres.engine import AsyncConnection, AsyncEngine, transaction
from shared.process import metrics
from shared.process.health import Health
from shared.process.run import pause

log = structlog.get_logger(__name__)

_WORKER_LOST = "worker_lost"
_MEASURE_EVERY = 5.0


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


async def follow_consents(connection: AsyncConnection, envelopes: Sequence[Envelope]) -> None:
    """Customers' yes and no to channels; what is planned is decided by it when its time comes."""
    said = [_word(envelope) for envelope in envelopes]
    await consents.keep(connection, [word for word in said if word is not None])


def _word(envelope: Envelope) -> Word | None:
    match envelope.data:
        case ConsentGranted(channel=channel, wording=wording):
            return Word(envelope.id, envelope.subject, channel, True, envelope.time, envelope.source, wording)
        case ConsentWithdrawn(channel=channel):
            return Word(envelope.id, envelope.subject, channel, False, envelope.time, envelope.source)
        case _:
            return None


async def unsubscribe(
    connection: AsyncConnection, customer_ref: str, channel: Channel, now: datetime
) -> None:
    """A customer says no by our own link: it holds at once, and everyone hears of it."""
    if await consents.has_refused(connection, customer_ref, channel):
        return
    shop = customer_ref.split("/", 1)[0]
    event_id = derived_id("unsubscribed", customer_ref, channel, now.isoformat())
    told_to_all = Envelope(
        id=event_id,
        source=f"/shops/{cart_of(customer_ref)}",
        subject=customer_ref,
        time=now,
        shop=shop,
        receivedat=system_clock(),
        correlationid=event_id,
        data=ConsentWithdrawn(channel),
    )
    await follow_consents(connection, [told_to_all])
    await outbox.append(connection, [told_to_all])


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


class Dispatcher:
    """Looks for due steps and attempts a few at a time; any number of dispatchers may run side by side."""

    def __init__(
        self,
        engine: AsyncEngine,
        attempts: Attempts,
        clock: Now,
        *,
        health: Health | None = None,
        batch: int = 5,
        look_every: float = 0.5,
    ) -> None:
        self._engine, self._attempts, self._clock = engine, attempts, clock
        self._health, self._batch, self._look_every = health, batch, look_every
        self._measured_at = float("-inf")
        self._measured: set[tuple[str, str]] = set()
        if health is not None:
            health.watch("dispatch", 120)

    async def run(self, stop: asyncio.Event) -> None:
        """What is being sent when `stop` comes is finished; the rest waits in the table."""
        while not stop.is_set():
            if self._health is not None:
                self._health.beat("dispatch")
            if await self.turn() < self._batch:
                await pause(stop, self._look_every)

    async def turn(self) -> int:
        """Give up on what a lost worker was sending, attempt what is due, and give how many that were."""
        await until_done(self._give_up)
        claimed = await until_done(self._claim)
        async with asyncio.TaskGroup() as group:
            for action in claimed:
                group.create_task(self._attempts.take(action))
        if monotonic() - self._measured_at >= _MEASURE_EVERY:
            await until_done(self._measure)
        return len(claimed)

    async def _claim(self) -> list[Action]:
        async with transaction(self._engine) as connection:
            return await actions.claim(connection, self._clock(), self._attempts.lease_seconds, self._batch)

    async def _give_up(self) -> None:
        async with transaction(self._engine) as connection:
            lost = await actions.abandon(connection, _WORKER_LOST)
            now, received = self._clock(), system_clock()
            events = [told(action, unknown(action, _WORKER_LOST), now, received) for action in lost]
            await outbox.append(connection, events)
        for action in lost:
            log.warning("a worker was lost while sending", action=action.id, channel=action.channel)
            metrics.actions.labels(action.channel, "unknown").inc()

    async def _measure(self) -> None:
        async with transaction(self._engine) as connection:
            backlog = await actions.backlog(connection)
        for channel, state in self._measured - {(one.channel, one.state) for one in backlog}:
            metrics.actions_in_state.labels(channel, state).set(0)
            metrics.action_oldest_age_seconds.labels(channel, state).set(0)
        for one in backlog:
            metrics.actions_in_state.labels(one.channel, one.state).set(one.count)
            metrics.action_oldest_age_seconds.labels(one.channel, one.state).set(one.oldest_seconds)
        self._measured = {(one.channel, one.state) for one in backlog}
        self._measured_at = monotonic()
