"""One customer's first-party events: each visit is one signed message of the shop's own site or mailer."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

import msgspec

from simulation.customer import Customer
from simulation.habits import Visit, leanings, visits
from simulation.payloads.firsthand import events
from simulation.payloads.parts import later
from simulation.webhook import Webhook

EARLIEST_HOUR, LATEST_HOUR = 7.0, 23.0
SECONDS_BETWEEN = (5, 40)


class Visits:
    """Draws from a stream of its own: no fate, name or time of day elsewhere depends on it."""

    def __init__(self, seed: int, customer: Customer, customer_id: int, opening: datetime) -> None:
        self._draw = Random(f"{seed}/{customer.number}/habits")
        self._leaning = leanings(customer.profile, self._draw)
        self._customer_id = customer_id
        self._opening = opening

    def on(self, customer: Customer, day: int) -> Iterator[Webhook]:
        """What the customer did on a day after the one of joining, as it stands at that day's end."""
        for visit in visits(customer, self._leaning, day, self._draw):
            hours = self._draw.uniform(EARLIEST_HOUR, LATEST_HOUR)
            yield told(self._customer_id, visit, self._opening + timedelta(days=day, hours=hours), self._draw)


def told(customer_id: int, visit: Visit, begins: datetime, draw: Random) -> Webhook:
    """A visit as one message, sent when it is over: nothing in it is older than its few minutes."""
    at, acts = begins, []
    for act in visit:
        acts.append((at, act.type, act.data))
        at = later(at, draw.randint(*SECONDS_BETWEEN))
    message = str(uuid.UUID(int=draw.getrandbits(128), version=4))
    body = msgspec.json.encode(events(customer_id, acts))
    return Webhook(at, visit[0].type, body, message, message, str(customer_id), "standard")
