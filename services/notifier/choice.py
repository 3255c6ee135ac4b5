"""A choice: which way a step goes out and with which words, committed together with the decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from services.notifier.channels.base import Channel, Message, Tray
from services.notifier.scenarios.action import Action
from services.notifier.scenarios.cap import longest
from services.notifier.scenarios.creative import draw
from services.notifier.scenarios.decide import (
    Bar,
    Exit,
    Rules,
    Send,
    Suppress,
    Wait,
    decide,
    repeat,
)
from services.notifier.scenarios.recipient import Recipient
from services.notifier.scenarios.scenario import Scenario, Step
from services.notifier.store import action_messages, actions, facts, scenarios, sendings
from services.notifier.store.action_messages import Letter
from services.notifier.store.facts import View
from services.notifier.store.scenarios import Standing
from services.notifier.templates.render import Unwritable
from services.notifier.writer import Writer
from shared.backoff import Backoff
from shared.events.action import Way
from shared.postgres.engine import AsyncConnection

# With the attempts below a mail server may be away for most of a day.
RETRIES = Backoff(first=30.0, limit=3600.0, factor=3.0)
_LOOK_AGAIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Policy:
    """What is sent when; leases and retries are real time, the rules business time.

    `costs` in minor units of one message by its way, of postal DM by its form.
    """

    rules: Rules
    costs: Mapping[str, int] = field(default_factory=dict)
    lease_seconds: float = 60.0
    backoff: Backoff = RETRIES
    most_attempts: int = 24


@dataclass(frozen=True, slots=True)
class Sending:
    """It is committed that this is being sent; `barred` are the ways that were tried before, and why not."""

    action: Action
    message: Message
    barred: Mapping[Way, Bar]


@dataclass(frozen=True, slots=True)
class Batched:
    """It lies in the tray of its way."""

    action: Action


@dataclass(frozen=True, slots=True)
class GivenUp:
    """It may have left before, and must not be handed over again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Halted(Wait):
    """It is this very message that would have been too many: its scenario has just been stopped."""


Choice = Sending | Batched | GivenUp | Wait | Suppress | Exit


@dataclass(frozen=True, slots=True)
class Plan:
    """The scenario and the step as they are today, which may differ from when it was planned."""

    scenario: Scenario
    step: Step


class Chooser:
    """The ways out, the policy and the words; every method works inside the caller's transaction."""

    def __init__(
        self, channels: Mapping[Way, Channel], trays: Mapping[Way, Tray], policy: Policy, writer: Writer
    ) -> None:
        self._channels, self._trays, self._policy, self._writer = channels, trays, policy, writer
        self._open_ways = frozenset(channels) | frozenset(trays)

    async def choose(
        self,
        connection: AsyncConnection,
        action: Action,
        now: datetime,
        barred: Mapping[Way, Bar],
        instead_of: str | None = None,
    ) -> Choice:
        """The first way that leads to the customer; what is none is for the caller to write down.

        `instead_of`: why the way that was being tried took nothing; then the action is still `sending`.
        """
        plan = _plan(action, await scenarios.find(connection, action.scenario), now)
        if not isinstance(plan, Plan):
            return plan
        while True:
            recipient = await facts.look(connection, action, plan.scenario, self._view(now, barred))
            decision = decide(plan.step, recipient.facts, self._policy.rules, now)
            if not isinstance(decision, Send):
                return decision
            if instead_of is not None:
                await sendings.release(connection, action, self._policy.lease_seconds, instead_of)
                instead_of = None
            if await _too_many(connection, plan.scenario):
                return Halted(now + _LOOK_AGAIN, "halted")
            handed = await self._hand(connection, action, plan, decision.way, recipient, now)
            match handed:
                case Message() as message:
                    chosen = replace(action, channel=decision.way)
                    return Sending(chosen, message, barred)
                case None:
                    return Batched(replace(action, channel=decision.way))
                case reason:
                    barred = {**barred, decision.way: reason}

    async def again(
        self, connection: AsyncConnection, action: Action, since: timedelta, now: datetime
    ) -> Choice:
        """What may have left `since` so long ago: the very same once more, or never again."""
        within = self._channels[action.channel].repeats_for if action.channel in self._channels else None
        letter = await action_messages.read(connection, action.id)
        if letter is None or within is None or since >= within:
            return GivenUp("repeats_over")
        plan = _plan(action, await scenarios.find(connection, action.scenario), now)
        if not isinstance(plan, Plan):
            return GivenUp(plan.reason) if isinstance(plan, Exit) else plan
        recipient = await facts.look(connection, action, plan.scenario, self._view(now, {}))
        match repeat(plan.step, action.channel, recipient.facts, self._policy.rules, now):
            case Send():
                await sendings.begin(connection, action, letter, now, self._policy.lease_seconds)
                return Sending(action, _as_before(action, letter, plan.step, now), {})
            case Suppress(reason) | Exit(reason):
                return GivenUp(reason)
            case Wait() as wait:
                return wait

    async def _hand(
        self,
        connection: AsyncConnection,
        action: Action,
        plan: Plan,
        way: Way,
        recipient: Recipient,
        now: datetime,
    ) -> Message | Bar | None:
        """To its channel: then this is what is being sent. Into its tray: nothing more. Or why not."""
        creative = draw(plan.step, way, action.customer_ref, plan.scenario.salt)
        if creative is None:
            return "no_words"
        channel = self._channels.get(way)
        key = channel.key(action.id) if channel is not None else action.id
        try:
            message = self._writer.write(action, creative, key, recipient, now, plan.scenario.purpose)
        except Unwritable:
            return "no_words"
        cost = self._policy.costs.get(creative.form if way == "postal_dm" else way)
        if channel is None:
            reason = await self._trays[way].put(connection, action, recipient, message, now)
            if reason is None:
                await actions.choose(connection, action, way, creative.key, cost)
            return reason
        message = replace(message, payload=channel.payload(message))
        await actions.choose(connection, action, way, creative.key, cost)
        letter = Letter(key, message.address, message.subject, message.text, message.payload)
        await sendings.begin(connection, action, letter, now, self._policy.lease_seconds)
        return message

    def _view(self, now: datetime, barred: Mapping[Way, Bar]) -> View:
        return View(now, longest(self._policy.rules.caps), self._open_ways, barred)


def _plan(action: Action, standing: Standing | None, now: datetime) -> Plan | Exit | Wait:
    step = standing.scenario.find_step(action.step) if standing is not None else None
    if standing is None or step is None:
        return Exit("scenario_gone")
    if not standing.active:
        return Exit("scenario_off")
    if standing.halted_because is not None:
        return Wait(now + _LOOK_AGAIN, "halted")
    return Plan(standing.scenario, step)


async def _too_many(connection: AsyncConnection, scenario: Scenario) -> bool:
    """Whether so much of it left in the last hour that something must be wrong; then it is stopped."""
    if await sendings.begun_lately(connection, scenario.key) < scenario.most_per_hour:
        return False
    await scenarios.halt(connection, scenario.key, "blast_radius")
    return True


def _as_before(action: Action, letter: Letter, step: Step, now: datetime) -> Message:
    return Message(
        action=action.id,
        key=letter.key,
        address=letter.address,
        name=None,
        subject=letter.subject,
        text=letter.body,
        html="",
        unsubscribe_url="",
        at=now,
        creative=next((one for one in step.creatives if one.key == action.creative), None),
        payload=letter.payload,
        repeat=True,
    )
