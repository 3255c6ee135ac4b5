"""Admit: of the scenarios that an occasion sets off, which a customer comes into, and which are left."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.notifier.scenarios.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Been:
    """A person was, or is (`open`), in a scenario; `group` and `priority` are those of that time."""

    customer_ref: str
    scenario: str
    episode: str
    group: str
    priority: int
    enrolled_at: datetime
    open: bool


@dataclass(frozen=True, slots=True)
class Admitted:
    scenarios: list[Scenario] = field(default_factory=list)
    outranked: list[Been] = field(default_factory=list)


def admit(fitting: Iterable[Scenario], been: Sequence[Been], episode: str, at: datetime) -> Admitted:
    """One scenario of each group, the highest; one that is open already only gives way to a higher one.

    `been` is of all of the person's accounts.
    """
    found = Admitted()
    taken: set[str] = set()
    for scenario in sorted(fitting, key=lambda one: (-one.priority, one.key)):
        if scenario.group in taken or not _may_enter(scenario, been, episode, at):
            continue
        others = [
            one for one in been if one.open and one.group == scenario.group and one.scenario != scenario.key
        ]
        if any(one.priority >= scenario.priority for one in others):
            continue
        taken.add(scenario.group)
        found.scenarios.append(scenario)
        found.outranked.extend(others)
    return found


def _may_enter(scenario: Scenario, been: Sequence[Been], episode: str, at: datetime) -> bool:
    """Whether the customer may come in (again): never twice for one occasion."""
    mine = [one for one in been if one.scenario == scenario.key]
    if any(one.episode == episode for one in mine):
        return False
    if scenario.again_after_days == 0 or not mine:
        return True
    if scenario.again_after_days is None:
        return False
    return at >= max(one.enrolled_at for one in mine) + timedelta(days=scenario.again_after_days)
