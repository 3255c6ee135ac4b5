"""Report: what a scenario came to, whole, by segment and by its words, and what cannot be told yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.notifier.effect.creatives import Contest, contests
from services.notifier.effect.outcomes import Outcomes, outcomes
from services.notifier.effect.segments import Segment, segments, thirds
from services.notifier.effect.unit import Choice, Unit


@dataclass(frozen=True, slots=True)
class Left:
    """Enrolments of which nothing can be told: the window is open (観察中), or the customer was erased."""

    observing_sent: int
    observing_held: int
    erased_sent: int
    erased_held: int


@dataclass(frozen=True, slots=True)
class Report:
    """`thirds` are the sales that bound the segments by spending; `needed` the further enrolments until
    something can be said, None where something is said already or nothing is known.
    """

    outcomes: Outcomes
    segments: Sequence[Segment]
    contests: Sequence[Contest]
    left: Left
    thirds: tuple[int, int]
    needed: int | None


def report(units: Sequence[Unit], choice: Choice) -> Report:
    chosen = [one for one in units if choice.takes(one)]
    ripe = ripe_of(chosen)
    found = outcomes(ripe, choice.margin)
    return Report(
        outcomes=found,
        segments=segments(ripe),
        contests=contests(ripe, choice.margin),
        left=_left(chosen),
        thirds=thirds(ripe),
        needed=_needed(len(ripe), found.verdict.more),
    )


def ripe_of(units: Sequence[Unit]) -> list[Unit]:
    """Those of which everything is known."""
    return [one for one in units if one.ripe and not one.erased]


def _left(units: Sequence[Unit]) -> Left:
    observing = [one.held for one in units if not one.ripe and not one.erased]
    erased = [one.held for one in units if one.erased]
    return Left(len(observing) - sum(observing), sum(observing), len(erased) - sum(erased), sum(erased))


def _needed(ripe: int, more: float | None) -> int | None:
    return None if more is None else max(1, round(ripe * (more - 1)))
