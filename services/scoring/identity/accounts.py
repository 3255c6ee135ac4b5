"""Accounts: what the events say of each that bears on who is who, the same in whatever order they come."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.events.customer import CustomerErased, CustomerSeen, Identifiers
from shared.events.envelope import Envelope
from shared.events.identity import DuplicateConfirmed, DuplicateDenied, Evidence
from shared.events.refs import is_customer_ref

Pair = tuple[str, str]
"""Two references in their order, so that it does not matter who of the two was named first."""


@dataclass(frozen=True, slots=True)
class Account:
    """`since`: the earliest sight of it; None while it is known by hearsay only.

    `said` is the (time, id) of the event that `identifiers` are from. Who is erased has none, for good.
    """

    ref: str
    since: datetime | None = None
    said: tuple[datetime, str] | None = None
    identifiers: Identifiers = field(default_factory=Identifiers)
    erased: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The newest word on two accounts: one customer or two; `said` is the (time, id) of its event."""

    same: bool
    by: Evidence
    said: tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of some accounts, and of some pairs of them."""

    accounts: Mapping[str, Account] = field(default_factory=dict)
    decisions: Mapping[Pair, Decision] = field(default_factory=dict)


def pair(one: str, other: str) -> Pair:
    return (one, other) if one < other else (other, one)


def shop_of(ref: str) -> str:
    return ref.split("/", 1)[0]


def named_in(envelope: Envelope) -> tuple[str, ...]:
    """The accounts that this event says something about; none if it does not bear on who is who."""
    match envelope.data:
        case CustomerErased():
            named: tuple[str, ...] = (envelope.subject,)
        case CustomerSeen(identifiers=identifiers) if identifiers is not None:
            named = (envelope.subject,)
        case DuplicateConfirmed(other=other) | DuplicateDenied(other=other):
            named = (envelope.subject, other)
        case _:
            return ()
    fits = all(map(is_customer_ref, named)) and len(set(map(shop_of, named))) == 1
    return named if fits and len(set(named)) == len(named) else ()


def learned(known: Known, envelopes: Iterable[Envelope]) -> Known:
    """With these events too; any order and any repetition of all of them give the same."""
    accounts, decisions = dict(known.accounts), dict(known.decisions)
    for envelope in envelopes:
        named = named_in(envelope)
        for ref in named:
            accounts.setdefault(ref, Account(ref))
        match envelope.data:
            case CustomerSeen() | CustomerErased() if named:
                accounts[envelope.subject] = _told(accounts[envelope.subject], envelope)
            case DuplicateConfirmed(by=by) | DuplicateDenied(by=by) as fact if named:
                about, said = pair(*named), (envelope.time, envelope.id)
                decision = Decision(isinstance(fact, DuplicateConfirmed), by, said)
                decisions[about] = max(decisions.get(about, decision), decision, key=lambda each: each.said)
    return Known(accounts, decisions)


def _told(account: Account, envelope: Envelope) -> Account:
    match envelope.data:
        case CustomerSeen(identifiers=Identifiers() as identifiers) if not account.erased:
            since = min(account.since or envelope.time, envelope.time)
            said = (envelope.time, envelope.id)
            if account.said is not None and said <= account.said:
                return replace(account, since=since)
            return replace(account, since=since, said=said, identifiers=identifiers)
        case CustomerErased():
            return Account(account.ref, erased=True)
        case _:
            return account
