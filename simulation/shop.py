"""The shop: the world's facts as webhooks in the order of time."""

import heapq
from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random

from simulation.account import Account, shop_customer_id
from simulation.customer import Customer, Repeater
from simulation.habits import FORGOTTEN_AFTER_DAYS
from simulation.people import Likeness, of_the_household, the_same
from simulation.things import JST, Person
from simulation.visits import Visits
from simulation.webhook import Webhook
from simulation.world import World

SHOP_DOMAIN = "hikitome-demo.myshopify.com"
JOINING_DAYS = 10

COMES_BACK = 0.12
"""So many of those who join gave up a contract `AWAY_DAYS` ago, and open a second account."""
AWAY_DAYS = range(30, 91)
SHARES_A_HOUSEHOLD = 0.015


def opening_day(start: datetime) -> datetime:
    """The first midnight in Japan from `start` on: days of the simulation are whole days of the shop."""
    midnight = start.astimezone(JST).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if midnight == start else midnight + timedelta(days=1)


class Shop:
    """Gives the same webhooks for the same seed, in whatever steps they are asked for.

    `customers` join over the first `joining_days`; after that as many join as leave.
    """

    def __init__(
        self,
        seed: int,
        customers: int,
        start: datetime,
        joining_days: int = JOINING_DAYS,
        shop_domain: str = SHOP_DOMAIN,
    ) -> None:
        self._world = World(seed, customers, joining_days)
        self._opening = opening_day(start)
        self._accounts: dict[int, Account] = {}
        self._visits: dict[int, Visits] = {}
        self._former: list[tuple[int, Person]] = []
        self._waiting: list[tuple[datetime, int, Webhook]] = []
        self._told = 0
        self._seed = seed
        self._shop_domain = shop_domain

    def until(self, moment: datetime) -> list[Webhook]:
        """What happened since the last call and before `moment`."""
        while self._opening + timedelta(days=self._world.day) < moment:
            self._live_a_day()
        due = []
        while self._waiting and self._waiting[0][0] < moment:
            due.append(heapq.heappop(self._waiting)[2])
        return due

    def _live_a_day(self) -> None:
        day = self._world.day
        joined, happened = self._world.next_day()
        for customer, fact in happened:
            self._tell(self._accounts[customer.number].happened(customer, fact, day))
            if not customer.active():
                self._leaves(customer, day)
        self._visit(day)
        for customer in joined:
            self._joins(customer, day)

    def _joins(self, customer: Customer, day: int) -> None:
        likeness = self._likeness(customer.number, day)
        account = Account(self._seed, customer, self._opening, self._shop_domain, likeness)
        self._tell(account.joined(customer))
        number = customer.number
        self._visits[number] = Visits(self._seed, customer, shop_customer_id(number), self._opening)
        if customer.active():
            self._accounts[number] = account

    def _leaves(self, customer: Customer, day: int) -> None:
        person = self._accounts.pop(customer.number).known_as
        if customer.left() and person is not None:
            self._former.append((day, person))

    def _likeness(self, number: int, day: int) -> Likeness | None:
        """Of one in so many who join: somebody who left a while ago, or a relative of a customer."""
        draw = Random(f"{self._seed}/{number}/likeness")
        chance = draw.random()
        self._former = [(left, person) for left, person in self._former if day - left < AWAY_DAYS.stop]
        away = [known for known in self._former if day - known[0] in AWAY_DAYS]
        if away and chance < COMES_BACK:
            known = draw.choice(away)
            self._former.remove(known)
            return the_same(known[1], draw)
        if self._accounts and COMES_BACK <= chance < COMES_BACK + SHARES_A_HOUSEHOLD:
            relative = self._accounts[draw.choice(list(self._accounts))].known_as
            return of_the_household(relative) if relative else None
        return None

    def _visit(self, day: int) -> None:
        """Who has stopped buying unseen behaves as one who has not, until the shop is forgotten."""
        for number, visits in list(self._visits.items()):
            customer = self._world.customers.get(number) or self._world.silent.get(number)
            if customer is None or _has_forgotten(customer, day):
                del self._visits[number]
            else:
                self._tell(visits.on(customer, day))

    def _tell(self, webhooks: Iterable[Webhook]) -> None:
        # Webhooks of the same moment keep the order in which they were told.
        for webhook in webhooks:
            self._told += 1
            heapq.heappush(self._waiting, (webhook.at, self._told, webhook))


def _has_forgotten(customer: Customer, day: int) -> bool:
    state = customer.state
    return isinstance(state, Repeater) and day - state.last_order_on >= FORGOTTEN_AFTER_DAYS
