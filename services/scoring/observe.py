"""Observe: a batch of one partition: whose is it, log it, fold it, score everyone it touched."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.scoring.artifact import Artifact
from services.scoring.features.state import CustomerState, comes_after, fold, in_order, refold
from services.scoring.identity.ownership import declared_by
from services.scoring.score import Subject, score
from services.scoring.store import event_log, owners, states
from shared.clock import Now, system_clock
from shared.events.envelope import Envelope
from shared.events.refs import is_customer_ref
from shared.postgres.engine import AsyncConnection
from shared.process.metrics import ownerless_events, received_to_scored_seconds, refolds


@dataclass(frozen=True, slots=True)
class Observer:
    """What `observe` needs beside the batch."""

    artifact: Artifact
    now: Now

    async def observe(self, connection: AsyncConnection, envelopes: Sequence[Envelope]) -> None:
        """Bring a batch of new events into effect; everything happens in the caller's transaction."""
        by_customer = await _attribute(connection, envelopes)
        if not by_customer:
            return
        customers = await states.lock(connection, list(by_customer))
        folded = await _fold(connection, {c.ref: c.state for c in customers}, by_customer)
        came = {envelope.id for envelope in envelopes}
        subjects = []
        for customer in customers:
            cause = _cause(by_customer[customer.ref], came)
            noticed_at = cause.receivedat if cause else system_clock()
            subjects.append(Subject(customer.ref, folded[customer.ref], customer.previous, noticed_at, cause))
        await score(connection, subjects, self.now(), self.artifact)
        _measure(envelopes)


async def _attribute(connection: AsyncConnection, envelopes: Sequence[Envelope]) -> dict[str, list[Envelope]]:
    """Log the events, and give them by customer, with those that waited for an owner declared just now.

    Some webhooks name only the subscription or the order. Where its owner isn't known yet, the event stays in
    the log without one, until an event that names both arrives, in this batch or in any other partition's.
    """
    declared = {ref: each.subject for each in envelopes for ref in declared_by(each)}
    named = {each.subject for each in envelopes if not is_customer_ref(each.subject)}
    known = await owners.lock(connection, [*declared, *named])
    fresh = {ref: owner for ref, owner in declared.items() if known[ref] != owner}
    await owners.declare(connection, fresh)
    owned = [(each, _owner(each, {**known, **declared})) for each in envelopes]
    ownerless_events.inc(sum(1 for _, owner in owned if owner is None))
    released = await event_log.release(connection, fresh)
    await event_log.append(connection, owned)
    by_customer: defaultdict[str, list[Envelope]] = defaultdict(list)
    for envelope, owner in [*released, *owned]:
        if owner is not None:
            by_customer[owner].append(envelope)
    return dict(by_customer)


def _owner(envelope: Envelope, known: Mapping[str, str | None]) -> str | None:
    return envelope.subject if is_customer_ref(envelope.subject) else known[envelope.subject]


async def _fold(
    connection: AsyncConnection, before: Mapping[str, CustomerState], new: Mapping[str, Sequence[Envelope]]
) -> dict[str, CustomerState]:
    """Fold what is new; a customer for whom an event came late is folded anew from the log."""
    after: dict[str, CustomerState] = {}
    late: list[str] = []
    for ref, state in before.items():
        ordered = in_order(new[ref])
        if not comes_after(state, ordered[0]):
            late.append(ref)
            continue
        for envelope in ordered:
            state = fold(state, envelope)
        after[ref] = state
    for ref, history in (await event_log.histories(connection, late)).items():
        after[ref] = refold(history)
    refolds.inc(len(late))
    return after


def _cause(events: Sequence[Envelope], came: set[str]) -> Envelope | None:
    """The newest event of this batch; what waited for an owner is no news."""
    arrived = [envelope for envelope in events if envelope.id in came]
    return max(arrived, key=lambda each: (each.time, each.id), default=None)


def _measure(envelopes: Sequence[Envelope]) -> None:
    now = system_clock()
    for envelope in envelopes:
        received_to_scored_seconds.observe(max(0.0, (now - envelope.receivedat).total_seconds()))
