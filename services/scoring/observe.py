"""Observe: a batch of one partition: whose is it, log it, fold it, score everyone it touched."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from msgspec.structs import replace

from services.scoring.artifact import Artifact
from services.scoring.features.state import CustomerState, comes_after, fold, in_order, refold
from services.scoring.identify import Identified, identify
from services.scoring.identity.ownership import declared_by
from services.scoring.score import Subject, score
from services.scoring.store import event_log, owners, persons
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
        by_account = await _attribute(connection, envelopes)
        if not by_account:
            return
        now = self.now()
        found = await identify(connection, by_account.keys(), envelopes, now)
        by_person: defaultdict[str, list[Envelope]] = defaultdict(list)
        for account, events in by_account.items():
            by_person[found.person_of[account]] += events
        folded = await _fold(connection, found, by_person)
        came = {envelope.id for envelope in envelopes}
        subjects = []
        for ref, state in sorted(folded.items()):
            cause = _cause(by_person[ref], came) or found.cause_of(ref)
            noticed_at = cause.receivedat if cause else system_clock()
            subjects.append(Subject(ref, state, found.customers[ref].previous, noticed_at, cause))
        await score(connection, subjects, now, self.artifact)
        await persons.end(connection, found.changes.ended)
        _measure(envelopes)


async def _attribute(connection: AsyncConnection, envelopes: Sequence[Envelope]) -> dict[str, list[Envelope]]:
    """Log the events, and give them by account, with those that waited for an owner declared just now.

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
    by_account: defaultdict[str, list[Envelope]] = defaultdict(list)
    for envelope, owner in [*released, *owned]:
        if owner is not None:
            by_account[owner].append(envelope)
    return dict(by_account)


def _owner(envelope: Envelope, known: Mapping[str, str | None]) -> str | None:
    return envelope.subject if is_customer_ref(envelope.subject) else known[envelope.subject]


async def _fold(
    connection: AsyncConnection, found: Identified, new: Mapping[str, Sequence[Envelope]]
) -> dict[str, CustomerState]:
    """The states of everybody concerned: what is new is folded onto what there was.

    A person for whom an event came late, or whose accounts changed, is folded anew from the log. Who is no
    person any more has nobody left to lose: that ends an open episode.
    """
    after: dict[str, CustomerState] = {}
    late: list[str] = []
    for person in new.keys() - found.changes.members.keys():
        state, ordered = found.customers[person].state, in_order(new[person])
        if comes_after(state, ordered[0]):
            after[person] = reduce(fold, ordered, state)
        else:
            late.append(person)
    anew = {**await persons.members(connection, late), **found.changes.members}
    for person, history in (await event_log.histories(connection, anew)).items():
        after[person] = refold(history)
    for person in found.changes.ended:
        if found.customers[person].previous.episode:
            after[person] = replace(found.customers[person].state, erased=True)
    refolds.inc(len(anew))
    return after


def _cause(events: Sequence[Envelope], came: set[str]) -> Envelope | None:
    """The newest event of this batch; what waited for an owner is no news."""
    arrived = [envelope for envelope in events if envelope.id in came]
    return max(arrived, key=lambda each: (each.time, each.id), default=None)


def _measure(envelopes: Sequence[Envelope]) -> None:
    now = system_clock()
    for envelope in envelopes:
        received_to_scored_seconds.observe(max(0.0, (now - envelope.receivedat).total_seconds()))
