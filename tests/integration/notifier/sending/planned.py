"""Enrolments as they stand in the table, without the events that lead to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import text

from services.notifier.scenarios.plan import Anchors, Planned, plan_steps
from services.notifier.scenarios.scenario import Creative, Scenario, Step
from services.notifier.scenarios.trigger import OnRisk
from services.notifier.store import actions
from services.notifier.store.actions import Origin
from shared.events.action import Way
from shared.postgres.engine import AsyncEngine, transaction


@dataclass(frozen=True)
class Enrolled:
    """Who is in, since when, and what is known of the next shipment."""

    customer: str
    at: datetime
    episode: str = "e1"
    held: bool = False
    due: datetime | None = None
    cutoff: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


_COLUMNS = ("customer", "episode", "at", "held", "due", "cutoff")
_ENROL = text(
    "INSERT INTO enrolment (customer_ref, scenario, episode, version, kind, cart, enrolled_at, held, due,"
    " cutoff, facts, scenario_group) VALUES (:customer, :scenario, :episode, 1, 'subscription',"
    " 'tea-shop/shopify', :at, :held, :due, :cutoff, CAST(:facts AS jsonb), :group)"
)


def one_step(*ways: Way, key: str = "matrix", **changes: object) -> Scenario:
    """At once, by these ways; nobody is held back, nothing is too much, and its group is its own."""
    step = Step(
        "step",
        ways,
        tuple(Creative(way, way, "{{ addressee }}", "お元気ですか") for way in ways),
        useful_for_days=60,
    )
    made = Scenario(key, "試し", OnRisk(frozenset(), frozenset()), (step,), f"{key}/1", holdout_percent=0)
    return msgspec.structs.replace(made, **{"most_per_hour": 10_000, "group": key, **changes})


async def plan(
    engine: AsyncEngine, scenario: Scenario, everyone: Sequence[Enrolled], zone: ZoneInfo
) -> list[str]:
    """The ids of their actions, in the order of customers and steps."""
    planned: list[tuple[Origin, Planned]] = []
    place = {"scenario": scenario.key, "group": scenario.group}
    async with transaction(engine) as connection:
        for one in everyone:
            values = {name: getattr(one, name) for name in _COLUMNS}
            facts = msgspec.json.encode(one.facts).decode()
            await connection.execute(_ENROL, {**values, **place, "facts": facts})
            anchors = Anchors(one.at, one.due, one.cutoff)
            steps = plan_steps(scenario, one.customer, one.episode, anchors, zone)
            origin = Origin(one.customer, scenario.key, one.episode, "tea-shop", "webhook-1", "risk-1")
            planned += [(origin, step) for step in steps]
        await actions.add(connection, planned)
    return [step.id for _, step in planned]
