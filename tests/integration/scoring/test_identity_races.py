"""Accounts that become customers and part again in several transactions at once."""

import asyncio
from collections.abc import Sequence
from random import Random

import pytest
from sqlalchemy import text

from services.scoring.artifact import Artifact
from services.scoring.features.state import refold
from services.scoring.identity.accounts import Account, Known, learned
from services.scoring.identity.evidence import crowds
from services.scoring.identity.persons import resolve
from services.scoring.observe import Observer
from shared.events.envelope import Envelope
from shared.events.identity import (
    DuplicateConfirmed,
    DuplicateDenied,
)
from shared.kafka.attempt import until_done
from shared.postgres.engine import AsyncEngine
from tests.integration.scoring.identity import (
    NOW,
    A,
    B,
    C,
    Happened,
    bought,
    observe,
    persons,
    seen,
    states,
)


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
