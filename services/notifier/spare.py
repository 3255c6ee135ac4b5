"""Spare: who is in a scenario's holdout (比較群) is not called either, so that calls can be measured too."""

from collections.abc import Sequence
from datetime import datetime

from services.notifier.batch import Assessed
from services.notifier.scenarios.action import suppressed, told
from services.notifier.store import enrolments, spared
from services.notifier.store.spared import Spared
from shared.clock import system_clock
from shared.postgres import outbox
from shared.postgres.engine import AsyncConnection
from shared.process import metrics


async def sparing(connection: AsyncConnection, those: Sequence[Assessed]) -> dict[str, Spared]:
    """By episode: the risks whose customers a scenario holds out of it, since they came in."""
    episodes = {(one.envelope.subject, one.risk.episode): one for one in those}
    held = await enrolments.held(connection, episodes)
    return {
        episode: Spared(ref, scenario, episode, one.envelope.correlationid, one.envelope.id)
        for (ref, episode), scenario in held.items()
        if (one := episodes[ref, episode])
    }


async def record(connection: AsyncConnection, those: Sequence[tuple[Spared, datetime]]) -> None:
    """Tell of each call that is not made, once an episode; with the business time since when."""
    at, received = {one.action().id: at for one, at in those}, system_clock()
    fresh = await spared.add(connection, [one for one, _ in those])
    events = [told(action, suppressed(action, "holdout"), at[action.id], received) for action in fresh]
    await outbox.append(connection, events)
    metrics.actions.labels("phone", "suppressed").inc(len(fresh))
