"""PURE. The known function: how likely a customer is to leave, skip, pause or fail to pay on a given day."""

import math

from simulation.contract import NEVER, Contract, Media, Profile

# The daily log hazard of a first delivery without any sign, about 6 % in thirty days.
FIRST_DELIVERY = math.log(0.0020)
# Fader & Hardie's sBG for "Regular" customers: the n-th renewal is given up with .704 / (1.886 + n - 1).
SBG_SUM = 1.886
DELIVERIES = tuple(math.log(SBG_SUM / (SBG_SUM - 1 + max(n, 1))) for n in range(400))

BOUND = -4.6
BOUND_JUST_ENDED = 1.4
SKIPS_IN_A_ROW = (0.0, 1.3, 2.6, 3.2)
SKIPPED_LATELY = ((14, 0.6), (45, 0.3))
OPEN_FAILURE = 0.6
PAUSED = 1.4
RESUMED_LATELY = (30, 1.2)
CHARGE_IS_NEAR = (7, 0.4)
SHIPPED_LATE = (4, 24, 1.3)
CYCLE = {14: 0.25, 30: 0.0, 60: -0.25}
DISCOUNT_LED = 0.8
MEDIA: dict[Media, float] = {"search": 0.0, "sns": 0.2, "affiliate": 0.5, "line": -0.3, "magazine": -0.5}
FRAILTY_SD = 0.25

LATE_SHIPMENT = 0.06
UNSKIP = 0.06
SLOW_DOWN = 0.012
RETRY_FAILS = 0.5
PAUSE_DAYS = ((30, 0.6), (60, 0.4))


def daily_hazard(profile: Profile, contract: Contract, day: int) -> float:
    """P(the customer cancels on `day`), the contract being active or paused that morning."""
    return -math.expm1(-math.exp(log_hazard(profile, contract, day)))


def log_hazard(profile: Profile, contract: Contract, day: int) -> float:
    """The sum of what is lasting, where the contract stands, and what happened lately."""
    return (
        FIRST_DELIVERY
        + profile.frailty
        + MEDIA[profile.media]
        + (DISCOUNT_LED if profile.discount_led else 0.0)
        + CYCLE[contract.cycle_days]
        + DELIVERIES[contract.deliveries]
        + _promise(profile, contract)
        + _hesitation(contract, day)
        + _trouble(contract, day)
    )


def _promise(profile: Profile, contract: Contract) -> float:
    if contract.deliveries > profile.min_deliveries or not profile.min_deliveries:
        return 0.0
    return BOUND if contract.deliveries < profile.min_deliveries else BOUND_JUST_ENDED


def _hesitation(contract: Contract, day: int) -> float:
    """Skips and pauses: the customer has too much of it, or is thinking."""
    total = SKIPS_IN_A_ROW[min(contract.skips, 3)]
    if contract.skipped_on != NEVER:
        total += next((weight for days, weight in SKIPPED_LATELY if day - contract.skipped_on <= days), 0.0)
    if contract.status == "paused":
        return total + PAUSED
    if 0 < contract.charge_on - day <= CHARGE_IS_NEAR[0]:
        total += CHARGE_IS_NEAR[1]
    if day - contract.resumed_on <= RESUMED_LATELY[0]:
        total += RESUMED_LATELY[1]
    return total


def _trouble(contract: Contract, day: int) -> float:
    """Failed payments and a parcel that ships late."""
    first, last, weight = SHIPPED_LATE
    late = weight if first <= day - contract.late_order_on <= last else 0.0
    return late + OPEN_FAILURE * contract.failures


def skip_probability(profile: Profile, contract: Contract) -> float:
    """P(skips the coming parcel), asked once a cycle when the reminder mail goes out."""
    if contract.bound(profile):
        return 0.0
    appetite = -2.3 + 1.5 * min(contract.skips, 2) + (0.5 if profile.discount_led else 0.0)
    return _logistic(appetite + {14: 0.5, 30: 0.0, 60: -0.4}[contract.cycle_days])


def pause_probability(profile: Profile, contract: Contract) -> float:
    """P(pauses instead), asked at the same moment."""
    if contract.bound(profile):
        return 0.0
    return 0.07 if contract.skips else 0.02


def charge_failure_probability(contract: Contract) -> float:
    """P(an attempt to charge fails): rare at first, likelier for a card that failed before."""
    if contract.failures:
        return RETRY_FAILS
    return 0.15 if contract.failed_before else 0.035


def stop_probability(orders: int, discount_led: bool) -> float:
    """P(a customer without a contract never orders again after order number `orders`)."""
    base = (0.38, 0.24, 0.15, 0.10)[min(orders, 4) - 1]
    return min(0.9, base * (1.3 if discount_led else 0.9))


def gap_survival(days: int, log_median: float, log_sd: float) -> float:
    """P(more than `days` whole days pass before the next order), given that there is one.

    The gap is 1 + the whole days of a lognormal.
    """
    if days <= 0:
        return 1.0
    return 0.5 * math.erfc((math.log(days) - log_median) / (log_sd * math.sqrt(2)))


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))
