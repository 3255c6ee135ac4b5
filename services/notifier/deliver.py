"""Deliver: one claimed delivery is put into words, signed, sent, and what came of it recorded."""

import random
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from functools import partial

import msgspec
import structlog

from services.notifier import retries
from services.notifier.channels.webhook import Post, Webhooks
from services.notifier.retries import Answered, Outcome
from services.notifier.store import audit, cards, deliveries, delivery_log, endpoints
from services.notifier.store.audit import Entry
from services.notifier.store.cards import anonymous, initial_of
from services.notifier.store.deliveries import Claimed, Tried
from services.notifier.store.delivery_log import Cancellation
from services.notifier.store.endpoints import Because
from shared.clock import Now, monotonic
from shared.kafka.attempt import until_done
from shared.postgres.engine import AsyncConnection, AsyncEngine, transaction
from shared.process import metrics

log = structlog.get_logger(__name__)

# Longer than an attempt may take: what is not recorded by then was lost with its process, and is sent again.
LEASE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Deliveries:
    """What is due, out; `now` is real time."""

    engine: AsyncEngine
    webhooks: Webhooks
    now: Now
    lease: timedelta = field(default=LEASE)

    async def claim(self, endpoint: str) -> Claimed | None:
        """The next that is due for this endpoint."""
        async with transaction(self.engine) as connection:
            now = self.now()
            return await deliveries.claim(connection, endpoint, now, now + self.lease)

    async def take(self, claimed: Claimed) -> None:
        """Try once; if this process dies before the outcome is recorded, another tries with the same id."""
        post = await until_done(partial(self._write, claimed))
        if post is None:
            return
        began = monotonic()
        outcome = await self.webhooks.send(post)
        tried = _tried(outcome, self.now(), monotonic() - began)
        await until_done(partial(self._record, claimed, outcome, tried))
        metrics.webhooks.labels(outcome="delivered" if tried.reason is None else "not_delivered").inc()

    async def _write(self, claimed: Claimed) -> Post | None:
        """The message as things are now: who was erased since is not in it."""
        async with transaction(self.engine) as connection:
            mailbox = await endpoints.mailbox(connection, claimed.endpoint, self.now())
            if mailbox is None:
                return None
            body = await body_of(connection, claimed, mailbox.contacts)
        return Post(f"msg_{claimed.id}", mailbox.url, mailbox.secrets, body)

    async def _record(self, claimed: Claimed, outcome: Outcome, tried: Tried) -> None:
        async with transaction(self.engine) as connection:
            await deliveries.note(connection, claimed, tried)
            if tried.reason is None:
                await deliveries.settle(connection, claimed)
                await endpoints.note_well(connection, claimed.endpoint)
            else:
                await self._postpone(connection, claimed, outcome, tried.at)

    async def _postpone(
        self, connection: AsyncConnection, claimed: Claimed, outcome: Outcome, at: datetime
    ) -> None:
        wait = retries.next_wait(claimed.tries + 1, outcome, random.random)
        due_at = None if wait is None else at + timedelta(seconds=wait)
        await deliveries.again(connection, claimed, due_at)
        since = await endpoints.note_failing(connection, claimed.endpoint, at)
        if retries.is_gone(outcome):
            await _switch_off(connection, claimed.endpoint, "gone", at)
        elif retries.is_given_up(since, at):
            await _switch_off(connection, claimed.endpoint, "failing", at)


async def _switch_off(connection: AsyncConnection, endpoint: str, because: Because, at: datetime) -> None:
    name = await endpoints.switch_off(connection, endpoint, because, at)
    if name is None:
        return
    await deliveries.hold(connection, endpoint)
    log.warning("an endpoint of webhooks is switched off", endpoint=endpoint, because=because)
    entry = Entry("hikitome", "machine", "endpoint.switched_off", detail=f"{name}: {because}")
    await audit.append(connection, entry, at)


def _tried(outcome: Outcome, at: datetime, seconds: float) -> Tried:
    milliseconds = round(seconds * 1000)
    match outcome:
        case Answered(status=status):
            return Tried(at, status, milliseconds, None if outcome.good else f"status_{status}")
        case _:
            return Tried(at, None, milliseconds, outcome.reason)


async def body_of(connection: AsyncConnection, claimed: Claimed, contacts: bool) -> bytes:
    """The message in JSON; without `contacts` it names nobody."""
    if claimed.change is not None:
        at, data = await _of_change(connection, claimed.change, contacts)
    elif claimed.cancellation is not None:
        at, data = await _of_cancellation(connection, claimed.cancellation, contacts)
    else:
        at, data = claimed.made_at, {}
    return msgspec.json.encode({"type": claimed.event, "timestamp": at, "data": data})


async def _of_change(
    connection: AsyncConnection, change_id: int, contacts: bool
) -> tuple[datetime, dict[str, object]]:
    change = await delivery_log.find_change(connection, change_id)
    card = await cards.find(connection, change.alert)
    if card is None:
        raise LookupError(f"alert {change.alert} has a change but no card")
    shown = card if contacts else anonymous(card)
    # A withdrawal's detail is a word from a closed list; others may be what an agent wrote.
    cause = change.detail if change.what == "withdrawn" else None
    return change.at, {"seq": change.seq, "agent": change.agent, "cause": cause, "alert": shown}


async def _of_cancellation(
    connection: AsyncConnection, cancellation_id: str, contacts: bool
) -> tuple[datetime, dict[str, object]]:
    found: Cancellation = await delivery_log.find_cancellation(connection, cancellation_id)
    shown = {**asdict(found), "name": found.name if contacts else initial_of(found.name)}
    return found.recorded_at, {"cancellation": shown}
