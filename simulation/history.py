"""A history without a network: what a shop would have sent, and what the truth was, week by week."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

from simulation.account import shop_customer_id
from simulation.contract import Contract, Fact, Status
from simulation.customer import Customer, Repeater
from simulation.shop import JOINING_DAYS, Shop, opening_day
from simulation.truth import HORIZON_DAYS, Kind, Truth, true_probabilities
from simulation.webhook import Webhook
from simulation.world import Happened, World

WARM_UP_DAYS = 60
SEEN_WITHIN_DAYS = 90
"""A repeater who ordered longer ago is long lost to everybody, and no question."""

CAUSES: dict[Status, Kind] = {"cancelled": "subscription", "failed": "payment"}


@dataclass(frozen=True, slots=True)
class History:
    """The truths of one run, and its webhooks, lived anew at each reading: a year of them fills memory."""

    seed: int
    customers: int
    days: int
    start: datetime
    truths: tuple[Truth, ...]

    @property
    def webhooks(self) -> Iterator[Webhook]:
        return simulate(self.seed, self.customers, self.days, self.start)


def simulate(seed: int, customers: int, days: int, start: datetime) -> Iterator[Webhook]:
    """The webhooks of the first `days` days, in the order of time."""
    shop = Shop(seed, customers, start)
    opening = opening_day(start)
    for day in range(days):
        yield from shop.until(opening + timedelta(days=day + 1))


def history(
    seed: int,
    customers: int,
    days: int,
    start: datetime,
    truth_every_days: int = 7,
    truth_sample: int = 500,
) -> History:
    """Each `truth_every_days` after the warm-up, up to `truth_sample` customers are asked for their truth."""
    lived = _Lived(World(seed, customers, JOINING_DAYS), {}, {})
    asked: list[Asked] = []
    draw = Random(f"{seed}/truths")
    for day in range(days):
        if day >= WARM_UP_DAYS and day % truth_every_days == 0:
            population = lived.population(day)
            sample = draw.sample(population, min(truth_sample, len(population)))
            asked += [row for customer in sample for row in _asked(customer, day, days)]
        lived.next_day()
    opening = opening_day(start)
    truths = tuple(lived.truth(opening, row) for row in asked)
    return History(seed, customers, days, start, truths)


class Asked(NamedTuple):
    """A truth whose outcome is still to come; days count from the shop's first."""

    day: int
    number: int
    kind: Kind
    p_true: float


@dataclass(frozen=True, slots=True)
class _Lived:
    """A world with the record of who left and who ordered when."""

    world: World
    left_on: dict[int, tuple[int, Kind]]
    ordered_on: dict[int, list[int]]

    def next_day(self) -> None:
        day = self.world.day
        _, happened = self.world.next_day()
        for customer, fact in happened:
            self._record((customer, fact), day)

    def _record(self, happened: Happened, day: int) -> None:
        customer, fact = happened
        if isinstance(customer.state, Contract) and customer.left():
            self.left_on[customer.number] = day, CAUSES[customer.state.status]
        elif fact is Fact.ORDERED:
            self.ordered_on.setdefault(customer.number, []).append(day)

    def population(self, day: int) -> list[Customer]:
        """Everyone who, for all the shop can see, is still a customer."""
        everyone = [*self.world.customers.values(), *self.world.silent.values()]
        return [customer for customer in everyone if _is_a_customer(customer, day)]

    def truth(self, opening: datetime, asked: Asked) -> Truth:
        horizon_days = HORIZON_DAYS[asked.kind]
        return Truth(
            customer=str(shop_customer_id(asked.number)),
            kind=asked.kind,
            cutoff=(opening + timedelta(days=asked.day)).astimezone(UTC),
            horizon_days=horizon_days,
            p_true=asked.p_true,
            left=self._left_within(asked, asked.day + horizon_days),
        )

    def _left_within(self, asked: Asked, end: int) -> bool:
        if asked.kind == "repeat":
            return not any(asked.day <= day < end for day in self.ordered_on.get(asked.number, ()))
        day, cause = self.left_on.get(asked.number, (end, asked.kind))
        return cause == asked.kind and asked.day <= day < end


def _asked(customer: Customer, day: int, days: int) -> Iterator[Asked]:
    """The kinds whose horizon lies within the `days` that are lived."""
    for kind, p_true in true_probabilities(customer, day).items():
        if day + HORIZON_DAYS[kind] <= days:
            yield Asked(day, customer.number, kind, p_true)


def _is_a_customer(customer: Customer, day: int) -> bool:
    match customer.state:
        case Repeater() as repeater:
            return day - repeater.last_order_on <= SEEN_WITHIN_DAYS
        case _:
            return customer.active()
