"""The population: its size, its rates, and that nobody's fate depends on another's."""

from collections import Counter
from dataclasses import dataclass

import pytest

from simulation.contract import Contract, Fact
from simulation.customer import Customer
from simulation.world import World

CUSTOMERS, DAYS = 2_000, 180


@dataclass(frozen=True)
class Lived:
    facts: Counter[Fact]
    joined: list[Customer]
    sizes: list[int]
    subscriber_days: int
    left: int

    def share(self, *facts: Fact) -> float:
        """Of all parcels that were due."""
        due = (Fact.CHARGED, Fact.CHARGED_SHIPS_LATE, Fact.SKIPPED, Fact.GAVE_UP_CHARGING)
        return sum(self.facts[f] for f in facts) / sum(self.facts[f] for f in due)


@pytest.fixture(scope="module")
def lived() -> Lived:
    world, facts, joined, sizes = World(5, CUSTOMERS, 10), Counter[Fact](), list[Customer](), list[int]()
    subscriber_days = left = 0
    for _ in range(DAYS):
        subscriber_days += sum(isinstance(c.state, Contract) for c in world.customers.values())
        newcomers, happened = world.next_day()
        joined += newcomers
        facts.update(fact for _, fact in happened)
        left += sum(customer.left() for customer, _ in happened)
        sizes.append(len(world.customers))
    return Lived(facts, joined, sizes, subscriber_days, left)


def test_the_shop_fills_in_ten_days_and_keeps_its_size(lived: Lived) -> None:
    assert lived.sizes[4] == pytest.approx(CUSTOMERS / 2, rel=0.15)
    assert all(abs(size - CUSTOMERS) < 0.02 * CUSTOMERS for size in lived.sizes[11:])


def test_three_quarters_of_those_who_join_subscribe(lived: Lived) -> None:
    subscribed = sum(customer.kind == "subscriber" for customer in lived.joined)
    assert subscribed / len(lived.joined) == pytest.approx(0.75, abs=0.03)


def test_about_a_tenth_of_the_subscribers_leaves_each_month(lived: Lived) -> None:
    assert 0.08 < 30 * lived.left / lived.subscriber_days < 0.12


def test_the_signs_of_leaving_are_common_enough_to_be_learnt(lived: Lived) -> None:
    assert 0.08 < lived.share(Fact.SKIPPED) < 0.2
    assert 0.01 < lived.share(Fact.PAUSED) < 0.04
    assert 0.03 < lived.share(Fact.CHARGE_FAILED) < 0.08
    assert 0.03 < lived.share(Fact.CHARGED_SHIPS_LATE) < 0.08


def test_some_leave_without_a_word_when_their_payments_end(lived: Lived) -> None:
    assert 0.03 < lived.facts[Fact.GAVE_UP_CHARGING] / lived.left < 0.15


def test_every_kind_of_fact_happens(lived: Lived) -> None:
    assert set(lived.facts) == set(Fact)


def test_the_fate_of_a_customer_does_not_depend_on_how_many_others_there_are() -> None:
    few, many = World(5, 20, 1), World(5, 200, 1)
    seen: dict[int, list[tuple[int, Customer, Fact]]] = {20: [], 200: []}
    for size, world in ((20, few), (200, many)):
        for day in range(90):
            _, happened = world.next_day()
            seen[size] += [(day, c, fact) for c, fact in happened if c.number <= 20]
    assert seen[20] == seen[200] != []
