"""A rehearsal: what would have become of each step, decided by the very rules, with nothing sent."""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import msgspec

from services.notifier.scenarios.branch import Past
from services.notifier.scenarios.decide import Exit, Facts, Rules, Send, Suppress, Wait, decide
from services.notifier.scenarios.plan import Anchors, plan_steps
from services.notifier.scenarios.scenario import Did, End, Scenario

# A step that is put off more often than this is not going anywhere.
_MOST_WAITS = 200
_SAMPLES_OF_A_KIND = 4


@dataclass(frozen=True, slots=True)
class Part:
    """One customer in the scenario for one episode. `facts` are as of today, but for what time decides.

    `ends` has when what would end it happened, `orders` when the customer ordered. `person` is
    the same on all accounts.
    """

    customer_ref: str
    person: str
    episode: str
    anchors: Anchors
    facts: Facts
    ends: Mapping[End, datetime] = field(default_factory=dict)
    orders: Sequence[datetime] = ()


class Played(msgspec.Struct, frozen=True):
    """What would have become of one step; `way` where it would have gone out or been held (比較群)."""

    customer_ref: str
    at: datetime
    step: str
    way: str | None
    outcome: str
    reason: str | None


class Rehearsal(msgspec.Struct, frozen=True):
    """Who would have got what in `days` of business time; `whole` is false if it was too much to look at."""

    days: int
    enrolled: int
    held: int
    messages: dict[str, int]
    suppressed: dict[str, int]
    per_hour_peak: int
    examples: list[Played]
    whole: bool = True


def rehearsed(
    scenario: Scenario, parts: Sequence[Part], rules: Rules, days: int, *, whole: bool
) -> Rehearsal:
    """The numbers of the play, and some of every kind of outcome."""
    played = list(play(scenario, parts, rules))
    sent = [one for one in played if one.outcome == "sent"]
    return Rehearsal(
        days=days,
        enrolled=len(parts),
        held=sum(part.facts.held for part in parts),
        messages=dict(sorted(Counter(one.way for one in sent if one.way is not None).items())),
        suppressed=dict(Counter(one.reason for one in played if one.reason is not None).most_common()),
        per_hour_peak=peak([one.at for one in sent]),
        examples=_examples(played),
        whole=whole,
    )


def play(scenario: Scenario, parts: Sequence[Part], rules: Rules) -> Iterator[Played]:
    """Every step in the order of time, for one message makes the next wait."""
    due = [
        (step.due_at, place, number, 0)
        for place, part in enumerate(parts)
        for number, step in enumerate(
            plan_steps(scenario, part.customer_ref, part.episode, part.anchors, rules.quiet.zone)
        )
    ]
    heapq.heapify(due)
    sends: dict[str, list[datetime]] = {part.person: list(part.facts.sends) for part in parts}
    gone: list[dict[str, Past]] = [
        {step.key: Past(True, None, frozenset(), step.delay) for step in scenario.steps} for _ in parts
    ]
    while due:
        now, place, number, waits = heapq.heappop(due)
        part, step = parts[place], scenario.steps[number]
        facts = _at(part, now, sends[part.person], _since(gone[place], part, now))
        match decide(step, facts, rules, now):
            case Wait(until) if waits < _MOST_WAITS:
                heapq.heappush(due, (until, place, number, waits + 1))
            case Send(way):
                gone[place][step.key] = Past(False, now, frozenset({"sent"}), step.delay)
                sends[part.person].append(now)
                yield Played(part.customer_ref, now, step.key, way, "sent", None)
            case Suppress(reason) | Exit(reason) | Wait(_, reason):
                gone[place][step.key] = Past(False, None, frozenset(), step.delay)
                yield Played(part.customer_ref, now, step.key, step.ways[0], "suppressed", reason)


def _at(part: Part, now: datetime, sends: Iterable[datetime], past: Mapping[str, Past]) -> Facts:
    over = sorted((at, end) for end, at in part.ends.items() if at <= now)
    before = tuple(at for at in sends if at <= now)
    return replace(part.facts, ended=over[0][1] if over else None, sends=before, past=past)


def _since(gone: Mapping[str, Past], part: Part, now: datetime) -> dict[str, Past]:
    """Nobody opens what was never sent; but who ordered is known."""
    return {key: _with_orders(past, part.orders, now) for key, past in gone.items()}


def _with_orders(past: Past, orders: Iterable[datetime], now: datetime) -> Past:
    went_out = past.went_out
    if went_out is None or not any(went_out <= at <= now for at in orders):
        return past
    ordered: frozenset[Did] = past.did | {"ordered"}
    return replace(past, did=ordered)


def peak(moments: Iterable[datetime], within: timedelta = timedelta(hours=1)) -> int:
    """The most of them in any stretch so long."""
    ordered, first, most = sorted(moments), 0, 0
    for last, moment in enumerate(ordered):
        while moment - ordered[first] >= within:
            first += 1
        most = max(most, last - first + 1)
    return most


def _examples(played: Iterable[Played]) -> list[Played]:
    shown: Counter[tuple[str, str | None, str]] = Counter()
    chosen = []
    for one in played:
        kind = (one.step, one.reason, one.outcome)
        shown[kind] += 1
        if shown[kind] <= _SAMPLES_OF_A_KIND:
            chosen.append(one)
    return chosen
