"""An attempt: decide a claimed action, commit that it is being sent, send it, record what became of it."""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from services.notifier.channels.base import Channel, Deferred, Message, Outcome, Refused, Sent, Unknown
from services.notifier.scenarios.action import Action, ActionEvent, deferred, sent, suppressed, told, unknown
from services.notifier.scenarios.cap import longest
from services.notifier.scenarios.decide import Decision, Exit, Rules, Send, Suppress, Wait, decide
from services.notifier.scenarios.holdout import in_holdout
from services.notifier.scenarios.scenario import Scenario
from services.notifier.store import actions, facts
from services.notifier.store.actions import Final, Letter
from services.notifier.store.facts import Recipient
from services.notifier.writer import Writer
from shared.backoff import Backoff
from shared.clock import Now, monotonic, system_clock
from shared.events.action import Way
from shared.kafka.attempt import until_done
from shared.postgres import outbox
from shared.postgres.engine import AsyncConnection, AsyncEngine, transaction
from shared.process import metrics

log = structlog.get_logger(__name__)

# Of the lease: what is left is for writing the outcome down before another worker may look.
_SENDING_SHARE = 0.8
# With the attempts below a mail server may be away for most of a day.
RETRIES = Backoff(first=30.0, limit=3600.0, factor=3.0)


@dataclass(frozen=True, slots=True)
class Policy:
    """What is sent to whom and when; leases and retries are real time, the rules business time."""

    scenarios: Mapping[str, Scenario]
    rules: Rules
    lease_seconds: float = 60.0
    backoff: Backoff = RETRIES
    most_attempts: int = 24


class Attempts:
    """Everything an attempt needs: the database, the ways out, the policy and the words."""

    def __init__(
        self,
        engine: AsyncEngine,
        channels: Mapping[Way, Channel],
        policy: Policy,
        writer: Writer,
        clock: Now,
    ) -> None:
        self._engine, self._channels, self._policy = engine, channels, policy
        self._writer, self._clock = writer, clock

    @property
    def lease_seconds(self) -> float:
        return self._policy.lease_seconds

    async def take(self, action: Action) -> None:
        """One claimed action, to its next state; dies rather than guess what became of a message."""
        message = await until_done(partial(self._decide, action))
        if message is not None:
            outcome = await self._send(action, message)
            await until_done(partial(self._settle, action, outcome))

    async def _decide(self, action: Action) -> Message | None:
        """The message to send, once it is committed that it is being sent."""
        async with transaction(self._engine) as connection:
            if not await actions.hold(connection, action):
                return None
            now = self._clock()
            scenario = self._policy.scenarios.get(action.scenario)
            left_alone = scenario is not None and in_holdout(scenario, action.customer_ref)
            back = longest(self._policy.rules.caps)
            recipient = await facts.look(connection, action, left_alone, now, back)
            decision = self._decision(action, scenario, recipient, now)
            message = await self._carry_out(connection, action, recipient, decision, now)
        _count_decision(action, decision)
        return message

    def _decision(
        self, action: Action, scenario: Scenario | None, recipient: Recipient, now: datetime
    ) -> Decision:
        """By the scenario as it is today, which may have dropped the step since it was planned."""
        step = scenario.find_step(action.step) if scenario is not None else None
        if step is None or step.ways[0] not in self._channels:
            return Exit("scenario_gone")
        return decide(step, recipient.facts, self._policy.rules, now)

    async def _carry_out(
        self,
        connection: AsyncConnection,
        action: Action,
        recipient: Recipient,
        decision: Decision,
        now: datetime,
    ) -> Message | None:
        match decision:
            case Send():
                return await self._begin(connection, action, recipient, now)
            case Wait(until, reason):
                await actions.postpone(connection, action, until, reason)
                await _tell(connection, action, deferred(action, reason, until), now)
            case Suppress(reason) | Exit(reason):
                await actions.suppress(connection, action, reason)
                await _tell(connection, action, suppressed(action, reason), now)
        return None

    async def _begin(
        self, connection: AsyncConnection, action: Action, recipient: Recipient, now: datetime
    ) -> Message:
        key = self._channels[action.channel].key(action.id)
        message = self._writer.write(action, key, recipient, now)
        letter = Letter(key, message.address, message.subject, message.text)
        await actions.begin(connection, action, letter, now, self._policy.lease_seconds)
        return message

    async def _send(self, action: Action, message: Message) -> Outcome:
        """Channels end in time by themselves; one that does not has told us nothing."""
        began = monotonic()
        try:
            async with asyncio.timeout(self._policy.lease_seconds * _SENDING_SHARE):
                return await self._channels[action.channel].send(message)
        except TimeoutError:
            return Unknown("no_answer_in_time")
        finally:
            metrics.provider_seconds.labels(action.channel).observe(monotonic() - began)

    async def _settle(self, action: Action, outcome: Outcome) -> None:
        async with transaction(self._engine) as connection:
            settled = await self._record(connection, action, outcome, self._clock())
        if settled is None:
            log.warning("an outcome came after the lease", action=action.id, outcome=type(outcome).__name__)
            return
        metrics.actions.labels(action.channel, settled).inc()
        if not isinstance(outcome, Sent):
            log.warning("not sent", action=action.id, outcome=settled, reason=outcome.reason)

    async def _record(
        self, connection: AsyncConnection, action: Action, outcome: Outcome, now: datetime
    ) -> str | None:
        """What it came to, or nothing if another worker had given the action up."""
        if isinstance(outcome, Deferred) and action.attempt + 1 < self._policy.most_attempts:
            return await self._retry(connection, action, outcome, now)
        end = _end(action, outcome)
        if not await actions.settle(connection, action, end.state, end.reason, end.provider_id):
            return None
        await _tell(connection, action, end.event, now)
        return end.state

    async def _retry(
        self, connection: AsyncConnection, action: Action, outcome: Deferred, now: datetime
    ) -> str | None:
        wait = max(
            self._policy.backoff.delay(action.attempt + 1, random.random),
            outcome.retry_after or 0.0,
        )
        if not await actions.retry(connection, action, wait, outcome.reason):
            return None
        until = now + timedelta(seconds=wait)
        await _tell(connection, action, deferred(action, outcome.reason, until), now)
        return "deferred"


@dataclass(frozen=True, slots=True)
class _End:
    state: Final
    reason: str | None
    event: ActionEvent
    provider_id: str | None = None


def _end(action: Action, outcome: Outcome) -> _End:
    match outcome:
        case Sent(provider_id):
            return _End("sent", None, sent(action), provider_id)
        case Refused(reason):
            return _End("rejected", reason, suppressed(action, reason))
        case Unknown(reason):
            return _End("unknown", reason, unknown(action, reason))
        case Deferred(reason):
            return _End("expired", reason, suppressed(action, reason))


async def _tell(connection: AsyncConnection, action: Action, event: ActionEvent, now: datetime) -> None:
    await outbox.append(connection, [told(action, event, now, system_clock())])


def _count_decision(action: Action, decision: Decision) -> None:
    match decision:
        case Wait():
            metrics.actions.labels(action.channel, "deferred").inc()
        case Suppress() | Exit():
            metrics.actions.labels(action.channel, "suppressed").inc()
        case Send():
            return
