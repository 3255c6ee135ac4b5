"""Priority: whom to look at first: what would be lost × how likely × how little time is left to change it."""

from collections.abc import Iterator
from itertools import accumulate
from math import exp

from services.scoring.model.kind import KindModel

YEAR_DAYS = 365.0

GAPS_LEFT = 2.0
"""Without a contract, the moment to act has passed after so many usual gaps without an order."""

CLOSED = 0.5
"""Weight once it is too late: the parcel goes out anyway, or the customer buys elsewhere by now."""


def value_at_risk(amount: float, cycle_days: float, number: int, model: KindModel) -> int:
    """What a customer would bring within a year if kept this time, and left as others do afterwards.

    定期 LTV by survival, of the next year only: amount × Σ_k Π s(n) … s(n + k), where s(n) is the share of
    customers who go on to delivery (or order) n + 1 after the nth, and k counts the deliveries that a year
    holds. `amount` is of one delivery, in minor units, and so is the result.
    Source: the survival LTV Σ S_n × price_n, conditional on the `number` deliveries that have come; s(n) are
    the step continuation rates (継続率). A model without them stays at its base rate.
    Not the customer's own probability: whoever is likeliest to leave would then be worth the least trouble.
    """
    deliveries = max(int(YEAR_DAYS / cycle_days), 1)
    staying = _staying(model, cycle_days, number, deliveries)
    return round(amount * sum(accumulate(staying, lambda still, rate: still * rate)))


def _staying(model: KindModel, cycle_days: float, number: int, deliveries: int) -> Iterator[float]:
    """The share that goes on to the next delivery, for each of the deliveries to come."""
    usual = (1 - model.base_rate) ** (cycle_days / model.horizon_days)
    rates = model.survival or (usual,)
    first = max(number, 1) - 1
    return (rates[min(first + coming, len(rates) - 1)] for coming in range(deliveries))


def urgency(days_left: float | None) -> float:
    """1 when nothing is due or it is far off, 2 at the last moment, `CLOSED` after it."""
    if days_left is None:
        return 1.0
    return CLOSED if days_left < 0 else 1.0 + exp(-days_left / 7.0)


def priority(value: int, probability: float, days_left: float | None) -> float:
    return value * probability * urgency(days_left)
