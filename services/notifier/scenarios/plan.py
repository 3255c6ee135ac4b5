"""Plan: the steps of an enrolment and when each is due."""

from datetime import datetime, timedelta

import msgspec

from services.notifier.scenarios.scenario import Scenario
from shared.events.action import Way
from shared.events.ids import derived_id


class Planned(msgspec.Struct, frozen=True):
    """One step of one enrolment (対象者), not taken yet; its id follows from whom, why and which."""

    id: str
    step: str
    channel: Way
    due_at: datetime


def plan_steps(scenario: Scenario, customer_ref: str, episode: str, at: datetime) -> list[Planned]:
    """Every step, from the first day; each is decided again when its time has come."""
    return [
        Planned(
            id=derived_id("action", customer_ref, scenario.key, episode, step.key),
            step=step.key,
            channel=step.ways[0],
            due_at=at + timedelta(days=step.delay.days, hours=step.delay.hours),
        )
        for step in scenario.steps
    ]
