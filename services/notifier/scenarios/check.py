"""Check: all that is wrong with a scenario, each with its place and a code that pages put into words."""

import math
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import msgspec

from services.notifier.scenarios.problem import KEY, Problem
from services.notifier.scenarios.scenario import Condition, Creative, Delay, Did, Scenario, Step
from services.notifier.scenarios.segment import Range, Segment
from services.notifier.scenarios.trigger import Happened, OnBirthday, OnEvent, OnRisk, OnSilence, OnSurvey
from services.notifier.scenarios.words_check import of_words
from shared.events.action import Way

MOST_STEPS = 20
MOST_DAYS = 730

# A contract is in question, so that there is a next shipment and its cut-off.
_OF_CONTRACTS: frozenset[Happened] = frozenset(
    {"subscription.started", "subscription.skipped", "subscription.paused", "payment.failed"}
)
# Of these a contract is only sometimes in question, which the segment may ask for.
_PERHAPS_OF_CONTRACTS: frozenset[Happened] = frozenset({"order.placed", "order.delivered"})
_ABOUT_AN_ORDER: frozenset[Happened] = _OF_CONTRACTS | _PERHAPS_OF_CONTRACTS | {"subscription.cancelled"}
# By which of the ways it can be known that it happened.
_KNOWN_BY: dict[Did, frozenset[Way]] = {
    "opened": frozenset({"mail"}),
    "clicked": frozenset({"mail", "line"}),
}


def problems(scenario: Scenario) -> list[Problem]:
    """In the order of a page; none if it may be saved."""
    return [
        *_of_characters("", scenario),
        *_of_head(scenario),
        *_of_trigger(scenario),
        *_of_segment(scenario.segment),
        *_of_law(scenario),
        *chain.from_iterable(_of_step(scenario, place) for place in range(len(scenario.steps))),
    ]


def _of_head(scenario: Scenario) -> Iterator[Problem]:
    for name in ("key", "group"):
        if not KEY.fullmatch(getattr(scenario, name)):
            yield Problem(name, "bad_key")
    for name in ("title", "salt"):
        if not getattr(scenario, name).strip():
            yield Problem(name, "empty")
    yield from _within("holdout_percent", scenario.holdout_percent, 0, 100)
    yield from _within("priority", scenario.priority, 0, 1000)
    yield from _within("most_per_hour", scenario.most_per_hour, 1, 1_000_000)
    if scenario.again_after_days is not None:
        yield from _within("again_after_days", scenario.again_after_days, 0, 3650)
    if not scenario.steps:
        yield Problem("steps", "no_steps")
    if len(scenario.steps) > MOST_STEPS:
        yield Problem("steps", "too_many_steps", str(MOST_STEPS))
    yield from _twice("steps", [step.key for step in scenario.steps], ".key")


def _of_trigger(scenario: Scenario) -> Iterator[Problem]:
    match scenario.trigger:
        case OnRisk(bands, kinds):
            if not bands:
                yield Problem("trigger.bands", "trigger_never")
            if not kinds:
                yield Problem("trigger.kinds", "trigger_never")
        case OnSurvey(score=score):
            yield from _of_range("trigger.score", score)
        case OnSilence(days):
            yield from _within("trigger.days", days, 1, 3650)
            if scenario.segment.contract:
                yield Problem("segment.contract", "trigger_never")
        case OnBirthday(days_before):
            yield from _within("trigger.days_before", days_before, 0, 60)
        case OnEvent():
            pass


def _of_segment(segment: Segment) -> Iterator[Problem]:
    for field in msgspec.structs.fields(segment):
        if isinstance(held := getattr(segment, field.name), Range):
            yield from _of_range(f"segment.{field.name}", held)
    for both in sorted(segment.products & segment.not_products):
        yield Problem("segment.not_products", "trigger_never", both)
    if segment.delivery_numbers and min(segment.delivery_numbers) < 1:
        yield Problem("segment.delivery_numbers", "out_of_range", "1-")


def _of_range(path: str, limit: Range) -> Iterator[Problem]:
    if limit.least is not None and limit.most is not None and limit.least > limit.most:
        yield Problem(path, "range_empty")


def _of_law(scenario: Scenario) -> Iterator[Problem]:
    """Advertising must be refusable where it arrives; only what an order is about needs no consent to it."""
    for place, step in enumerate(scenario.steps):
        if scenario.purpose == "marketing" and step.ways and set(step.ways) == {"webhook"}:
            yield Problem(f"steps.{place}.ways", "no_way_to_refuse")
    match scenario.trigger:
        case _ if scenario.purpose == "marketing":
            return
        case OnEvent(event) if event in _ABOUT_AN_ORDER:
            return
        case OnRisk(kinds=kinds) if kinds == {"payment"}:
            return
        case _:
            yield Problem("purpose", "service_without_order")


