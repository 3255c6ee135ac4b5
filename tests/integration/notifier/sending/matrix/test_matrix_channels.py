"""Whoever dies wherever, and whatever the provider does: at most one message an action, and none lost."""

import asyncio
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from services.notifier.store import actions
from shared.postgres.engine import transaction
from tests.integration.notifier.sending.conftest import SENDER, TOKYO
from tests.integration.notifier.sending.matrix.deaths import POINTS, Mortal, Point, live
from tests.integration.notifier.sending.matrix.providers import KINDS, Fake
from tests.integration.notifier.sending.planned import Enrolled, one_step, plan

if TYPE_CHECKING:
    from tests.integration.notifier.sending.conftest import Desk

SEEDS = range(20)
AT_ONCE = 5


@pytest.mark.parametrize("kind", KINDS)
async def test_every_death_at_every_fault_leaves_at_most_one_message(
    desk: "Desk", tmp_path: Path, kind: str
) -> None:
    async with KINDS[kind](SENDER, tmp_path) as fake:
        scenario = one_step(fake.way)
        await desk.keep(scenario)
        planned = [
            Enrolled(f"tea-shop/shopify/{seed}-{point}", desk.clock.now) for seed in SEEDS for point in POINTS
        ]
        await desk.know([one.customer for one in planned])
        await plan(desk.engine, scenario, planned, TOKYO)
        for crowd in range(0, len(SEEDS), AT_ONCE):
            fake.trouble(Random(crowd), 2 * AT_ONCE * len(POINTS))
            seeds = SEEDS[crowd : crowd + AT_ONCE]
            await asyncio.gather(*(worker_dies(desk, fake, Random(seed)) for seed in seeds))
        await others_take_over(desk, fake)
        await no_message_twice_and_none_lost(desk, fake)


async def worker_dies(desk: "Desk", fake: Fake, random: Random) -> None:
    """Of a handful of due actions each meets another death; faults come as they come."""
    async with transaction(desk.engine) as connection:
        claimed = await actions.claim(connection, desk.clock.now, 60, len(POINTS) - 1)
    deaths: dict[str, Point] = {
        one.id: point for one, point in zip(claimed, POINTS[1:], strict=False) if random.random() < 0.9
    }
    mortal = Mortal(fake.channel, random, dict(deaths))
    await live(desk.attempts({fake.way: mortal}), claimed, deaths)


async def others_take_over(desk: "Desk", fake: Fake) -> None:
    """First the provider goes on to have its troubles; then it is well, and so it stays."""
    fake.trouble(Random("later"), 200)
    for turn in range(40):
        if turn == 1:
            fake.heal()
        await desk.let_leases_end()
        await desk.let_retries_come()
        if await desk.dispatcher({fake.way: fake.channel}, batch=50).turn() == 0 and turn > 1:
            return
    pytest.fail("it never comes to an end")


async def no_message_twice_and_none_lost(desk: "Desk", fake: Fake) -> None:
    accepted = fake.accepted()
    ended = await desk.rows(
        "SELECT customer_ref, state, c.mail, c.line, attempt"
        " FROM action JOIN contact AS c USING (customer_ref)"
    )
    assert len(ended) == len(SEEDS) * len(POINTS)
    for customer, state, mail, line, _ in ended:
        address = {"mail": mail, "line": line}.get(fake.way, customer)
        times = accepted[str(address)]
        assert times <= 1, (customer, state)
        assert state == "sent" or (state == "unknown" and not fake.repeats), (customer, state)
        assert state != "sent" or times == 1, (customer, state)
    assert sum(accepted.values()) <= len(ended)
    assert max(int(str(attempt)) for *_, attempt in ended) > 1
