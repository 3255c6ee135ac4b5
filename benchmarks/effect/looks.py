"""Looks: a scenario that somebody looks at every day, and what the rule says on each of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.effect.people import WINDOW_DAYS, Person
from benchmarks.effect.runs import Drawing
from services.notifier.effect.sequential import Arm, State, verdict
from services.notifier.effect.shares import newcombe

DAYS = 365


@dataclass(frozen=True, slots=True)
class Look:
    """The first day on which the rule says something, and what; `fooled`: a plain 95 % interval left 0 out on
    some day, which it may do on one day only.
    """

    state: State
    day: int | None
    fooled: bool


def watch(pool: Sequence[Person], a_day: int, seed: int, draws: Drawing, works: bool) -> Look:
    """`a_day` come in daily for a year; where the message does not work both arms leave alike."""
    rng = np.random.default_rng(seed)
    size = a_day * DAYS
    picked = rng.integers(len(pool), size=size)
    held = np.array([draws(f"simulation/{seed}/{number}") for number in range(size)])
    alone = np.array([one.alone.lost for one in pool])[picked]
    sent = np.array([one.sent.lost for one in pool])[picked]
    kept = rng.random(size) >= np.where(held | (not works), alone, sent)
    counted = np.stack([~held, ~held & kept, held, held & kept]).astype(np.int64).cumsum(axis=1)
    return _first(counted[:, a_day - 1 :: a_day])


def _first(days: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> Look:
    """Whoever came on day 1 counts on day 61."""
    said: tuple[State, int] | None = None
    state: State = "too_few"
    fooled = False
    for day, (sent, kept_sent, held, kept_held) in enumerate(days.T.tolist(), start=WINDOW_DAYS + 1):
        state = verdict(Arm(kept_sent, sent), Arm(kept_held, held)).state
        if said is None and state in ("effective", "harmful"):
            said = state, day
        if state != "too_few":
            low, high = newcombe((kept_sent / sent, sent), (kept_held / held, held))
            fooled |= low > 0 or high < 0
    return Look(*said, fooled) if said else Look(state, None, fooled)
