"""PURE. A customer, a subscriber or one who buys without a contract: who joins, and how a day passes."""

import math
from random import Random
from typing import Literal, TypeVar

import msgspec
from msgspec.structs import replace

from simulation import course, hazard
from simulation.contract import ENDED, LEFT, Contract, Fact, Media, Profile

T = TypeVar("T")

SUBSCRIBERS = 0.75
MEDIA_SHARES: dict[Media, float] = {
    "search": 0.35,
    "sns": 0.25,
    "affiliate": 0.2,
    "line": 0.1,
    "magazine": 0.1,
}
CYCLE_SHARES = {14: 0.15, 30: 0.65, 60: 0.2}
GAP_MEDIAN_DAYS = 26.0
GAP_MEDIAN_LOG_SD = 0.3
GAP_LOG_SD = 0.35


class Repeater(msgspec.Struct, frozen=True, gc=False):
    """One who buys again after a personal gap, until, unseen, not any more (`next_order_on` is None)."""

    log_median_gap: float
    last_order_on: int
    next_order_on: int | None
    orders: int = 1


class Customer(msgspec.Struct, frozen=True, gc=False):
    """`number` counts the customers of the shop from 1."""

    number: int
    joined_on: int
    profile: Profile
    state: Contract | Repeater

    @property
    def kind(self) -> Literal["subscriber", "repeater"]:
        return "subscriber" if isinstance(self.state, Contract) else "repeater"

    def active(self) -> bool:
        """Whether anything can still happen."""
        if isinstance(self.state, Contract):
            return self.state.status not in ENDED
        return self.state.next_order_on is not None

    def left(self) -> bool:
        """A contract given up, or ended for want of payment; a contract that ran its course was not left."""
        return isinstance(self.state, Contract) and self.state.status in LEFT


def joins(number: int, day: int, rng: Random) -> Customer:
    """A new customer, drawn from the known shares."""
    discount_led = rng.random() < 0.45
    media = _drawn(MEDIA_SHARES, rng)
    product = rng.randrange(4)
    quantity = 2 if rng.random() < 0.15 else 1
    profile = Profile(product, quantity, media, discount_led)
    if rng.random() < SUBSCRIBERS:
        return _subscribes(number, day, profile, rng)
    log_median = rng.gauss(math.log(GAP_MEDIAN_DAYS), GAP_MEDIAN_LOG_SD)
    state = _ordered(Repeater(log_median, day, None, orders=0), profile, day, rng)
    return Customer(number, day, profile, state)


def _subscribes(number: int, day: int, profile: Profile, rng: Random) -> Customer:
    promised = rng.random() < (0.55 if profile.discount_led else 0.15)
    frailty = max(-2.5, min(2.5, rng.gauss(0.0, 1.0))) * hazard.FRAILTY_SD
    profile = replace(
        profile,
        min_deliveries=rng.choice((3, 3, 4)) if promised else 0,
        max_deliveries=6 if rng.random() < 0.02 else 0,
        frailty=frailty,
    )
    cycle_days = _drawn(CYCLE_SHARES, rng)
    return Customer(number, day, profile, Contract(cycle_days, charge_on=day + cycle_days))


def step(customer: Customer, rng: Random, day: int) -> tuple[Customer, Fact | None]:
    """Let one day pass."""
    state: Contract | Repeater
    match customer.state:
        case Contract() as contract:
            state, fact = _contract_day(customer.profile, contract, day, rng)
        case Repeater() as repeater:
            if day != repeater.next_order_on:
                return customer, None
            state, fact = _ordered(repeater, customer.profile, day, rng), Fact.ORDERED
    if state is customer.state:
        return customer, fact
    return Customer(customer.number, customer.joined_on, customer.profile, state), fact


def _contract_day(
    profile: Profile, contract: Contract, day: int, rng: Random
) -> tuple[Contract, Fact | None]:
    if rng.random() < hazard.daily_hazard(profile, contract, day):
        return course.cancelled(contract), Fact.CANCELLED
    found = course.branches(profile, contract, day)
    if len(found) == 1:
        return found[0].contract, found[0].fact
    rest = rng.random()
    for probability, state, fact in found:
        rest -= probability
        if rest < 0:
            return state, fact
    return found[0].contract, found[0].fact


def _ordered(repeater: Repeater, profile: Profile, day: int, rng: Random) -> Repeater:
    """An order is made, and with it, unseen, the decision whether there will be another and when."""
    orders = repeater.orders + 1
    stops = rng.random() < hazard.stop_probability(orders, profile.discount_led)
    gap = 1 + math.floor(rng.lognormvariate(repeater.log_median_gap, GAP_LOG_SD))
    return replace(repeater, orders=orders, last_order_on=day, next_order_on=None if stops else day + gap)


def _drawn(shares: dict[T, float], rng: Random) -> T:
    return rng.choices(list(shares), weights=list(shares.values()))[0]
