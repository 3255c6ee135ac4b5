"""A difference between two arms: how much it is, and between what limits it lies."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """`value` is the first arm's minus the second's; `low` and `high` the two-sided 95 % interval.

    `error` is its standard error and `p` the two-sided p-value of there being none. All but `value` are None
    where there is too little to say, `value` too where an arm is empty.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    error: float | None = None
    p: float | None = None


NOTHING = Difference(None)
