"""Identify: whose events these are; a batch that says who is who puts accounts together, or takes them apart.

Whoever changes of which accounts a person consists holds the locks of that person's state, before and after,
and of every clue that an account gained or lost. Which these are is known only once they are looked at; so
they are looked at, locked in sorted order, and looked at again, until nothing else was found.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import msgspec

from services.scoring.identity.accounts import Account, Decision, Known, Pair, learned, named_in, shop_of
from services.scoring.identity.changes import NONE, Changes, Conclusion, changes
from services.scoring.identity.evidence import MOST_CARRIERS, Clue, clues_of
from services.scoring.identity.persons import resolve
from services.scoring.store import accounts, event_log, persons, states
from services.scoring.store.accounts import Stored
from services.scoring.store.states import Customer
from shared.events.envelope import Envelope
from shared.events.identity import CustomerMerged, CustomerSeparated, DuplicateSuspected
from shared.events.ids import derived_id
from shared.postgres import outbox
from shared.postgres.engine import AsyncConnection
from shared.process.metrics import customers_merged, customers_separated, duplicates_suspected

# Readers order what they are told of an account by time; two conclusions never share one.
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Identified:
    """`customers`: the persons concerned, locked. `person_of`: the person of each account of the batch.

    `causes` holds, by shop, the fact behind `changes`.
    """

    customers: Mapping[str, Customer]
    person_of: Mapping[str, str]
    changes: Changes
    causes: Mapping[str, Envelope]

    def cause_of(self, ref: str) -> Envelope | None:
        """The fact by which this person became another, or none at all."""
        changed = ref in self.changes.members or ref in self.changes.ended
        return self.causes[shop_of(ref)] if changed else None


@dataclass(frozen=True, slots=True)
class _Found:
    """What one look has shown, and what has to be locked for it to hold."""

    person_of: Mapping[str, str]
    people: frozenset[str]
    clues: frozenset[Clue] = frozenset()
    changes: Changes = NONE
    stored: Mapping[str, Stored] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _News:
    """Accounts and decisions that differ from those before, and the clues that accounts gained or lost."""

    accounts: tuple[Account, ...] = ()
    decisions: Mapping[Pair, Decision] = field(default_factory=dict)
    clues: frozenset[Clue] = frozenset()
    trivial: bool = True


async def identify(
    connection: AsyncConnection, refs: Collection[str], envelopes: Sequence[Envelope], now: datetime
) -> Identified:
    """Lock the persons of these accounts, and bring into effect what the events say of who is who.

    Conclusions go out through the outbox, at `now` (business time) or right after what they follow from.
    """
    facts = [envelope for envelope in envelopes if named_in(envelope)]
    named = {ref for fact in facts for ref in named_in(fact)}
    concerned = sorted({*refs, *named})
    person_of = await persons.of_accounts(connection, concerned)
    _, news = await _told(connection, named, facts)
    found = _Found(person_of, frozenset(person_of.values()), news.clues)
    while True:
        wanted = found
        attempt = await connection.begin_nested()
        await persons.lock_clues(connection, wanted.clues)
        customers = {each.ref: each for each in await states.lock(connection, list(wanted.people))}
        found = await _look(connection, concerned, named, facts)
        # A row that stood there a moment ago is gone if its person was absorbed before we had its lock.
        if found.clues <= wanted.clues and found.people == wanted.people == customers.keys():
            await attempt.commit()
            break
        await attempt.rollback()
    causes = {shop_of(fact.subject): fact for fact in sorted(facts, key=lambda each: (each.time, each.id))}
    await _conclude(connection, found, causes, now)
    return Identified(customers, found.person_of, found.changes, causes)


async def _look(
    connection: AsyncConnection, refs: Collection[str], named: Collection[str], facts: Sequence[Envelope]
) -> _Found:
    """What these facts come to, as things stand now; what they say of accounts is written."""
    person_of = await persons.of_accounts(connection, refs)
    before, news = await _told(connection, named, facts)
    found = _Found(person_of, frozenset(person_of.values()), stored=before)
    linked = await _carrying(connection, news.clues)
    await accounts.save(connection, before, news.accounts)
    await accounts.decide(connection, news.decisions)
    if news.trivial:
        return found
    linked |= await _carrying(connection, news.clues)
    stored, known, crowded = await _component(connection, {*named, *linked})
    told = await persons.suspicions(connection, list(stored))
    made = changes({ref: each.person for ref, each in stored.items()}, resolve(known, crowded), told)
    return replace(
        found,
        person_of=person_of | {ref: made.moved[ref] for ref in made.moved.keys() & person_of.keys()},
        people=found.people | {each.person for each in stored.values()} | made.members.keys(),
        clues=news.clues,
        changes=made,
        stored=stored,
    )


async def _told(
    connection: AsyncConnection, named: Collection[str], facts: Sequence[Envelope]
) -> tuple[dict[str, Stored], _News]:
    """The accounts that the facts name as they are, and what is new about them."""
    if not facts:
        return {}, _News()
    before = await accounts.find(connection, named)
    return before, _news(before, await accounts.decisions(connection, named), facts)


def _news(before: Mapping[str, Stored], decided: Mapping[Pair, Decision], facts: Sequence[Envelope]) -> _News:
    known = Known({ref: each.account for ref, each in before.items()}, decided)
    after = learned(known, facts)
    decisions = {at: each for at, each in after.decisions.items() if known.decisions.get(at) != each}
    changed = [each for ref, each in after.accounts.items() if known.accounts.get(ref) != each]
    clues = frozenset[Clue]()
    for account in changed:
        clues |= clues_of(account) ^ clues_of(known.accounts.get(account.ref, Account(account.ref)))
    # A cart tells of its customers again and again; mostly nothing is new but the time.
    again = [known.accounts.get(each.ref) == replace(each, said=_said(known, each.ref)) for each in changed]
    return _News(tuple(changed), decisions, clues, trivial=all(again) and not decisions)


def _said(known: Known, ref: str) -> tuple[datetime, str] | None:
    return known.accounts[ref].said if ref in known.accounts else None


async def _carrying(connection: AsyncConnection, clues: Collection[Clue]) -> set[str]:
    """The accounts that these clues link now; a crowd is not linked by what it carries."""
    found = await accounts.carriers(connection, clues)
    return {ref for refs in found.values() if len(refs) <= MOST_CARRIERS for ref in refs}


async def _component(
    connection: AsyncConnection, seeds: Collection[str]
) -> tuple[dict[str, Stored], Known, set[Clue]]:
    """All accounts that these are linked to, directly or through others, with the rest of their persons."""
    stored: dict[str, Stored] = {}
    decisions: dict[Pair, Decision] = {}
    crowded: set[Clue] = set()
    seen: set[Clue] = set()
    new = set(seeds)
    while new:
        fresh = await accounts.of_persons(connection, new)
        stored |= fresh
        decisions |= await accounts.decisions(connection, list(fresh))
        clues = {clue for each in fresh.values() for clue in clues_of(each.account)} - seen
        seen |= clues
        carriers = await accounts.carriers(connection, clues)
        crowded |= {clue for clue, refs in carriers.items() if len(refs) > MOST_CARRIERS}
        linked = {ref for clue, refs in carriers.items() if clue not in crowded for ref in refs}
        new = (linked | {ref for pair in decisions for ref in pair}) - stored.keys()
    return stored, Known({ref: each.account for ref, each in stored.items()}, decisions), crowded


async def _conclude(
    connection: AsyncConnection, found: _Found, causes: Mapping[str, Envelope], now: datetime
) -> None:
    made = found.changes
    await event_log.forget(connection, [ref for ref, each in found.stored.items() if each.account.erased])
    if not made.told:
        return
    last = [each.told_at for each in found.stored.values() if each.told_at]
    at = max(now, *(cause.time for cause in causes.values()), *(each + _TICK for each in last))
    told = [_envelope(ref, event, causes[shop_of(ref)], at) for ref, event in made.told]
    await persons.move(connection, made.moved)
    await persons.note_told(connection, list(found.stored), at)
    await persons.withdraw(connection, made.withdrawn)
    await persons.suspect(connection, made.suspected)
    await outbox.append(connection, told)
    _count(made)


def _envelope(ref: str, event: Conclusion, cause: Envelope, at: datetime) -> Envelope:
    content = msgspec.json.encode(event).decode()
    return Envelope(
        id=derived_id(type(event).__name__, ref, content, cause.id),
        source=f"/shops/{shop_of(ref)}/scoring",
        subject=ref,
        time=at,
        shop=shop_of(ref),
        receivedat=cause.receivedat,
        correlationid=cause.correlationid,
        causationid=cause.id,
        data=event,
    )


def _count(made: Changes) -> None:
    for _, event in made.told:
        match event:
            case CustomerMerged():
                customers_merged.inc()
            case CustomerSeparated():
                customers_separated.inc()
            case DuplicateSuspected(suspected=True):
                duplicates_suspected.inc()
            case _:
                pass
