"""An attempt: decide a claimed action, commit that it is being sent, send it, record what became of it."""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from services.notifier.channels.base import Channel, Deferred, Outcome, Refused, Sent, Tray, Unknown
from services.notifier.choice import Batched, Choice, Chooser, GivenUp, Halted, Policy, Sending
from services.notifier.scenarios.action import Action, ActionEvent, deferred, sent, suppressed, told, unknown
from services.notifier.scenarios.decide import Bar, Exit, Suppress, Wait
from services.notifier.store import actions, sendings
from services.notifier.store.actions import Held
from services.notifier.store.sendings import Final
from services.notifier.writer import Writer
from shared.clock import Now, monotonic, system_clock
from shared.events.action import Way
from shared.kafka.attempt import until_done
from shared.postgres import outbox
from shared.postgres.engine import AsyncConnection, AsyncEngine, transaction
from shared.process import metrics

log = structlog.get_logger(__name__)

# Of the lease: what is left is for writing the outcome down before another worker may look.
_SENDING_SHARE = 0.8


class Attempts:
    """Everything an attempt needs: the database, the ways out, the policy and the words."""

    def __init__(
        self,
        engine: AsyncEngine,
        channels: Mapping[Way, Channel],
        trays: Mapping[Way, Tray],
        policy: Policy,
        writer: Writer,
        clock: Now,
    ) -> None:
        self._engine, self._channels, self._policy, self._clock = engine, channels, policy, clock
        self._chooser = Chooser(channels, trays, policy, writer)

    @property
    def lease_seconds(self) -> float:
        return self._policy.lease_seconds

    def repeats(self) -> Mapping[Way, timedelta]:
        """The ways whose provider tells a repeat from another message, and for how long."""
        return {
            way: channel.repeats_for
            for way, channel in self._channels.items()
            if channel.repeats_for is not None
        }

    async def take(self, action: Action) -> None:
        """One claimed action, to its next state; dies rather than guess what became of a message."""
        sending = await until_done(partial(self._decide, action))
        while sending is not None:
            outcome = await self._send(sending)
            sending = await until_done(partial(self._settle, sending, outcome))

    async def _decide(self, action: Action) -> Sending | None:
        """What to send, once it is committed that it is being sent."""
        async with transaction(self._engine) as connection:
            held = await actions.hold(connection, action)
            if held is None:
                return None
            now = self._clock()
            choice = (
                await self._chooser.again(connection, action, held.since, now)
                if held.begun
                else await self._chooser.choose(connection, action, now, {})
            )
            news = await _write_down(connection, action, held, choice, now)
        if news:
            _count(action, choice)
        _alarm(action, choice)
        return choice if isinstance(choice, Sending) else None

    async def _send(self, sending: Sending) -> Outcome:
        """Channels end in time by themselves; one that does not has told us nothing."""
        began, way = monotonic(), sending.action.channel
        try:
            async with asyncio.timeout(self._policy.lease_seconds * _SENDING_SHARE):
                return await self._channels[way].send(sending.message)
        except TimeoutError:
            return Unknown("no_answer_in_time")
        finally:
            metrics.provider_seconds.labels(way).observe(monotonic() - began)

    async def _settle(self, sending: Sending, outcome: Outcome) -> Sending | None:
        """Write the outcome down; or what to send another way, if this one took nothing."""
        async with transaction(self._engine) as connection:
            now = self._clock()
            choice = await self._another_way(connection, sending, outcome, now)
            settled = None
            if not isinstance(choice, Sending | Batched):
                settled = await self._record(connection, sending, outcome, now)
        match choice:
            case Sending():
                return choice
            case Batched():
                _count(sending.action, choice)
            case _:
                _alarm(sending.action, choice)
                _tell_log(sending.action, outcome, settled)
        return None

    async def _another_way(
        self, connection: AsyncConnection, sending: Sending, outcome: Outcome, now: datetime
    ) -> Choice | None:
        """Only if this way certainly took nothing; what may have left goes by no other."""
        bar = _bar(outcome)
        if bar is None or sending.message.repeat or not await _still_ours(connection, sending.action):
            return None
        barred = {**sending.barred, sending.action.channel: bar}
        return await self._chooser.choose(connection, sending.action, now, barred, _reason(outcome))

    async def _record(
        self, connection: AsyncConnection, sending: Sending, outcome: Outcome, now: datetime
    ) -> str | None:
        """What it came to, or nothing if another worker had given the action up."""
        action, repeat = sending.action, sending.message.repeat
        more = action.attempt + 1 < self._policy.most_attempts
        match outcome:
            case Deferred(reason, wish) if more:
                return await self._retry(connection, action, reason, wish, now, may_have_left=repeat)
            case Unknown(reason) if more and action.channel in self.repeats():
                return await self._retry(connection, action, reason, None, now, may_have_left=True)
        end = _end(action, Unknown(outcome.reason) if repeat and not isinstance(outcome, Sent) else outcome)
        if not await sendings.settle(connection, action, end.state, end.reason, end.provider_id):
            return None
        await _tell(connection, action, end.event, now)
        return end.state

    async def _retry(
        self,
        connection: AsyncConnection,
        action: Action,
        reason: str,
        wish: float | None,
        now: datetime,
        *,
        may_have_left: bool,
    ) -> str | None:
        """`wish` is the provider's, in seconds."""
        wait = max(self._policy.backoff.delay(action.attempt + 1, random.random), wish or 0.0)
        if not await sendings.retry(connection, action, wait, reason, may_have_left=may_have_left):
            return None
        await _tell(connection, action, deferred(action, reason, now + timedelta(seconds=wait)), now)
        return "deferred"


