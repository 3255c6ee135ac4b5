"""The playbook: what may be done with scenarios: seeded, saved, switched, halted and gone on with, recalled.

Who does it is written down by the routes.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import msgspec

from services.notifier import enrol
from services.notifier.scenarios.check import problems
from services.notifier.scenarios.problem import Problem
from services.notifier.scenarios.scenario import Scenario
from services.notifier.scenarios.shipped import SHIPPED
from services.notifier.store import enrolments, scenarios
from services.notifier.store.scenarios import Conflict
from shared.postgres.engine import AsyncConnection, AsyncEngine, transaction


@dataclass(frozen=True, slots=True)
class Wrong:
    """It was not saved, for it makes no sense."""

    problems: tuple[Problem, ...]


async def seed(engine: AsyncEngine, on: Collection[str], holdout_percent: float) -> list[str]:
    """Put in the shipped scenarios that are missing; those that are measured get the shop's holdout."""
    shipped = [_measured(one, holdout_percent) for one in SHIPPED.values()]
    async with transaction(engine) as connection:
        return await scenarios.seed(connection, shipped, on)


def _measured(scenario: Scenario, percent: float) -> Scenario:
    """Who is left out for the effect's sake; reminders of a debt leave nobody out."""
    if scenario.purpose == "service" or not scenario.holdout_percent:
        return scenario
    return msgspec.structs.replace(scenario, holdout_percent=percent)


async def save(
    connection: AsyncConnection, scenario: Scenario, by: str, note: str | None, base_version: int
) -> int | Conflict | Wrong:
    """Its new version, which holds for every step that is decided from now on."""
    wrong = problems(scenario)
    if wrong:
        return Wrong(tuple(wrong))
    return await scenarios.save(connection, scenario, by, note, base_version)


async def switch(connection: AsyncConnection, key: str, active: bool, by: str) -> bool:
    """Off: nobody comes in, and what comes due is not sent; false if there is no such scenario."""
    return await scenarios.switch(connection, key, active, by)


async def halt(connection: AsyncConnection, key: str, because: str) -> bool:
    """It stops by itself: what comes due waits; false if it stood still already."""
    return await scenarios.halt(connection, key, because)


async def resume(connection: AsyncConnection, key: str, by: str) -> bool:
    """What was halted goes on; false if it was not."""
    return await scenarios.resume(connection, key, by)


async def recall(connection: AsyncConnection, key: str, at: datetime) -> int:
    """Suppress all of a scenario that has not left; how many messages that were. `at` is business time.

    Who is in it stays in it; switch it off first, or others come.
    """
    return await enrol.drop(connection, await enrolments.unsent(connection, key, at))
