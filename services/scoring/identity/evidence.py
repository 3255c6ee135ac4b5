"""Evidence: what two accounts of one shop share, and how much it proves."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from services.scoring.identity.accounts import Account, Known, Pair, pair, shop_of
from shared.events.identity import Evidence

Clue = tuple[str, str, str]
"""Shop, kind, and the keyed hash of something that an account carries."""

CLUES = ("mail", "line", "phone", "household")
"""A name alone is no clue: it only tells whether two who share a telephone bear the same one."""

MOST_CARRIERS = 4
"""A clue on more accounts than this is a role's, the shop's own or a filler, and proves nothing."""

STRENGTHS: tuple[Evidence, ...] = ("person", "cart", "mail", "line", "phone", "household")
"""The strongest first: in this order accounts are put together."""


@dataclass(frozen=True, slots=True)
class Link:
    """`proves` False: enough to ask a person, not enough to put them together."""

    accounts: Pair
    evidence: Evidence
    proves: bool = True


def clues_of(account: Account) -> frozenset[Clue]:
    if account.erased:
        return frozenset()
    shop, carried = shop_of(account.ref), account.identifiers
    values = (carried.mail, carried.line, carried.phone, carried.household)
    return frozenset((shop, kind, value) for kind, value in zip(CLUES, values, strict=True) if value)


def crowds(accounts: Iterable[Account]) -> frozenset[Clue]:
    """The clues that prove nothing, if these are all the accounts there are."""
    return frozenset(clue for clue, of in _carriers(accounts).items() if len(of) > MOST_CARRIERS)


def links(known: Known, crowded: Collection[Clue]) -> Iterator[Link]:
    """Every reason to take two of these accounts for one customer, or to ask whether they are."""
    for clue, carriers in _carriers(known.accounts.values()).items():
        if clue not in crowded:
            for one, other in combinations(carriers, 2):
                yield _link(one, other, clue[1])
    for accounts, decision in known.decisions.items():
        if decision.same:
            yield Link(accounts, decision.by)


def _link(one: Account, other: Account, kind: str) -> Link:
    about = pair(one.ref, other.ref)
    match kind:
        case "phone":
            # A telephone is a household's: only with the name does it tell who of them it is.
            name = one.identifiers.name
            return Link(about, "phone", proves=name is not None and name == other.identifiers.name)
        case "mail":
            return Link(about, "mail")
        case "line":
            return Link(about, "line")
        case _:
            return Link(about, "household")


def _carriers(accounts: Iterable[Account]) -> dict[Clue, list[Account]]:
    carriers: defaultdict[Clue, list[Account]] = defaultdict(list)
    for account in accounts:
        for clue in clues_of(account):
            carriers[clue].append(account)
    return dict(carriers)
