"""The way out: the number that a customer writes down, what was told, and when a request is overdue."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from services.notifier.offers.effect import Contract

TOKYO = ZoneInfo("Asia/Tokyo")
# Nothing that is mistaken for something else when it is read out or written down.
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LONGEST_FACT = 60


def number(at: datetime, choose: Callable[[str], str] = secrets.choice) -> str:
    """Like K-20261122-7F3Q: the day it was asked for, and what nobody can guess from another."""
    return f"K-{at.astimezone(TOKYO):%Y%m%d}-{''.join(choose(LETTERS) for _ in range(4))}"


def told(read_out: Sequence[str], contract: Contract) -> tuple[str, ...]:
    """What the agent has read out, and what was promised (回数縛り) as it stood then: it bars nobody."""
    left = [f"minimum_left:{contract.minimum_left}"] if contract.minimum_left else []
    return tuple(dict.fromkeys([*read_out, *left]))


def overdue(requested_at: datetime, now: datetime, zone: ZoneInfo) -> bool:
    """Whether it waits since another day of the shop; both are business time."""
    return now.astimezone(zone).date() > requested_at.astimezone(zone).date()
