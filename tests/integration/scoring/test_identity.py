"""Accounts become customers and part again, on a real PostgreSQL: no event is lost, none counts twice."""

from itertools import permutations

from sqlalchemy import text

from services.scoring.artifact import Artifact
from services.scoring.features.state import refold
from shared.events.customer import CustomerErased
from shared.events.identity import (
    CustomerMerged,
    CustomerSeparated,
    DuplicateConfirmed,
    DuplicateDenied,
    DuplicateSuspected,
)
from shared.events.risk import RiskAssessed
from shared.postgres.engine import AsyncEngine, transaction
from tests.integration.scoring.identity import (
    A,
    B,
    C,
    Happened,
    bought,
    conclusions,
    empty,
    leaving,
    observe,
    persons,
    seen,
    states,
    told,
)


async def test_two_accounts_of_one_mail_become_as_if_there_had_always_been_one(
    engine: AsyncEngine, artifact: Artifact, happened: Happened
) -> None:
    first = [seen(happened, A, 0, mail="m"), *bought(happened, A, 1, 31, 61)]
    second = [seen(happened, B, 10, mail="other"), *bought(happened, B, 10, 45)]
    for event in [*first, *second]:
        await observe(engine, artifact, event)
    assert (await states(engine)).keys() == {A, B}
    changed = seen(happened, B, 70, mail="m")
    await observe(engine, artifact, changed)
    assert await states(engine) == {A: refold([*first, *second, changed])}
    assert await conclusions(engine) == [(A, CustomerMerged((A, B), ("mail",)))]


async def test_what_comes_late_for_an_absorbed_account_is_folded_into_the_person(
    engine: AsyncEngine, artifact: Artifact, happened: Happened
) -> None:
    merged = [seen(happened, A, 0, mail="m"), seen(happened, B, 10, mail="m"), *bought(happened, A, 40)]
    await observe(engine, artifact, *merged)
    later = [*bought(happened, B, 50), *bought(happened, B, 20)]
    for event in later:
        await observe(engine, artifact, event)
    assert await states(engine) == {A: refold([*merged, *later])}


async def test_the_absorbed_accounts_episode_ends_and_the_persons_begins(
    engine: AsyncEngine, artifact: Artifact, happened: Happened
) -> None:
    events = [seen(happened, B, 10, mail="m"), *leaving(happened, B)]
    await observe(engine, artifact, *events)
    risks = await told(engine, RiskAssessed)
    assert [(ref, risk.phase) for ref, risk in risks if isinstance(risk, RiskAssessed)] == [(B, "entered")]
    await observe(engine, artifact, seen(happened, A, 0, mail="m"))
    risks = await told(engine, RiskAssessed)
    assert [(ref, risk.phase) for ref, risk in risks if isinstance(risk, RiskAssessed)] == [
        (B, "entered"),
        (A, "entered"),
        (B, "left"),
    ]
    assert (await states(engine)).keys() == {A}


async def test_a_denial_takes_a_person_apart_exactly(
    engine: AsyncEngine, artifact: Artifact, happened: Happened
) -> None:
    first = [seen(happened, A, 0, mail="m"), *bought(happened, A, 1, 31, 61)]
    second = [seen(happened, B, 10, mail="m"), *leaving(happened, B)]
    await observe(engine, artifact, *first, *second)
    denied = happened(DuplicateDenied(A, by="person"), 88, subject=B)
    await observe(engine, artifact, denied)
    assert await states(engine) == {A: refold(first), B: refold([*second, denied])}
    assert await conclusions(engine) == [
        (A, CustomerMerged((A, B), ("mail",))),
        (B, CustomerSeparated(A)),
    ]


async def test_when_the_evidence_is_gone_the_accounts_part(
    engine: AsyncEngine, artifact: Artifact, happened: Happened
) -> None:
    first = [seen(happened, A, 0, mail="m"), *bought(happened, A, 1)]
    second = [seen(happened, B, 10, mail="m"), *bought(happened, B, 11)]
    await observe(engine, artifact, *first, *second)
    moved = seen(happened, B, 20, mail="another")
    await observe(engine, artifact, moved)
    assert await states(engine) == {A: refold(first), B: refold([*second, moved])}
    assert await persons(engine) == {A: A, B: B}


async def test_an_older_contact_that_comes_late_changes_nothing(
    engine: AsyncEngine, artifact: Artifact, happened: Happened
) -> None:
    await observe(engine, artifact, seen(happened, A, 0, mail="m"))
    newer, older = seen(happened, B, 20, mail="another"), seen(happened, B, 10, mail="m")
    await observe(engine, artifact, newer)
    await observe(engine, artifact, older)
    assert await persons(engine) == {A: A, B: B}
    assert await conclusions(engine) == []


