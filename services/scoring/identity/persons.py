"""Persons: which accounts are one customer, as a function of what is known and of nothing else.

Links are taken up strongest first and then by reference, so that any order of arrival gives the same persons.
One that would put together two who are said to be two is passed over, and so is one that would make a crowd.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from services.scoring.identity.accounts import Account, Known, Pair, pair
from services.scoring.identity.evidence import STRENGTHS, Clue, Link, links
from shared.events.identity import Evidence

MOST_ACCOUNTS = 8
"""Evidence makes no person of more accounts than this; what people and carts say may."""

_SAID = ("person", "cart")
_UNSEEN = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Person:
    """`ref` is the account by which the customer is known: the one first seen."""

    ref: str
    accounts: tuple[str, ...]
    because: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Persons:
    """`suspicions`: pairs of persons who may be one, and why; nobody has said yet that they are two."""

    by_ref: Mapping[str, Person]
    suspicions: Mapping[Pair, tuple[Evidence, ...]]

    def of_account(self) -> dict[str, str]:
        return {account: person.ref for person in self.by_ref.values() for account in person.accounts}


def resolve(known: Known, crowded: Collection[Clue]) -> Persons:
    """:param crowded: the clues that too many accounts carry, those that are not in `known` counted too."""
    found = [link for link in links(known, crowded) if not _erased(known, link)]
    denied = _denied(known)
    groups = _groups(known.accounts, found, denied)
    persons = {ref: _person(known.accounts, groups[ref]) for ref in known.accounts}
    because: defaultdict[str, set[Evidence]] = defaultdict(set)
    suspected: defaultdict[Pair, set[Evidence]] = defaultdict(set)
    for link in found:
        one, other = (persons[ref] for ref in link.accounts)
        if one == other:
            because[one] |= {link.evidence} if link.proves else set()
        elif not _apart(groups[link.accounts[0]], groups[link.accounts[1]], denied):
            suspected[pair(one, other)].add(link.evidence)
    return Persons(
        by_ref={
            ref: Person(ref, tuple(sorted(groups[ref])), _sorted(because[ref]))
            for ref in set(persons.values())
        },
        suspicions={about: _sorted(evidence) for about, evidence in suspected.items()},
    )


def _groups(
    refs: Iterable[str], found: Iterable[Link], denied: Mapping[str, frozenset[str]]
) -> dict[str, frozenset[str]]:
    groups = {ref: frozenset((ref,)) for ref in refs}
    proofs = [link for link in found if link.proves]
    for link in sorted(proofs, key=lambda each: (STRENGTHS.index(each.evidence), each.accounts)):
        one, other = (groups[ref] for ref in link.accounts)
        if one is other or _apart(one, other, denied):
            continue
        if link.evidence in _SAID or len(one) + len(other) <= MOST_ACCOUNTS:
            groups.update(dict.fromkeys(one | other, one | other))
    return groups


def _apart(one: frozenset[str], other: frozenset[str], denied: Mapping[str, frozenset[str]]) -> bool:
    return any(denied.get(ref, frozenset()) & other for ref in one)


def _denied(known: Known) -> dict[str, frozenset[str]]:
    apart: defaultdict[str, set[str]] = defaultdict(set)
    for (one, other), decision in known.decisions.items():
        if not decision.same:
            apart[one].add(other)
            apart[other].add(one)
    return {ref: frozenset(others) for ref, others in apart.items()}


def _erased(known: Known, link: Link) -> bool:
    return any(known.accounts[ref].erased for ref in link.accounts)


def _person(accounts: Mapping[str, Account], group: Collection[str]) -> str:
    return min(group, key=lambda ref: (accounts[ref].since or _UNSEEN, ref))


def _sorted(evidence: Collection[Evidence]) -> tuple[Evidence, ...]:
    return tuple(sorted(evidence, key=STRENGTHS.index))
