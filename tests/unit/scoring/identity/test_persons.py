"""Who is who: what proves it, what only raises the question, and that no order of arrival matters."""

from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.identity.accounts import Known, learned, named_in
from services.scoring.identity.changes import changes
from services.scoring.identity.evidence import MOST_CARRIERS, crowds
from services.scoring.identity.persons import MOST_ACCOUNTS, Persons, resolve
from shared.events.catalogue import Event
from shared.events.customer import CustomerErased, CustomerSeen, Identifiers
from shared.events.envelope import Envelope
from shared.events.identity import (
    CustomerMerged,
    CustomerSeparated,
    DuplicateConfirmed,
    DuplicateDenied,
    DuplicateSuspected,
)
from tests.unit.scoring.conftest import fact

A, B, C, D = (f"shop/shopify/{letter}" for letter in "abcd")


def seen(ref: str, on: float = 0, /, **identifiers: str) -> Envelope:
    return fact(CustomerSeen(ref, Identifiers(**identifiers)), on, ref)


def known(facts: Iterable[Envelope]) -> Known:
    return learned(Known(), facts)


def persons(*facts: Envelope) -> Persons:
    all_known = known(facts)
    return resolve(all_known, crowds(all_known.accounts.values()))


def groups(*facts: Envelope) -> set[tuple[str, ...]]:
    return {person.accounts for person in persons(*facts).by_ref.values()}


@pytest.mark.parametrize(
    ("one", "other", "because"),
    [
        ({"mail": "m"}, {"mail": "m"}, "mail"),
        ({"mail": "m", "name": "n"}, {"mail": "m", "name": "other"}, "mail"),
        ({"line": "l"}, {"line": "l"}, "line"),
        ({"phone": "p", "name": "n"}, {"phone": "p", "name": "n"}, "phone"),
        ({"household": "h"}, {"household": "h"}, "household"),
    ],
)
def test_this_proves_that_two_accounts_are_one_customer(
    one: dict[str, str], other: dict[str, str], because: str
) -> None:
    found = persons(seen(A, **one), seen(B, **other))
    assert found.by_ref[A].accounts == (A, B)
    assert found.by_ref[A].because == (because,)
    assert found.suspicions == {}


@pytest.mark.parametrize(
    ("one", "other", "suspected"),
    [
        ({"phone": "p", "name": "n"}, {"phone": "p", "name": "other"}, True),
        ({"phone": "p"}, {"phone": "p"}, True),
        ({"phone": "p", "name": "n"}, {"phone": "p"}, True),
        ({"name": "n"}, {"name": "n"}, False),
        ({"mail": "x"}, {"line": "x"}, False),
        ({"mail": "m"}, {"mail": "other"}, False),
        ({}, {}, False),
    ],
)
def test_this_does_not(one: dict[str, str], other: dict[str, str], suspected: bool) -> None:
    found = persons(seen(A, **one), seen(B, **other))
    assert {person.accounts for person in found.by_ref.values()} == {(A,), (B,)}
    assert found.suspicions == ({(A, B): ("phone",)} if suspected else {})


def test_what_is_proven_through_a_third_account_is_proven() -> None:
    assert groups(seen(A, mail="m"), seen(B, mail="m", line="l"), seen(C, line="l")) == {(A, B, C)}


def test_accounts_of_different_carts_of_a_shop_may_be_one_customer_of_different_shops_never() -> None:
    standard, elsewhere = "shop/standard/a", "elsewhere/shopify/a"
    facts = [seen(A, mail="m"), seen(standard, mail="m"), seen(elsewhere, mail="m")]
    said = fact(DuplicateConfirmed(elsewhere, by="person"), 1, A)
    assert groups(*facts, said) == {(A, standard), (elsewhere,)}


def test_a_clue_on_too_many_accounts_proves_nothing_any_more() -> None:
    refs = [f"shop/shopify/{number}" for number in range(MOST_CARRIERS + 1)]
    assert groups(*(seen(ref, mail="m") for ref in refs[:-1])) == {tuple(refs[:-1])}
    found = persons(*(seen(ref, mail="m") for ref in refs))
    assert {person.accounts for person in found.by_ref.values()} == {(ref,) for ref in refs}
    assert found.suspicions == {}


def test_evidence_makes_no_person_larger_than_a_person_gets_but_people_may() -> None:
    chain = [f"shop/shopify/{number:02d}" for number in range(MOST_ACCOUNTS + 2)]
    facts = [
        seen(ref, mail=f"m{at // 2}", line=f"l{(at + 1) // 2}", phone=f"p{at // 3}")
        for at, ref in enumerate(chain)
    ]
    assert max(len(accounts) for accounts in groups(*facts)) == MOST_ACCOUNTS
    assert persons(*facts).suspicions
    said = [fact(DuplicateConfirmed(ref, by="person"), 2, chain[0]) for ref in chain[1:]]
    assert groups(*facts, *said) == {tuple(chain)}


def test_a_denial_beats_every_evidence_and_also_what_would_join_them_in_a_roundabout_way() -> None:
    facts = [
        seen(A, mail="m", household="h"),
        seen(B, mail="m", household="h"),
        fact(DuplicateDenied(A, by="person"), 1, B),
    ]
    assert groups(*facts) == {(A,), (B,)}
    assert persons(*facts).suspicions == {}
    between = seen(C, mail="m")
    assert groups(*facts, between) == {(A, C), (B,)}
    assert persons(*facts, between).suspicions == {}


