"""Decide: send this step now, later, or not at all; every no has a reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from services.notifier.scenarios.branch import Past, Undecided, branch
from services.notifier.scenarios.calendar import due_at, next_working
from services.notifier.scenarios.cap import CAPS, Cap, free_at
from services.notifier.scenarios.quiet import QuietHours
from services.notifier.scenarios.scenario import End, Step
from shared.events.action import Way
from shared.events.customer import Channel

# Why one way does not lead to the customer; another may.
Bar = Literal[
    "no_channel",
    "no_words",
    "no_consent",
    "never_contact",
    "unreachable",
    "no_address",
    "bad_address",
    "quota",
    "quota_reserve",
    "refused",
]
Obstacle = Literal["frequency_cap", "quiet_hours", "holiday"]
NoReason = Bar | Obstacle | Literal["do_not_wake", "no_deadline", "too_late", "branch_not_taken", "holdout"]
ExitReason = End | Literal["scenario_gone", "scenario_off"]
# What else stands as an action's reason, beside what a provider answered.
Afterwards = Literal[
    "worker_lost", "no_answer_in_time", "repeats_over", "blast_radius", "recalled", "not_sent", "again"
]
WaitReason = Obstacle | Literal["branch_open", "halted"]
Reason = WaitReason | NoReason | ExitReason | Afterwards

# What is put into a parcel and what a program gets disturb nobody.
CAPPED: frozenset[Way] = frozenset({"mail", "line", "postal_dm"})
# These make a telephone ring or a lamp light up.
QUIET: frozenset[Way] = frozenset({"mail", "line"})
_NEEDS_CONSENT: frozenset[Way] = frozenset({"mail", "line", "postal_dm", "phone"})


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the customer at this moment.

    `reachable` are the ways of which an address is known, `failed` those that failed for good, `never` those
    on the never-contact list, `open_ways` those that this shop has set up, and
    `barred` has what a provider or a batch just said of a way. `sends` are the messages that left
    and the calls that were answered, on any channel that counts for the cap. `held`: in the holdout (比較群).
    `due` and `cutoff` are of the next shipment at the enrolment. `past` tells of the enrolment's other steps.
    """

    enrolled_at: datetime
    ended: End | None
    erased: bool
    do_not_contact: bool
    consents: frozenset[Channel]
    reachable: frozenset[Way]
    open_ways: frozenset[Way]
    held: bool = False
    sends: tuple[datetime, ...] = ()
    purpose: Literal["marketing", "service"] = "marketing"
    failed: frozenset[Way] = frozenset()
    never: frozenset[Way] = frozenset()
    barred: Mapping[Way, Bar] = field(default_factory=dict)
    do_not_wake: bool = False
    due: datetime | None = None
    cutoff: datetime | None = None
    past: Mapping[str, Past] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for every scenario of the shop."""

    quiet: QuietHours
    caps: tuple[Cap, ...] = CAPS


@dataclass(frozen=True, slots=True)
class Send:
    """Now, and this way."""

    way: Way


@dataclass(frozen=True, slots=True)
class Wait:
    """Ask again at `until`."""

    until: datetime
    reason: WaitReason


@dataclass(frozen=True, slots=True)
class Suppress:
    """This step will not be taken."""

    reason: NoReason


@dataclass(frozen=True, slots=True)
class Exit:
    """The customer leaves the scenario: neither this step nor a later one."""

    reason: ExitReason


Decision = Send | Wait | Suppress | Exit


def decide(step: Step, facts: Facts, rules: Rules, now: datetime) -> Decision:
    """The holdout is asked last: so it holds exactly those who would have got the message at that moment."""
    barred = bars(step, facts)
    if barred is not None:
        return barred
    way = next(way for way in step.ways if _bar(step, way, facts) is None)
    return (
        _by_branch(step, facts, rules, now)
        or _not_now(step, way, facts, rules, now)
        or (Suppress("holdout") if facts.held else Send(way))
    )


def bars(step: Step, facts: Facts, way: Way | None = None) -> Suppress | Exit | None:
    """What forbids the step whatever the hour; `way` asks about that one alone, as for what is batched."""
    over = _ended(facts)
    if over is not None:
        return over
    if facts.do_not_wake and facts.purpose == "marketing":
        return Suppress("do_not_wake")
    found = [_bar(step, one, facts) for one in ((way,) if way is not None else step.ways)]
    first = found[0]
    return Suppress(first) if first is not None and None not in found else None


def repeat(step: Step, way: Way, facts: Facts, rules: Rules, now: datetime) -> Decision:
    """Of what may have left already: only whether the very same may be handed over once more, this way."""
    barred = bars(step, facts, way)
    if barred is not None:
        return barred
    until = _loud(way, rules, now)
    return Wait(until, "quiet_hours") if until > now else Send(way)


def _ended(facts: Facts) -> Exit | None:
    if facts.erased:
        return Exit("erased")
    if facts.do_not_contact:
        return Exit("do_not_contact")
    return Exit(facts.ended) if facts.ended else None


def _bar(step: Step, way: Way, facts: Facts) -> Bar | None:
    if way not in facts.open_ways:
        return "no_channel"
    if not any(one.way == way for one in step.creatives):
        return "no_words"
    if facts.purpose == "marketing" and way in _NEEDS_CONSENT and way not in facts.consents:
        return "no_consent"
    if way in facts.never:
        return "never_contact"
    if way in facts.failed:
        return "unreachable"
    if way not in facts.reachable:
        return "no_address"
    return facts.barred.get(way)


def _by_branch(step: Step, facts: Facts, rules: Rules, now: datetime) -> Wait | Suppress | None:
    """A branch that can't be told yet waits, and in the end is not taken."""
    match branch(step, facts.past, now):
        case Undecided(until):
            last = _useful_until(step, facts, rules)
            return Wait(until, "branch_open") if until <= last else Suppress("branch_not_taken")
        case False:
            return Suppress("branch_not_taken")
        case True:
            return None


