"""Changes: from the persons there were and the persons there are, to what must be told and folded anew."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.scoring.identity.accounts import Pair
from services.scoring.identity.persons import Persons
from shared.events.identity import CustomerMerged, CustomerSeparated, DuplicateSuspected, Evidence

Conclusion = CustomerMerged | CustomerSeparated | DuplicateSuspected


@dataclass(frozen=True, slots=True)
class Changes:
    """`moved`: accounts, and the person each belongs to from now on.

    `members`: the accounts of every person that gained or lost one. `ended`: persons that are none any more.
    """

    moved: Mapping[str, str]
    members: Mapping[str, tuple[str, ...]]
    ended: frozenset[str]
    suspected: Mapping[Pair, tuple[Evidence, ...]]
    withdrawn: frozenset[Pair]
    told: tuple[tuple[str, Conclusion], ...]


NONE = Changes({}, {}, frozenset(), {}, frozenset(), ())


def changes(
    before: Mapping[str, str], persons: Persons, suspicions: Mapping[Pair, tuple[Evidence, ...]]
) -> Changes:
    """:param before: the person of every account that `persons` speaks of, and whole persons only.
    :param suspicions: those of their pairs that are told of.
    """
    after = persons.of_account()
    former: defaultdict[str, set[str]] = defaultdict(set)
    for account, person in before.items():
        former[person].add(account)
    members = {
        ref: person.accounts
        for ref, person in sorted(persons.by_ref.items())
        if former.get(ref, set()) != set(person.accounts)
    }
    suspected = {at: why for at, why in persons.suspicions.items() if suspicions.get(at) != why}
    withdrawn = frozenset(suspicions.keys() - persons.suspicions.keys())
    told: tuple[tuple[str, Conclusion], ...] = (
        *_separated(before, members),
        *_merged(persons, members),
        *((at[0], DuplicateSuspected(at[1], why)) for at, why in sorted(suspected.items())),
        *((at[0], DuplicateSuspected(at[1], suspicions[at], suspected=False)) for at in sorted(withdrawn)),
    )
    return Changes(
        moved={account: person for account, person in after.items() if before[account] != person},
        members=members,
        ended=frozenset(former.keys() - persons.by_ref.keys()),
        suspected=suspected,
        withdrawn=withdrawn,
        told=told,
    )


def _separated(
    before: Mapping[str, str], members: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, CustomerSeparated]]:
    """Who is somebody of its own again; a person that is only known by another name now has lost nobody."""
    for ref, accounts in members.items():
        former = before[ref]
        if former != ref and former not in accounts:
            yield ref, CustomerSeparated(former)


def _merged(persons: Persons, members: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, CustomerMerged]]:
    for ref, accounts in members.items():
        if len(accounts) > 1:
            yield ref, CustomerMerged(accounts, persons.by_ref[ref].because)