async def test_a_contact_that_is_only_confirmed_outdates_what_was_said_in_between(
    engine: AsyncEngine, artifact: Artifact, happened: Happened
) -> None:
    facts = [(A, 0, "m"), (B, 10, "m"), (B, 30, "m"), (B, 20, "another")]
    for ref, day, mail in facts:
        await observe(engine, artifact, seen(happened, ref, day, mail=mail))
    assert await persons(engine) == {A: A, B: A}
    assert len(await conclusions(engine)) == 1


async def test_a_shared_telephone_is_asked_about_until_somebody_answers(
    engine: AsyncEngine, artifact: Artifact, happened: Happened
) -> None:
    await observe(engine, artifact, seen(happened, A, 0, phone="p", name="hanako"))
    await observe(engine, artifact, seen(happened, B, 1, phone="p", name="taro"))
    assert await conclusions(engine) == [(A, DuplicateSuspected(B, ("phone",)))]
    await observe(engine, artifact, happened(DuplicateDenied(B, by="person"), 2, subject=A))
    assert (await conclusions(engine))[1:] == [(A, DuplicateSuspected(B, ("phone",), suspected=False))]
    await observe(engine, artifact, happened(DuplicateConfirmed(B, by="person"), 3, subject=A))
    assert (await conclusions(engine))[2:] == [(A, CustomerMerged((A, B), ("person",)))]


async def test_who_is_erased_stands_alone_and_leaves_no_hash_behind(
    engine: AsyncEngine, artifact: Artifact, happened: Happened
) -> None:
    first = [seen(happened, A, 0, mail="secret"), *bought(happened, A, 1)]
    second = [seen(happened, B, 10, mail="secret"), *bought(happened, B, 11)]
    await observe(engine, artifact, *first, *second)
    await observe(engine, artifact, happened(CustomerErased("a"), 20, subject=A))
    await observe(engine, artifact, seen(happened, A, 5, mail="secret"))
    found = await states(engine)
    assert found[A].erased
    assert found[B] == refold(second)
    assert (await conclusions(engine))[1:] == [(B, CustomerSeparated(A))]
    async with transaction(engine) as connection:
        logged = text("SELECT envelope FROM event_log WHERE customer_ref = :ref")
        rows = (await connection.execute(logged, {"ref": A})).scalars().all()
        held = text("SELECT count(*) FROM carrier WHERE ref = :ref")
        assert (await connection.execute(held, {"ref": A})).scalar_one() == 0
    assert rows
    assert not any(b"secret" in bytes(row) for row in rows)


async def test_a_clue_that_turns_out_to_be_everybodys_takes_its_person_apart(
    engine: AsyncEngine, artifact: Artifact, happened: Happened
) -> None:
    refs = [f"demo/shopify/{number}" for number in range(5)]
    for day, ref in enumerate(refs[:4]):
        await observe(engine, artifact, seen(happened, ref, day, mail="m"))
    assert set((await persons(engine)).values()) == {refs[0]}
    await observe(engine, artifact, seen(happened, refs[4], 4, mail="m"))
    assert await persons(engine) == {ref: ref for ref in refs}
    await observe(engine, artifact, seen(happened, refs[2], 5, mail="own"))
    assert await persons(engine) == {ref: refs[2] if ref == refs[2] else refs[0] for ref in refs}


async def test_shops_never_meet(engine: AsyncEngine, artifact: Artifact, happened: Happened) -> None:
    other = "elsewhere/shopify/a"
    abroad = seen(happened, other, 1, mail="m")
    await observe(engine, artifact, seen(happened, A, 0, mail="m"), abroad)
    said = happened(DuplicateConfirmed(other, by="person"), 2, subject=A)
    await observe(engine, artifact, said)
    assert set((await states(engine)).keys()) == {A, other}
    assert await conclusions(engine) == []


async def test_the_persons_are_the_same_in_whatever_order_the_facts_arrive(
    engine: AsyncEngine, artifact: Artifact, happened: Happened
) -> None:
    facts = [
        seen(happened, A, 3, mail="m", phone="p", name="hanako"),
        seen(happened, B, 2, mail="m", household="h", name="hanako"),
        seen(happened, C, 1, phone="p", name="hanako"),
        happened(DuplicateDenied(C, by="person"), 4, subject=B),
    ]
    outcomes = []
    for order in permutations(facts):
        for event in order:
            await observe(engine, artifact, event)
        outcomes.append((await persons(engine), await states(engine)))
        async with transaction(engine) as connection:
            await empty(connection)
    assert all(outcome == outcomes[0] for outcome in outcomes)
    assert outcomes[0][0] == {A: B, B: B, C: C}
