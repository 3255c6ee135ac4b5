"""Spare: who is in a scenario's holdout (比較群) is not called either, so that calls can be measured too."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.notifier import withdrawal
from services.notifier.batch import Assessed, Closing
from services.notifier.scenarios.action import suppressed, told
from services.notifier.scenarios.holdout import in_holdout
from services.notifier.scenarios.scenario import Scenario, matching
from services.notifier.store import spared
from services.notifier.store.spared import Spared
from shared.clock import system_clock
from shared.postgres import outbox
from shared.postgres.engine import AsyncConnection, AsyncEngine, transaction
from shared.process import metrics

Scenarios = Mapping[str, Scenario]


def sparing(scenarios: Scenarios, one: Assessed) -> Spared | None:
    """The first scenario for this risk in whose holdout the customer is, if any."""
    ref = one.envelope.subject
    held = (found for found in matching(scenarios.values(), one.risk) if in_holdout(found, ref))
    scenario = next(held, None)
    if scenario is None:
        return None
    return Spared(ref, scenario.key, one.risk.episode, one.envelope.correlationid, one.envelope.id)


async def record(connection: AsyncConnection, those: Sequence[tuple[Spared, datetime]]) -> None:
    """Tell of each call that is not made, once an episode; with the business time since when."""
    at, received = {one.action().id: at for one, at in those}, system_clock()
    fresh = await spared.add(connection, [one for one, _ in those])
    events = [told(action, suppressed(action, "holdout"), at[action.id], received) for action in fresh]
    await outbox.append(connection, events)
    metrics.actions.labels("phone", "suppressed").inc(len(fresh))


async def withdraw_open(engine: AsyncEngine, scenarios: Scenarios, at: datetime) -> int:
    """Where the holdout has grown, who is new in it leaves the queue; how many did. `at` is business time."""
    async with transaction(engine) as connection:
        held = [
            one
            for one in await spared.waiting(connection)
            if one.scenario in scenarios and in_holdout(scenarios[one.scenario], one.customer_ref)
        ]
        closings = [Closing("holdout", episode=one.episode) for one in held]
        withdrawn = await withdrawal.close(connection, closings, system_clock())
        await record(connection, [(one, at) for one in held])
    return len(withdrawn)
