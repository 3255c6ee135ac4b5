"""One run: people are drawn, parted by the real holdout, and live on; the estimate is held to the truth."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from benchmarks.effect.people import PARCELS, WINDOW_DAYS, Person, answering, mean_effect
from services.notifier.effect.difference import Difference
from services.notifier.effect.report import report
from services.notifier.effect.unit import Choice, Unit
from services.notifier.scenarios.scenario import Scenario
from simulation.contract import ENDED, LEFT, Contract
from simulation.customer import Customer, step

MARGIN = 0.6
MESSAGE_YEN = 113.0
# Whether a customer is left alone.
Drawing = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Held:
    """An estimate beside the truth."""

    true: float
    found: Difference

    @property
    def covered(self) -> bool:
        low, high = self.found.low, self.found.high
        return low is not None and high is not None and low <= self.true <= high


@dataclass(frozen=True, slots=True)
class Run:
    """`held` customers of `people` were left alone; `profit` is of one enrolment, in yen."""

    people: int
    held: int
    retention: Held
    profit: Held


def run(pool: Sequence[Person], size: int, seed: int, draws: Drawing) -> Run:
    """The truth is that of the people of this run: what would be gained by sending to all of them."""
    rng = Random(f"effect {seed}")  # noqa: S311 - seeded on purpose
    those = rng.choices(pool, k=size)
    refs = [f"simulation/{seed}/{number}" for number in range(size)]
    units = [_unit(person, ref, draws(ref), rng) for person, ref in zip(those, refs, strict=True)]
    found = report(units, Choice(margin=MARGIN)).outcomes
    retention, profit = mean_effect(those, MARGIN)
    return Run(size, found.held.enrolments, Held(retention, found.retention), Held(profit, found.profit))


def _unit(person: Person, ref: str, held: bool, rng: Random) -> Unit:
    """What the window brings, by the simulation's own days."""
    profile = person.profile if held else answering(person.profile)
    customer, parcels = Customer(0, 0, profile, person.contract), 0
    for day in range(person.day, person.day + WINDOW_DAYS):
        customer, fact = step(customer, rng, day)
        parcels += fact in PARCELS
        if _over(customer):
            break
    state = customer.state
    retained = isinstance(state, Contract) and state.status not in LEFT
    sales = parcels * person.price
    return Unit(ref, held, retained, parcels, sales, 0.0 if held else MESSAGE_YEN)


def _over(customer: Customer) -> bool:
    return isinstance(customer.state, Contract) and customer.state.status in ENDED


def drawing(salted: Scenario, in_holdout: Callable[[Scenario, str], bool]) -> Drawing:
    """The scenario's own holdout."""
    return lambda ref: in_holdout(salted, ref)
