"""Priority: whom to look at first: what would be lost × how likely × how little time is left to change it."""

from math import exp

YEAR_DAYS = 365.0

SHIPMENT_LEAD_DAYS = 7.0
"""次回発送の締切: a parcel can be changed until so many days before it is due."""

GAPS_LEFT = 2.0
"""Without a contract, the moment to act has passed after so many usual gaps without an order."""

CLOSED = 0.5
"""Weight once it is too late: the parcel goes out anyway, or the customer buys elsewhere by now."""


def value_at_risk(amount: float, cycle_days: float, base_rate: float, horizon_days: float) -> int:
    """What the customer would bring within a year if kept, who then stays as long as the average one does.

    Not their own probability: whoever is likeliest to leave would then be worth the least trouble.
    """
    stay = (1 - base_rate) ** (cycle_days / horizon_days)
    deliveries = max(int(YEAR_DAYS / cycle_days), 1)
    return round(amount * sum(float(stay**delivery) for delivery in range(1, deliveries + 1)))


def urgency(days_left: float | None) -> float:
    """1 when nothing is due or it is far off, 2 at the last moment, `CLOSED` after it."""
    if days_left is None:
        return 1.0
    return CLOSED if days_left < 0 else 1.0 + exp(-days_left / 7.0)


def priority(value: int, probability: float, days_left: float | None) -> float:
    return value * probability * urgency(days_left)