def _of_step(scenario: Scenario, place: int) -> Iterator[Problem]:
    step, path = scenario.steps[place], f"steps.{place}"
    if not KEY.fullmatch(step.key):
        yield Problem(f"{path}.key", "bad_key")
    yield from _of_ways(step, path)
    yield from _of_delay(scenario, step.delay, f"{path}.delay")
    yield from _within(f"{path}.useful_for_days", step.useful_for_days, 1, 365)
    for each, condition in enumerate(step.only_if):
        yield from _of_condition(scenario, place, condition, f"{path}.only_if.{each}")
    yield from _twice(f"{path}.creatives", [one.key for one in step.creatives], ".key")
    for each, creative in enumerate(step.creatives):
        yield from of_words(creative, scenario.purpose, f"{path}.creatives.{each}")


def _of_ways(step: Step, path: str) -> Iterator[Problem]:
    if not step.ways:
        yield Problem(f"{path}.ways", "no_ways")
    if "phone" in step.ways:
        yield Problem(f"{path}.ways", "way_is_phone")
    yield from _twice(f"{path}.ways", step.ways)
    worded = {creative.way for creative in step.creatives}
    for way in dict.fromkeys(step.ways):
        if way not in worded:
            yield Problem(f"{path}.creatives", "way_without_creative", way)
    for each, creative in enumerate(step.creatives):
        if creative.way not in step.ways:
            yield Problem(f"{path}.creatives.{each}.way", "creative_without_way", creative.way)


def _of_delay(scenario: Scenario, delay: Delay, path: str) -> Iterator[Problem]:
    yield from _within(f"{path}.days", delay.days, 0, MOST_DAYS)
    yield from _within(f"{path}.hours", delay.hours, 0, 24 * 14)
    if delay.at is not None and delay.at.tzinfo is not None:
        yield Problem(f"{path}.at", "time_with_zone")
    if delay.before is not None and not _has_contract(scenario):
        yield Problem(f"{path}.before", "before_without_contract")


def _has_contract(scenario: Scenario) -> bool:
    match scenario.trigger:
        case OnRisk(kinds=kinds):
            return not kinds.isdisjoint({"subscription", "payment"})
        case OnEvent(event):
            asked = bool(scenario.segment.contract) or bool(scenario.segment.delivery_numbers)
            return event in _OF_CONTRACTS or (event in _PERHAPS_OF_CONTRACTS and asked)
        case _:
            return False


def _of_condition(scenario: Scenario, place: int, condition: Condition, path: str) -> Iterator[Problem]:
    keys = [step.key for step in scenario.steps]
    if condition.step not in keys:
        yield Problem(f"{path}.step", "condition_unknown_step", condition.step)
    elif condition.step not in keys[:place]:
        yield Problem(f"{path}.step", "condition_later_step", condition.step)
    else:
        earlier = scenario.steps[keys.index(condition.step)]
        if not _can_be_known(earlier, condition.did):
            yield Problem(f"{path}.did", "condition_never", condition.did)


def _can_be_known(step: Step, did: Did) -> bool:
    if did == "answered":
        return any(_asks(creative) for creative in step.creatives)
    return did not in _KNOWN_BY or not _KNOWN_BY[did].isdisjoint(step.ways)


def _asks(creative: Creative) -> bool:
    return creative.survey is not None and bool(creative.replies)


def _of_characters(path: str, held: Any) -> Iterator[Problem]:
    """Characters that no message shows, and some of which no database keeps."""
    match held:
        case str():
            if any(ord(each) < 32 and each not in "\n\t" for each in held) or "\x7f" in held:
                yield Problem(path, "control_character")
        case msgspec.Struct():
            for field in msgspec.structs.fields(held):
                yield from _of_characters(f"{path}.{field.name}".lstrip("."), getattr(held, field.name))
        case tuple():
            for place, one in enumerate(held):
                yield from _of_characters(f"{path}.{place}", one)
        case frozenset():
            for one in sorted(held, key=str):
                yield from _of_characters(path, one)
        case _:
            return


def _within(path: str, value: float, least: int, most: int) -> Iterator[Problem]:
    if not (math.isfinite(value) and least <= value <= most):
        yield Problem(path, "out_of_range", f"{least}-{most}")


def _twice(path: str, values: Sequence[str], end: str = "") -> Iterator[Problem]:
    seen: set[str] = set()
    for place, value in enumerate(values):
        if value in seen:
            yield Problem(f"{path}.{place}{end}" if end else path, "duplicate", value)
        seen.add(value)
