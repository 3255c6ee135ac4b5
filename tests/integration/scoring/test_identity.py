"""Accounts become customers and part again, on a real PostgreSQL: no event is lost, none counts twice."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import permutations
from random import Random

import pytest
from sqlalchemy import text

from services.scoring.artifact import Artifact
from services.scoring.features.state import CustomerState, from_bytes, refold
from services.scoring.identity.accounts import Account, Known, learned
from services.scoring.identity.evidence import crowds
from services.scoring.identity.persons import resolve
from services.scoring.observe import Observer
from shared.events.catalogue import Event
from shared.events.commerce import OrderPlaced
from shared.events.customer import CustomerErased, CustomerSeen, Identifiers
from shared.events.envelope import Envelope, decode
from shared.events.identity import (
    CustomerMerged,
    CustomerSeparated,
    DuplicateConfirmed,
    DuplicateDenied,
    DuplicateSuspected,
)
from shared.events.money import Money
from shared.events.payment import PaymentFailed
from shared.events.risk import RiskAssessed
from shared.events.subscription import Cycle, SubscriptionSkipped, SubscriptionStarted
from shared.kafka.attempt import until_done
from shared.postgres.engine import AsyncConnection, AsyncEngine, transaction
from tests.integration.scoring.conftest import START

A, B, C, D = (f"demo/shopify/{letter}" for letter in "abcd")
YEN = Money(4980, "JPY")
NOW = START + timedelta(days=90)
Happened = Callable[..., Envelope]


def seen(happened: Happened, ref: str, day: float, **identifiers: str) -> Envelope:
    return happened(CustomerSeen(ref[-1], Identifiers(**identifiers)), day, subject=ref)


def bought(happened: Happened, ref: str, *days: float) -> list[Envelope]:
    return [happened(OrderPlaced(f"{ref[-1]}-{day}", YEN), day, subject=ref) for day in days]


def leaving(happened: Happened, ref: str) -> list[Envelope]:
    """A contract with two skips and two failures to pay: about as alarming as it gets."""
    contract = f"c{ref[-1]}"
    return [
        happened(OrderPlaced(f"{ref[-1]}-first", YEN), 1, subject=ref),
        happened(SubscriptionStarted(contract, Cycle("day", 30), order=f"{ref[-1]}-first"), 1.1, subject=ref),
        happened(SubscriptionSkipped(contract, 2), 20, subject=f"demo/shopify/~subscription/{contract}"),
        happened(SubscriptionSkipped(contract, 3), 50, subject=f"demo/shopify/~subscription/{contract}"),
        happened(PaymentFailed(contract, code="insufficient_funds"), 80, subject=ref),
        happened(PaymentFailed(contract, code="insufficient_funds"), 83, subject=ref),
    ]


async def observe(engine: AsyncEngine, artifact: Artifact, *envelopes: Envelope, now: datetime = NOW) -> None:
    async with transaction(engine) as connection:
        await Observer(artifact, lambda: now).observe(connection, envelopes)


async def states(engine: AsyncEngine) -> dict[str, CustomerState]:
    async with transaction(engine) as connection:
        rows = await connection.execute(text("SELECT customer_ref, state FROM customer_state"))
        return {row.customer_ref: from_bytes(row.state) for row in rows}


async def persons(engine: AsyncEngine) -> dict[str, str]:
    async with transaction(engine) as connection:
        rows = await connection.execute(text("SELECT ref, person FROM account"))
        return {row.ref: row.person for row in rows}


async def told(engine: AsyncEngine, *kinds: type[Event]) -> list[tuple[str, Event]]:
    async with transaction(engine) as connection:
        rows = await connection.execute(text("SELECT value FROM outbox ORDER BY id"))
        envelopes = [decode(row.value) for row in rows]
    return [(each.subject, each.data) for each in envelopes if isinstance(each.data, kinds)]


async def conclusions(engine: AsyncEngine) -> list[tuple[str, Event]]:
    return await told(engine, CustomerMerged, CustomerSeparated, DuplicateSuspected)


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
            await _empty(connection)
    assert all(outcome == outcomes[0] for outcome in outcomes)
    assert outcomes[0][0] == {A: B, B: B, C: C}


async def test_a_link_on_either_side_found_at_once_makes_one_person_and_loses_nothing(
    engine: AsyncEngine, artifact: Artifact, happened: Happened
) -> None:
    middle = [seen(happened, B, 1, mail="m", line="l"), *bought(happened, B, 2)]
    await observe(engine, artifact, *middle)
    left = [seen(happened, A, 0, mail="m"), *bought(happened, A, 3)]
    right = [seen(happened, C, 2, line="l"), *bought(happened, C, 4)]
    async with engine.connect() as first:
        await Observer(artifact, lambda: NOW).observe(first, left)
        second = asyncio.create_task(observe(engine, artifact, *right))
        done, _ = await asyncio.wait([second], timeout=0.3)
        assert not done  # it waits for the first, which holds the person in the middle
        await first.commit()
        await second
    assert await states(engine) == {A: refold([*left, *middle, *right])}
    assert set((await persons(engine)).values()) == {A}


async def test_an_event_of_an_account_that_is_just_being_absorbed_is_not_lost(
    engine: AsyncEngine, artifact: Artifact, happened: Happened
) -> None:
    before = [seen(happened, A, 0, mail="m"), seen(happened, B, 1, mail="n"), *bought(happened, B, 2)]
    await observe(engine, artifact, *before)
    merging, order = seen(happened, B, 3, mail="m"), bought(happened, B, 4)[0]
    async with engine.connect() as first:
        await Observer(artifact, lambda: NOW).observe(first, [merging])
        second = asyncio.create_task(observe(engine, artifact, order))
        done, _ = await asyncio.wait([second], timeout=0.3)
        assert not done
        await first.commit()
        await second
    assert await states(engine) == {A: refold([*before, merging, order])}


async def test_two_strangers_with_one_new_clue_in_two_transactions_find_each_other(
    engine: AsyncEngine, artifact: Artifact, happened: Happened
) -> None:
    one, other = seen(happened, A, 0, mail="m"), seen(happened, B, 1, mail="m")
    async with engine.connect() as first:
        await Observer(artifact, lambda: NOW).observe(first, [other])
        second = asyncio.create_task(observe(engine, artifact, one))
        done, _ = await asyncio.wait([second], timeout=0.3)
        assert not done
        await first.commit()
        await second
    assert await states(engine) == {A: refold([one, other])}


async def test_who_is_absorbed_while_somebody_waits_to_take_the_person_apart_stands_again(
    engine: AsyncEngine, artifact: Artifact, happened: Happened
) -> None:
    before = [seen(happened, A, 1, mail="m"), seen(happened, C, 0, line="l")]
    await observe(engine, artifact, *before)
    link = seen(happened, B, 2, mail="m", line="l")
    denied = happened(DuplicateDenied(C, by="person"), 3, subject=A)
    async with engine.connect() as holding:
        await holding.execute(text("SELECT FROM customer_state WHERE customer_ref = :c FOR UPDATE"), {"c": C})
        absorbing = asyncio.create_task(observe(engine, artifact, link))
        await asyncio.wait([absorbing], timeout=0.5)  # it has A, and waits for C
        parting = asyncio.create_task(observe(engine, artifact, denied))
        await asyncio.wait([parting], timeout=0.5)  # it waits for A, whose row is about to go
        await holding.rollback()
        await asyncio.gather(absorbing, parting)
    assert await persons(engine) == {A: A, B: A, C: C}
    assert await states(engine) == {A: refold([before[0], link, denied]), C: refold([before[1]])}


@pytest.mark.parametrize("seed", range(3))
async def test_many_transactions_at_once_end_as_one_after_the_other_would(
    engine: AsyncEngine, artifact: Artifact, happened: Happened, seed: int
) -> None:
    chance = Random(seed)
    refs = [f"demo/shopify/{number:02d}" for number in range(24)]
    facts = [
        seen(
            happened,
            chance.choice(refs),
            day,
            mail=f"m{chance.randrange(14)}",
            phone=f"p{chance.randrange(10)}",
            name=f"n{chance.randrange(3)}",
        )
        for day in range(40)
    ]
    for day in range(6):
        one, other = chance.sample(refs, 2)
        word = chance.choice([DuplicateConfirmed, DuplicateDenied])
        facts.append(happened(word(other, by="person"), day, subject=one))
    orders = [event for ref in refs for event in bought(happened, ref, 20, 30)]
    events = chance.sample([*facts, *orders], len(facts) + len(orders))
    stripes = [events[start::8] for start in range(8)]
    await asyncio.gather(*(in_turn(engine, artifact, stripe) for stripe in stripes))
    known = learned(Known(accounts={ref: Account(ref) for ref in refs}), events)
    expected = resolve(known, crowds(known.accounts.values())).of_account()
    assert {ref: ref for ref in refs} | await persons(engine) == expected
    found = await states(engine)
    for person in set(expected.values()):
        mine = [event for event in events if expected[event.subject] == person]
        assert found.pop(person) == refold(mine)
    assert found == {}


async def in_turn(engine: AsyncEngine, artifact: Artifact, events: Sequence[Envelope]) -> None:
    """Small batches one after the other; who is the victim of a deadlock tries again, as the stream does."""
    for start in range(0, len(events), 3):
        batch = events[start : start + 3]
        await until_done(lambda batch=batch: observe(engine, artifact, *batch))  # type: ignore[misc]


async def _empty(connection: AsyncConnection) -> None:
    tables: Iterable[str] = ("account", "carrier", "clue", "decision", "suspicion", "customer_state")
    for table in (*tables, "event_log", "outbox", "risk_event", "object_owner"):
        await connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - our own list