async def _write_down(
    connection: AsyncConnection, action: Action, held: Held, choice: Choice, now: datetime
) -> bool:
    """What is neither being sent nor batched; False for what waits on as it did before."""
    match choice:
        case Wait(until, reason) if held.begun:
            await sendings.retry(connection, action, 0.0, reason, may_have_left=True, due=until)
            await _tell(connection, action, deferred(action, reason, until), now)
        case Wait(until, reason):
            if not await actions.postpone(connection, action, until, reason):
                return False
            await _tell(connection, action, deferred(action, reason, until), now)
        case Suppress(reason) | Exit(reason):
            await actions.suppress(connection, action, reason)
            await _tell(connection, action, suppressed(action, reason), now)
        case GivenUp(reason):
            await sendings.settle(connection, action, "unknown", reason)
            await _tell(connection, action, unknown(action, reason), now)
        case Sending() | Batched():
            pass
    return True


async def _still_ours(connection: AsyncConnection, action: Action) -> bool:
    """Locks customer and row, as every decision does."""
    return await actions.hold(connection, action, "sending") is not None


def _bar(outcome: Outcome) -> Bar | None:
    """What the outcome says of its way, if another may be tried: not where the same may come right soon."""
    match outcome:
        case Deferred("quota" | "quota_reserve" as reason):
            return reason
        case Refused():
            return "refused"
        case _:
            return None


def _reason(outcome: Outcome) -> str | None:
    return None if isinstance(outcome, Sent) else outcome.reason


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


def _count(action: Action, choice: Choice) -> None:
    match choice:
        case Wait():
            metrics.actions.labels(action.channel, "deferred").inc()
        case Suppress() | Exit():
            metrics.actions.labels(action.channel, "suppressed").inc()
        case GivenUp():
            metrics.actions.labels(action.channel, "unknown").inc()
        case Batched(batched):
            metrics.actions.labels(batched.channel, "batched").inc()
        case Sending():
            return


def _alarm(action: Action, choice: Choice | None) -> None:
    if isinstance(choice, Halted):
        log.error("a scenario sent too much within an hour and was halted", scenario=action.scenario)


def _tell_log(action: Action, outcome: Outcome, settled: str | None) -> None:
    if settled is None:
        log.warning("an outcome came after the lease", action=action.id, outcome=type(outcome).__name__)
        return
    metrics.actions.labels(action.channel, settled).inc()
    if not isinstance(outcome, Sent):
        log.warning("not sent", action=action.id, outcome=settled, reason=outcome.reason)
