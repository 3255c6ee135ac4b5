"""Enrol: occasions put customers into scenarios; what they do, say and end takes them out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from services.notifier.scenarios.action import suppressed, told
from services.notifier.scenarios.admit import Been, admit
from services.notifier.scenarios.holdout import in_holdout
from services.notifier.scenarios.occasion import HEARD, Occasion, of_deed, of_risk, sets_off
from services.notifier.scenarios.plan import Anchors, Planned, plan_steps
from services.notifier.scenarios.scenario import End, Scenario
from services.notifier.situation import Situation, is_so
from services.notifier.store import actions, batches, consents, enrolments, profiles, scenarios
from services.notifier.store.actions import Origin
from services.notifier.store.alerts import cart_of
from services.notifier.store.customers import Over
from services.notifier.store.enrolments import Deed, Ended, Enrolment
from shared.clock import Now, system_clock
from shared.events.commerce import OrderPaid, OrderPlaced
from shared.events.engagement import SurveyAnswered
from shared.events.envelope import Envelope
from shared.events.payment import PaymentRecovered
from shared.events.risk import RiskAssessed
from shared.events.subscription import SubscriptionCancelled, SubscriptionExpired
from shared.postgres import outbox
from shared.postgres.engine import AsyncConnection
from shared.process import metrics

# What is told later than this is history: an import must not greet the customers of last year.
LATEST = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Door:
    """Who comes in: the scenarios that run, and since when (business time) what was done counts."""

    scenarios: Sequence[Scenario]
    zone: ZoneInfo
    since: datetime


@dataclass(frozen=True, slots=True)
class Shop:
    """Where its days begin, and its business time."""

    zone: ZoneInfo
    clock: Now

    async def door(self, connection: AsyncConnection) -> Door:
        """As it stands now: scenarios are switched and changed at any time."""
        running = await scenarios.running(connection)
        return Door(tuple(running.values()), self.zone, self.clock() - LATEST)


async def plan(connection: AsyncConnection, door: Door, envelopes: Sequence[Envelope]) -> None:
    """Risks, one an episode: entering a high band is an occasion, leaving it ends the enrolments."""
    entered, left = [], {}
    for envelope in envelopes:
        match envelope.data:
            case RiskAssessed(phase="entered") as risk:
                entered.append(of_risk(envelope, risk))
            case RiskAssessed(phase="left", episode=episode):
                left[envelope.subject, episode] = envelope.time
            case _:
                pass
    await enrol(connection, door, entered)
    await drop(connection, await enrolments.end_episodes(connection, left, "episode_over"))


async def hear(connection: AsyncConnection, door: Door, envelopes: Iterable[Envelope]) -> None:
    """What customers did ends what waits for it, and may be an occasion; of each in the order of arrival."""
    heard = [one for one in envelopes if isinstance(one.data, HEARD)]
    if not heard:
        return
    owners = await profiles.owners(connection, {one.subject for one in heard})
    known = [(owners[one.subject], one) for one in heard if one.subject in owners]
    for turn in _turns(known):
        deeds = [deed for ref, one in turn if (deed := _deed(ref, one)) is not None]
        await drop(connection, await enrolments.end_by_deeds(connection, deeds))
        fresh = [of_deed(one, ref) for ref, one in turn if one.time >= door.since]
        await enrol(connection, door, [one for one in fresh if one is not None])


def _deed(customer_ref: str, envelope: Envelope) -> Deed | None:
    match envelope.data:
        case OrderPlaced():
            return Deed(customer_ref, envelope.time, "ordered")
        case SurveyAnswered():
            return Deed(customer_ref, envelope.time, "answered")
        case PaymentRecovered(subscription=subscription):
            return Deed(customer_ref, envelope.time, "recovered", subscription)
        case OrderPaid(subscription=str(subscription)):
            return Deed(customer_ref, envelope.time, "recovered", subscription)
        case SubscriptionCancelled(subscription) | SubscriptionExpired(subscription):
            # What began in the same batch, too.
            return Deed(customer_ref, envelope.time, "cancelled", subscription)
        case _:
            return None


async def enrol(connection: AsyncConnection, door: Door, occasions: Sequence[Occasion]) -> int:
    """Occasions of customers of whom each is named once; how many enrolments are new."""
    meant = [(one, found) for one in occasions if (found := _waiting_for(door.scenarios, one))]
    if not meant:
        return 0
    known = await profiles.situations(connection, [one for one, _ in meant])
    before = await enrolments.been(connection, {one.customer_ref for one, _ in meant})
    entering, outranked = list[_Entering](), list[tuple[Been, datetime]]()
    for (one, found), stands in zip(meant, known, strict=True):
        fitting = [each for each in found if each.segment.holds(stands.profile)] if is_so(one, stands) else []
        admitted = admit(fitting, before[one.customer_ref], one.episode, one.at)
        entering += [_Entering(one, each, stands) for each in admitted.scenarios]
        outranked += [(been, one.at) for been in admitted.outranked]
    new = await enrolments.enrol(connection, [one.enrolment() for one in entering])
    planned = [pair for one in entering if one.enrolment().key in new for pair in one.steps(door.zone)]
    await actions.add(connection, planned)
    await drop(connection, await enrolments.outrank(connection, outranked))
    return len(new)


def _waiting_for(running: Iterable[Scenario], occasion: Occasion) -> list[Scenario]:
    return [one for one in running if sets_off(one.trigger, occasion.what)]


@dataclass(frozen=True, slots=True)
class _Entering:
    """A customer who comes into a scenario."""

    occasion: Occasion
    scenario: Scenario
    situation: Situation

    def enrolment(self) -> Enrolment:
        """The arm is drawn here, once and for all of its steps."""
        occasion, scenario, known = self.occasion, self.scenario, self.situation
        return Enrolment(
            customer_ref=occasion.customer_ref,
            scenario=scenario.key,
            episode=occasion.episode,
            version=scenario.version,
            kind=occasion.kind,
            reason=occasion.reason,
            cart=cart_of(occasion.customer_ref),
            subscription=known.subscription,
            enrolled_at=occasion.at,
            held=in_holdout(scenario, occasion.customer_ref),
            scenario_group=scenario.group,
            priority=scenario.priority,
            due=known.due,
            cutoff=known.cutoff,
            delivery_number=known.delivery_number,
            facts=known.facts,
        )

    def steps(self, zone: ZoneInfo) -> list[tuple[Origin, Planned]]:
        occasion, known = self.occasion, self.situation
        anchors = Anchors(occasion.at, known.due, known.cutoff)
        origin = Origin(
            customer_ref=occasion.customer_ref,
            scenario=self.scenario.key,
            episode=occasion.episode,
            shop=occasion.customer_ref.split("/", 1)[0],
            correlation_id=occasion.correlation_id,
            causation_id=occasion.causation_id,
        )
        steps = plan_steps(self.scenario, occasion.customer_ref, occasion.episode, anchors, zone)
        return [(origin, step) for step in steps]


async def withdraw(connection: AsyncConnection, customer_ref: str, reason: End, at: datetime) -> None:
    """Take the customer out of every scenario that this ends; erasure takes the written words along."""
    if reason == "do_not_contact":
        await consents.never_again(connection, customer_ref, at)
    await drop(connection, await enrolments.end_customer(connection, customer_ref, at, reason))
    if reason == "erased":
        await actions.forget_words(connection, customer_ref)
        await batches.forget_customer(connection, customer_ref)


async def end_subscriptions(connection: AsyncConnection, over: Sequence[Over]) -> None:
    """Contracts are over; of several words about one the first decides, for then it is over."""
    first: dict[tuple[str, str], datetime] = {}
    for one in over:
        first.setdefault((one.cart, one.subscription), one.at)
    await drop(connection, await enrolments.end_contracts(connection, first, "cancelled"))


async def drop(connection: AsyncConnection, ended: Sequence[Ended]) -> int:
    """Steps that have not left are suppressed at once, and it is told; how many."""
    count = 0
    for why in sorted({one.why for one in ended}):
        dropped = await actions.drop(connection, [one for one in ended if one.why == why], why)
        received = system_clock()
        await outbox.append(
            connection, [told(action, suppressed(action, why), one.at, received) for one, action in dropped]
        )
        for _, action in dropped:
            metrics.actions.labels(action.channel, "suppressed").inc()
        count += len(dropped)
    return count


def _turns(known: Iterable[tuple[str, Envelope]]) -> list[list[tuple[str, Envelope]]]:
    """In each turn every customer once: what one did first is followed first."""
    turns: list[list[tuple[str, Envelope]]] = []
    count: dict[str, int] = {}
    for ref, envelope in known:
        place = count.get(ref, 0)
        count[ref] = place + 1
        if place == len(turns):
            turns.append([])
        turns[place].append((ref, envelope))
    return turns