def _not_now(step: Step, way: Way, facts: Facts, rules: Rules, now: datetime) -> Wait | Suppress | None:
    """Waiting ends where the message would come too late to be of use."""
    if step.delay.before is not None and _over(step, facts) is None:
        return Suppress("no_deadline")
    last = _useful_until(step, facts, rules)
    if now > last:
        return Suppress("too_late")
    capped = way in CAPPED and facts.purpose == "marketing"
    free = free_at(rules.caps, facts.sends, now) if capped else now
    loud = _loud(way, rules, free)
    until = next_working(loud, rules.quiet.zone) if step.delay.working_day else loud
    if until <= now:
        return None
    reason = _why(free, loud, now)
    return Wait(until, reason) if until <= last else Suppress(reason)


def _loud(way: Way, rules: Rules, moment: datetime) -> datetime:
    return rules.quiet.next_open(moment) if way in QUIET else moment


def _why(free: datetime, loud: datetime, now: datetime) -> Obstacle:
    """The first obstacle, as one would tell it."""
    if free > now:
        return "frequency_cap"
    return "quiet_hours" if loud > now else "holiday"


def _useful_until(step: Step, facts: Facts, rules: Rules) -> datetime:
    """So long after it was due; never after the shipment or the cut-off that it is before."""
    planned = due_at(step.delay, facts.enrolled_at, facts.due, facts.cutoff, rules.quiet.zone)
    last = (planned or facts.enrolled_at) + timedelta(days=step.useful_for_days)
    over = _over(step, facts)
    return last if over is None else min(last, over)


def _over(step: Step, facts: Facts) -> datetime | None:
    """What the step is before; None too if that is not known."""
    return {"due": facts.due, "cutoff": facts.cutoff}.get(step.delay.before or "")
