"""Decide: send this step now, later, or not at all; every no has a reason."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from services.notifier.scenarios.cap import CAPS, Cap, free_at
from services.notifier.scenarios.quiet import QuietHours
from services.notifier.scenarios.scenario import End, Step
from shared.events.customer import Channel


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the customer at this moment; `sends` are the messages that left, on any channel."""

    enrolled_at: datetime
    ended: End | None
    erased: bool
    do_not_contact: bool
    consents: frozenset[Channel]
    reachable: frozenset[Channel]
    in_holdout: bool
    sends: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for every scenario of the shop."""

    quiet: QuietHours
    caps: tuple[Cap, ...] = CAPS


@dataclass(frozen=True, slots=True)
class Send:
    """Now."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Ask again at `until`."""

    until: datetime
    reason: Literal["frequency_cap", "quiet_hours"]


@dataclass(frozen=True, slots=True)
class Suppress:
    """This step will not be taken."""

    reason: Literal["no_consent", "no_address", "too_late", "frequency_cap", "quiet_hours", "holdout"]


@dataclass(frozen=True, slots=True)
class Exit:
    """The customer leaves the scenario: neither this step nor a later one."""

    reason: End | Literal["scenario_gone"]


Decision = Send | Wait | Suppress | Exit


def decide(step: Step, facts: Facts, rules: Rules, now: datetime) -> Decision:
    """The holdout is asked last: so it holds exactly those who would have got the message at that moment."""
    return (
        _ended(facts)
        or _barred(step, facts)
        or _not_now(step, facts, rules, now)
        or (Suppress("holdout") if facts.in_holdout else Send())
    )


def _ended(facts: Facts) -> Exit | None:
    if facts.erased:
        return Exit("erased")
    if facts.do_not_contact:
        return Exit("do_not_contact")
    return Exit(facts.ended) if facts.ended else None


def _barred(step: Step, facts: Facts) -> Suppress | None:
    if step.ways[0] not in facts.consents:
        return Suppress("no_consent")
    return Suppress("no_address") if step.ways[0] not in facts.reachable else None


def _not_now(step: Step, facts: Facts, rules: Rules, now: datetime) -> Wait | Suppress | None:
    """Waiting ends where the message would come too late to be of use."""
    useful_until = facts.enrolled_at + timedelta(
        days=step.delay.days + step.useful_for_days, hours=step.delay.hours
    )
    if now > useful_until:
        return Suppress("too_late")
    free = free_at(rules.caps, facts.sends, now)
    until = rules.quiet.next_open(free)
    if until <= now:
        return None
    reason: Literal["frequency_cap", "quiet_hours"] = "frequency_cap" if free > now else "quiet_hours"
    return Wait(until, reason) if until <= useful_until else Suppress(reason)
