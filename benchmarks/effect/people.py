"""People at risk from the simulated shop, with the exact truth of being sent to and of being left alone."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from simulation import course, hazard
from simulation.contract import ENDED, LEFT, Contract, Fact, Profile
from simulation.things import PRODUCTS
from simulation.world import World

WINDOW_DAYS = 60
# What a message does to the log hazard of leaving, every day of the window. Whoever only came for the
# discount is reminded that there is a contract to give up: a sleeping dog.
RESPONSE = -1.1
RESPONSE_DISCOUNT_LED = 0.1
PARCELS = (Fact.CHARGED, Fact.CHARGED_SHIPS_LATE)
_JOINING_DAYS, _DAYS = 120, 200


@dataclass(frozen=True, slots=True)
class Expected:
    """Within the window: P(the contract is lost), and the mean number of parcels."""

    lost: float
    parcels: float


@dataclass(frozen=True, slots=True)
class Person:
    """A customer with a contract on the morning of `day`; `price` in yen is of one parcel."""

    profile: Profile
    contract: Contract
    day: int
    price: int
    sent: Expected
    alone: Expected


def people(count: int, seed: int) -> Iterator[Person]:
    """The `count` likeliest to leave tomorrow, of a shop that is about two and a half times as large."""
    world = World(seed, round(count * 2.5), _JOINING_DAYS)
    for _ in range(_DAYS):
        world.next_day()
    found = [(one.profile, one.state) for one in world.customers.values() if isinstance(one.state, Contract)]
    found.sort(key=lambda one: -hazard.daily_hazard(one[0], one[1], world.day))
    for profile, contract in found[:count]:
        yield _person(profile, contract, world.day)


def _person(profile: Profile, contract: Contract, day: int) -> Person:
    price = PRODUCTS[profile.product].price * profile.quantity
    alone = expected(profile, contract, day, WINDOW_DAYS)
    sent = expected(answering(profile), contract, day, WINDOW_DAYS)
    return Person(profile, contract, day, price, sent, alone)


def answering(profile: Profile) -> Profile:
    """Who was sent to: the known change of the hazard is added to what is lasting."""
    response = RESPONSE_DISCOUNT_LED if profile.discount_led else RESPONSE
    return replace(profile, frailty=profile.frailty + response)


def expected(profile: Profile, contract: Contract, day: int, days: int) -> Expected:
    """Summed over every course of events, as the simulation's own truth is."""
    lost = parcels = 0.0
    alive = {contract: 1.0}
    for today in range(day, day + days):
        after: defaultdict[Contract, float] = defaultdict(float)
        for state, weight in alive.items():
            cancels = weight * hazard.daily_hazard(profile, state, today)
            lost += cancels
            for probability, then, fact in course.branches(profile, state, today):
                share = (weight - cancels) * probability
                parcels += share * (fact in PARCELS)
                lost += share * (then.status in LEFT)
                if then.status not in ENDED:
                    after[then] += share
        alive = after
    return Expected(lost, parcels)


def mean_effect(those: Sequence[Person], margin: float) -> tuple[float, float]:
    """The true effect on these: on the share retained, and on the gross profit of one in yen."""
    kept = sum(one.alone.lost - one.sent.lost for one in those) / len(those)
    profit = sum((one.sent.parcels - one.alone.parcels) * one.price for one in those) * margin / len(those)
    return kept, profit