def test_the_newest_word_of_two_decisions_counts_whoever_is_named_first() -> None:
    denied = fact(DuplicateDenied(B, by="person"), 2, A)
    assert groups(fact(DuplicateConfirmed(B, by="person"), 1, A), denied) == {(A,), (B,)}
    assert groups(fact(DuplicateConfirmed(A, by="cart"), 3, B), denied) == {(A, B)}


def test_the_newest_contact_counts_and_an_older_one_that_comes_late_does_not() -> None:
    newest, older = seen(B, 2, mail="other"), seen(B, 1, mail="m")
    assert (
        groups(seen(A, mail="m"), newest, older) == groups(seen(A, mail="m"), older, newest) == {(A,), (B,)}
    )


def test_a_customer_is_known_by_the_account_first_seen_and_a_newcomer_does_not_change_that() -> None:
    found = persons(seen(B, 1, mail="m"), seen(A, 2, mail="m"))
    assert found.by_ref.keys() == {B}
    assert persons(seen(B, 1, mail="m"), seen(A, 2, mail="m"), seen(C, 3, mail="m")).by_ref.keys() == {B}
    assert persons(seen(B, 1, mail="m"), seen(A, 0.5), seen(A, 2, mail="m")).by_ref.keys() == {A}


def test_who_is_erased_is_nobodys_duplicate_whatever_is_said_later() -> None:
    facts = [seen(A, mail="m"), seen(B, mail="m"), fact(CustomerErased("a"), 1, A)]
    later = [seen(A, 2, mail="m"), fact(DuplicateConfirmed(B, by="person"), 3, A)]
    assert groups(*facts, *later) == groups(*later, *facts) == {(A,), (B,)}


@pytest.mark.parametrize(
    ("data", "subject"),
    [
        (CustomerSeen("a"), A),
        (DuplicateConfirmed(A, by="person"), A),
        (DuplicateConfirmed("nobody", by="person"), A),
        (DuplicateDenied("shop/shopify/~order/1", by="person"), A),
        (DuplicateDenied(A, by="person"), "shop/shopify/~subscription/1"),
    ],
)
def test_what_names_no_two_accounts_of_a_shop_does_not_bear_on_who_is_who(data: Event, subject: str) -> None:
    assert named_in(fact(data, 0, subject)) == ()


REFS = [f"shop/shopify/{letter}" for letter in "abcdefg"]
few = st.sampled_from([None, "1", "2", "3"])
days = st.integers(0, 5)
sights = st.builds(
    lambda ref, on, mail, phone, name: fact(
        CustomerSeen(ref, Identifiers(mail=mail, phone=phone, name=name)), on, ref
    ),
    *(st.sampled_from(REFS), days, few, few, few),
)
words = st.builds(
    lambda word, one, other, on: fact(word(other, by="person"), on, one),
    *(
        st.sampled_from([DuplicateConfirmed, DuplicateDenied]),
        st.sampled_from(REFS),
        st.sampled_from(REFS),
        days,
    ),
)
erasures = st.builds(lambda ref, on: fact(CustomerErased(ref), on, ref), st.sampled_from(REFS), days)
histories = st.lists(st.one_of(sights, sights, words, erasures), max_size=16)


@given(histories.flatmap(lambda facts: st.tuples(st.just(facts), st.permutations(facts * 2))))
def test_any_order_and_any_repetition_gives_the_same_persons(
    told: tuple[list[Envelope], Sequence[Envelope]],
) -> None:
    facts, shuffled = told
    assert known(facts) == known(shuffled)
    assert persons(*facts) == persons(*shuffled)


@given(histories)
def test_every_account_is_one_persons_and_nobody_is_with_whom_a_denial_keeps_apart(
    facts: list[Envelope],
) -> None:
    all_known, found = known(facts), persons(*facts)
    whose = found.of_account()
    assert whose.keys() == all_known.accounts.keys()
    assert all(ref in person.accounts for ref, person in found.by_ref.items())
    for (one, other), decision in all_known.decisions.items():
        assert decision.same or whose[one] != whose[other]
    for one, other in found.suspicions:
        assert one < other
        assert {one, other} <= found.by_ref.keys()


@given(histories, histories)
def test_what_is_told_leads_a_reader_from_the_persons_before_to_those_after(
    earlier: list[Envelope], later: list[Envelope]
) -> None:
    before, after = persons(*earlier), persons(*earlier, *later)
    whose = before.of_account()
    at_first = {ref: whose.get(ref, ref) for ref in after.of_account()}
    made = changes(at_first, after, before.suspicions)
    reader, asked = dict(at_first), set(before.suspicions)
    for ref, event in made.told:
        match event:
            case CustomerSeparated():
                reader[ref] = ref
            case CustomerMerged(accounts):
                reader.update(dict.fromkeys(accounts, ref))
            case DuplicateSuspected(other, suspected=suspected):
                asked = asked | {(ref, other)} if suspected else asked - {(ref, other)}
    assert reader == after.of_account()
    assert asked == after.suspicions.keys()
    assert {**at_first, **made.moved} == after.of_account()
    assert made.ended == set(at_first.values()) - after.by_ref.keys()
    if set(later) <= set(earlier):
        assert made.told == ()
