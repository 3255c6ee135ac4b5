"""The world: every customer of the shop, each with a random stream of its own, one day after the other."""

from random import Random

from simulation.contract import Fact
from simulation.customer import Customer, joins, step

Happened = tuple[Customer, Fact]
"""A customer as it stands after the fact."""


class World:
    """Deterministic for its seed. Customers are independent: none draws from another's stream.

    `customers` are those to whom something can still happen; `silent` stopped ordering, which nobody can see.
    """

    def __init__(self, seed: int, customers: int, joining_days: int) -> None:
        self.day = 0
        self.customers: dict[int, Customer] = {}
        self.silent: dict[int, Customer] = {}
        self._streams: dict[int, Random] = {}
        self._seed = seed
        self._wanted = customers
        self._joining_days = max(1, joining_days)
        self._joined = 0

    def next_day(self) -> tuple[list[Customer], list[Happened]]:
        """Let one day pass for everybody: who joined on it, and what happened to the others."""
        happened = []
        for number, customer in list(self.customers.items()):
            after, fact = step(customer, self._streams[number], self.day)
            if fact is not None:
                happened.append((after, fact))
            if after.active():
                self.customers[number] = after
            else:
                del self.customers[number], self._streams[number]
                self._fall_silent(after)
        joined = [self._join() for _ in range(self._newcomers())]
        self.day += 1
        return joined, happened

    def _newcomers(self) -> int:
        """At first an even share a day, then as many as left: the shop keeps its size."""
        if self.day < self._joining_days:
            return self._wanted * (self.day + 1) // self._joining_days - self._joined
        return self._wanted - len(self.customers)

    def _join(self) -> Customer:
        self._joined += 1
        stream = Random(f"{self._seed}/{self._joined}/life")
        customer = joins(self._joined, self.day, stream)
        if customer.active():
            self.customers[self._joined], self._streams[self._joined] = customer, stream
        self._fall_silent(customer)
        return customer

    def _fall_silent(self, customer: Customer) -> None:
        if customer.kind == "repeater" and not customer.active():
            self.silent[customer.number] = customer
