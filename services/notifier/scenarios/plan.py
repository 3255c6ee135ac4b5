"""Plan: the steps of an enrolment and when each is due."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from services.notifier.scenarios.calendar import due_at
from services.notifier.scenarios.scenario import Scenario
from shared.events.action import Way
from shared.events.ids import derived_id


class Planned(msgspec.Struct, frozen=True):
    """One step of one enrolment (対象者), not taken yet; its id follows from whom, why and which."""

    id: str
    step: str
    channel: Way
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Anchors:
    """What the delays of steps are counted from, in business time: the enrolment, and the next shipment."""

    enrolled_at: datetime
    due: datetime | None = None
    cutoff: datetime | None = None


def plan_steps(
    scenario: Scenario, customer_ref: str, episode: str, anchors: Anchors, zone: ZoneInfo
) -> list[Planned]:
    """Every step, from the first day; each is decided again when its time has come.

    One before something that is not known, or so soon that its time is over, is decided at once.
    """
    begun = anchors.enrolled_at
    return [
        Planned(
            id=derived_id("action", customer_ref, scenario.key, episode, step.key),
            step=step.key,
            channel=step.ways[0],
            due_at=max(due_at(step.delay, begun, anchors.due, anchors.cutoff, zone) or begun, begun),
        )
        for step in scenario.steps
    ]
