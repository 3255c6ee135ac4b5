"""The timeline: all that happened with a customer, from whatever told of it, as lines of one shape."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.notifier.happening import Happening, in_order

MOST = 200
_CHANNELS = {"mail": "mail", "line": "line"}


@dataclass(frozen=True, slots=True)
class Line:
    """`at` is business time, `by` the agent's name where a person did it."""

    at: datetime
    what: str
    channel: str | None = None
    by: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """A state that a message of a scenario came into; `state` and `reason` then, `current` if it still is so.

    `at` is the real time of the change. The others are business time: when it was to go out, when it began
    to, and from when to when the customer was in the scenario, whose `title` is as it was then.
    """

    scenario: str
    step: str
    channel: str
    state: str
    reason: str | None
    current: bool
    at: datetime
    due_at: datetime
    began_at: datetime | None
    enrolled_at: datetime
    ended_at: datetime | None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A risk that was told."""

    at: datetime
    phase: str
    band: str
    probability: float
    kind: str
    subscription: str | None


def newest(lines: Iterable[Line], zone: ZoneInfo) -> list[Line]:
    """At most 200, the newest first; looks at one page on one day of the shop's are one line with a count."""
    latest = sorted(lines, key=lambda line: line.at, reverse=True)
    once: dict[tuple[str, str, date] | int, Line] = {}
    for place, line in enumerate(latest):
        if line.what == "page.viewed":
            key = (line.what, str(line.facts.get("page")), line.at.astimezone(zone).date())
            first = once.get(key, line)
            count = first.facts.get("count", 0) + 1
            once[key] = Line(first.at, line.what, facts={**first.facts, "count": count})
        else:
            once[place] = line
    return list(once.values())[:MOST]


def of_happenings(happenings: Iterable[Happening]) -> list[Line]:
    """Some carts tell of one payment twice, with other facts each time; it is one line."""
    lines: dict[tuple[str, str], Line] = {}
    for one in in_order(happenings):
        key = (one.cart, one.facts["order"]) if one.what == "order.paid" else ("", one.event_id)
        channel = one.facts.get("channel") or _CHANNELS.get(one.what.split(".", 1)[0])
        first = lines.get(key)
        facts = {**one.facts, **first.facts} if first else one.facts
        lines[key] = Line(first.at if first else one.at, one.what, channel, None, facts)
    return list(lines.values())


def of_risks(told: Iterable[Told]) -> list[Line]:
    """That a risk changed is told where its band did."""
    lines: list[Line] = []
    band_of: dict[tuple[str, str | None], str] = {}
    for one in sorted(told, key=lambda one: one.at):
        about = (one.kind, one.subscription)
        if one.phase != "changed" or band_of.get(about) != one.band:
            facts = {
                "band": one.band,
                "previous_band": band_of.get(about),
                "probability": one.probability,
                "kind": one.kind,
                "subscription": one.subscription,
            }
            lines.append(Line(one.at, f"risk.{one.phase}", facts=facts))
        band_of[about] = one.band
    return lines


def of_messages(steps: Iterable[Step], business: Callable[[datetime], datetime]) -> list[Line]:
    """`business` makes a real moment one of business time."""
    return [line for step in steps if (line := _of_message(step, business)) is not None]


def _of_message(step: Step, business: Callable[[datetime], datetime]) -> Line | None:
    scenario = step.title or step.scenario
    facts = {"scenario": scenario, "step": step.step, "reason": step.reason, "state": step.state}
    decided = min(max(business(step.at), step.enrolled_at), step.ended_at or step.due_at)
    match step.state:
        case "planned" if step.reason is not None:
            until = step.due_at if step.current else None
            return _message(step, "deferred", decided, {**facts, "until": until})
        case "planned" | "claimed" | "retry_at" | "sending" if step.current:
            return _message(step, "planned", step.due_at, facts)
        case "batched" if step.current:
            return _message(step, "batched", step.began_at or decided, facts)
        case "sent" | "unknown":
            return _message(step, step.state, step.began_at or decided, facts)
        case "suppressed" | "rejected" | "expired":
            because = facts | {"reason": step.reason or step.state}
            return _message(step, "suppressed", step.began_at or decided, because)
        case _:
            return None


def _message(step: Step, what: str, at: datetime, facts: Mapping[str, Any]) -> Line:
    return Line(at, f"message.{what}", step.channel, None, facts)
