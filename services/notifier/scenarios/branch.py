"""Branches: whether a step is taken, by what the customer did since another step went out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notifier.scenarios.scenario import Condition, Delay, Did, Step

# How often what is still under way is looked at.
_LOOK_AGAIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Past:
    """What became of a step: `open` while it may still go out; `did` is what followed it."""

    open: bool
    went_out: datetime | None
    did: frozenset[Did]
    delay: Delay


@dataclass(frozen=True, slots=True)
class Undecided:
    """Ask again at `until`."""

    until: datetime


def branch(step: Step, past: Mapping[str, Past], now: datetime) -> bool | Undecided:
    """Whether all conditions hold, told once the customer had the time that the plan gives.

    The time runs from when the other step went out, which may have been late. What never went out was
    neither opened nor answered.
    """
    told = [_holds(condition, past.get(condition.step), step.delay, now) for condition in step.only_if]
    if any(one is False for one in told):
        return False
    undecided = [one for one in told if isinstance(one, Undecided)]
    return Undecided(max(one.until for one in undecided)) if undecided else True


def _holds(condition: Condition, past: Past | None, delay: Delay, now: datetime) -> bool | Undecided:
    if past is None:
        return not condition.yes
    if condition.did in past.did:
        return condition.yes
    if past.open:
        return Undecided(now + _LOOK_AGAIN)
    if past.went_out is not None and condition.did != "sent":
        until = past.went_out + _gap(past.delay, delay)
        if until > now:
            return Undecided(until)
    return not condition.yes


def _gap(first: Delay, second: Delay) -> timedelta:
    """The time between the two as planned; unknown, and none, where they are counted from different days."""
    if first.before != second.before:
        return timedelta()
    gap = timedelta(days=second.days - first.days, hours=second.hours - first.hours)
    return abs(gap) if first.before is not None else max(gap, timedelta())
