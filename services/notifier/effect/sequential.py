"""Sequential: an interval that holds on every day at once, and what it allows to say already."""

import math
from dataclasses import dataclass
from typing import Literal

State = Literal["effective", "harmful", "no_use", "not_yet", "too_few"]

ALPHA = 0.05
# Less than this is not worth a scenario: two more customers in a hundred.
WORTH = 0.02
# The interval is narrowest at about the number of customers that shows an effect of five in a hundred.
_SOUGHT = 0.05
# Before this many customers and outcomes of each kind in each arm a normal approximation says nothing.
LEAST_CUSTOMERS = 30
LEAST_OUTCOMES = 5
# Howard et al. (2021), Proposition 3: -W(-alpha^2/e) - 1 on the lower branch of Lambert's W, at alpha .05.
_NARROWEST = 8.212


@dataclass(frozen=True, slots=True)
class Arm:
    """`kept` of `size` customers; `size` is that of independent ones."""

    kept: float
    size: float

    @property
    def tells(self) -> bool:
        lost = self.size - self.kept
        return self.size >= LEAST_CUSTOMERS and min(self.kept, lost) >= LEAST_OUTCOMES


@dataclass(frozen=True, slots=True)
class Verdict:
    """`low` and `high`: the limits that hold on every day of looking; `more`: how many times as many
    customers as now are likely to be needed until something can be said.
    """

    state: State
    low: float | None = None
    high: float | None = None
    more: float | None = None


def verdict(sent: Arm, held: Arm) -> Verdict:
    """Looked at however often, it says effective or harmful of what is neither in at most 5 of 100 cases."""
    if not sent.tells or not held.tells:
        return Verdict("too_few", more=_until_told(sent, held))
    value = sent.kept / sent.size - held.kept / held.size
    information = 1 / (_variance(sent) + _variance(held))
    half = half_width(information)
    low, high = value - half, value + half
    state = _state(low, high)
    more = None if state != "not_yet" else _needed(max(abs(value), WORTH), information) / information
    return Verdict(state, low, high, more)


def half_width(information: float) -> float:
    """Half the width of the confidence sequence after so much `information`, which is 1 / error squared.

    Robbins' normal mixture (Robbins 1970, Ann. Math. Stat. 41) in the form of Howard, Ramdas, McAuliffe &
    Sekhon (2021), Ann. Stat. 49, Proposition 3: the sum S of the scores, whose variance is V, stays within
    sqrt((V + r) log((V + r) / (alpha^2 r))) for ever with probability 1 - alpha. Here S is the difference
    times its information and V the information. That it holds with estimated variances and for outcomes
    that are not normal is the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy &
    Ramdas (2024), Ann. Stat. 52; that looking begins late as in Bibaut, Kallus & Lindon (2022),
    arXiv:2212.14411.
    """
    mixed = information + _MIXTURE
    return math.sqrt(mixed * math.log(mixed / (ALPHA**2 * _MIXTURE))) / information


_MIXTURE = ((1.96 + 0.84) / _SOUGHT) ** 2 / _NARROWEST


def _state(low: float, high: float) -> State:
    if low > 0:
        return "effective"
    if high < 0:
        return "harmful"
    return "no_use" if high < WORTH else "not_yet"


def _variance(arm: Arm) -> float:
    """With one more of each kind, so that a lucky beginning does not look certain."""
    share = (arm.kept + 1) / (arm.size + 2)
    return share * (1 - share) / arm.size


def _needed(value: float, least: float) -> float:
    """The information at which an effect of this size shows."""
    most = least
    while half_width(most) > value:
        most *= 2
    for _ in range(40):
        middle = (least + most) / 2
        least, most = (middle, most) if half_width(middle) > value else (least, middle)
    return most


def _until_told(sent: Arm, held: Arm) -> float | None:
    """Until both arms tell anything; None where nothing is known of one."""
    if not sent.size or not held.size:
        return None
    return max(_times(arm) for arm in (sent, held))


def _times(arm: Arm) -> float:
    rare = max(1.0, min(arm.kept, arm.size - arm.kept))
    return max(1.0, LEAST_CUSTOMERS / arm.size, LEAST_OUTCOMES / rare)
