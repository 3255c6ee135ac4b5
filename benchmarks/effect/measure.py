"""The measure: many seeded runs with a known effect, and many scenarios that are looked at every day."""

from collections.abc import Callable, Sequence
from statistics import median

import msgspec

from benchmarks.effect.looks import Look, watch
from benchmarks.effect.people import Person, mean_effect, people
from benchmarks.effect.runs import MARGIN, Drawing, Run, drawing, run
from services.notifier.effect.difference import Difference
from services.notifier.scenarios.holdout import in_holdout
from services.notifier.scenarios.scenario import Scenario
from services.notifier.scenarios.trigger import OnRisk

HELD_PERCENT = 10.0
SIZE = 1_500
A_DAY = 30
LOOKED_AT = 400
_POOL_SEED = 2026

# What has been done, and of how much.
Tell = Callable[[str, int, int], None]


class Report(msgspec.Struct, frozen=True):
    """`covered`: runs of `runs` whose 95 % interval of retention held the truth; `profit_covered` likewise.

    `true_effect` is of the share retained, `true_profit` in yen for one enrolment; widths are mean. Of
    scenarios watched daily for a year without any effect, `false_alarms` were called effective or harmful (a
    plain interval: `false_alarms_plain`); with the effect `found` were, half of them within `days_to_say`.
    """

    runs: int
    people: int
    held: int
    true_effect: float
    true_profit: float
    covered: int
    profit_covered: int
    mean_found: float
    width: float
    profit_width: float
    watched: int
    false_alarms: float
    false_alarms_plain: float
    found: float
    days_to_say: float | None


def measure(runs: int, watched: int, pool_size: int, tell: Tell) -> Report:
    """Nothing is drawn but by the number of the run."""
    pool = []
    for person in people(pool_size, _POOL_SEED):
        pool.append(person)
        tell("truth", len(pool), pool_size)
    done = []
    for seed in range(runs):
        done.append(run(pool, SIZE, seed, _draws(f"run {seed}")))
        tell("runs", len(done), runs)
    idle = _watched(pool, watched, False, tell)
    works = _watched(pool, watched, True, tell)
    return report_of(pool, done, idle, works)


def _watched(pool: Sequence[Person], count: int, works: bool, tell: Tell) -> list[Look]:
    found = []
    for seed in range(count):
        found.append(watch(pool, A_DAY, seed, _draws(f"watch {seed}"), works))
        tell("with an effect, looked at daily" if works else "without, looked at daily", seed + 1, count)
    return found


def _draws(salt: str) -> Drawing:
    trigger = OnRisk(bands=frozenset({"high"}), kinds=frozenset({"subscription"}))
    scenario = Scenario("benchmark", "benchmark", trigger, (), salt, holdout_percent=HELD_PERCENT)
    return drawing(scenario, in_holdout)


def report_of(
    pool: Sequence[Person], runs: Sequence[Run], idle: Sequence[Look], works: Sequence[Look]
) -> Report:
    effect, profit = mean_effect(pool, MARGIN)
    days = [one.day for one in works if one.state == "effective" and one.day is not None]
    return Report(
        runs=len(runs),
        people=SIZE,
        held=round(sum(one.held for one in runs) / len(runs)),
        true_effect=round(effect, 4),
        true_profit=round(profit, 1),
        covered=sum(one.retention.covered for one in runs),
        profit_covered=sum(one.profit.covered for one in runs),
        mean_found=round(sum(one.retention.found.value or 0.0 for one in runs) / len(runs), 4),
        width=round(_width([one.retention.found for one in runs]), 4),
        profit_width=round(_width([one.profit.found for one in runs]), 1),
        watched=len(idle),
        false_alarms=_share([one.day is not None for one in idle]),
        false_alarms_plain=_share([one.fooled for one in idle]),
        found=len(days) / len(works),
        days_to_say=median(days) if days else None,
    )


def _width(found: Sequence[Difference]) -> float:
    wide = [one.high - one.low for one in found if one.high is not None and one.low is not None]
    return sum(wide) / len(wide)


def _share(said: Sequence[bool]) -> float:
    return sum(said) / len(said)
