"""One scenario for tests: the shipped warning (解約予兆) with its mail alone, and a way to have it run."""

import msgspec

from services.notifier.scenarios.scenario import Scenario
from services.notifier.scenarios.shipped import SHIPPED
from services.notifier.store import scenarios
from shared.postgres.engine import AsyncConnection

_SHIPPED = SHIPPED["churn_warning"]
WARNING = msgspec.structs.replace(_SHIPPED, steps=_SHIPPED.steps[:1], holdout_percent=0.0)


def held_out(percent: float) -> Scenario:
    """The same with so many percent left alone."""
    return msgspec.structs.replace(WARNING, holdout_percent=percent)


async def keep_running(connection: AsyncConnection, *wanted: Scenario) -> None:
    """Save these if they are not the newest, and switch them on."""
    known = await scenarios.all_(connection)
    for one in wanted:
        there = known.get(one.key)
        base = there.scenario.version if there is not None else 0
        if there is None or there.scenario != msgspec.structs.replace(one, version=base):
            await scenarios.save(connection, one, "marketer", None, base)
        if there is None or not there.active:
            await scenarios.switch(connection, one.key, True, "marketer")
