"""The shop: the world's facts as webhooks in the order of time."""

import heapq
from datetime import datetime, timedelta

from simulation.account import Account
from simulation.things import JST
from simulation.webhook import Webhook
from simulation.world import World

SHOP_DOMAIN = "hikitome-demo.myshopify.com"
JOINING_DAYS = 10


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
            for webhook in self._accounts[customer.number].happened(customer, fact, day):
                self._tell(webhook)
            if not customer.active():
                del self._accounts[customer.number]
        for customer in joined:
            account = Account(self._seed, customer, self._opening, self._shop_domain)
            for webhook in account.joined(customer):
                self._tell(webhook)
            if customer.active():
                self._accounts[customer.number] = account

    def _tell(self, webhook: Webhook) -> None:
        # Webhooks of the same moment keep the order in which they were told.
        self._told += 1
        heapq.heappush(self._waiting, (webhook.at, self._told, webhook))
