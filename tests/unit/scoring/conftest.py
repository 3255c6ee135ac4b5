"""Facts to fold: what happened on a day, and the life of a small invented shop to learn from."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from shared.events.catalogue import Event
from shared.events.commerce import OrderDelivered, OrderPaid, OrderPlaced
from shared.events.envelope import Envelope
from shared.events.ids import derived_id
from shared.events.money import Money
from shared.events.subscription import (
    Cycle,
    SubscriptionCancelled,
    SubscriptionSkipped,
    SubscriptionStarted,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
CUSTOMER = "shop/shopify/1"

Fact = Callable[..., Envelope]
Day = Callable[[float], datetime]


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def fact(data: Event, on: float, subject: str = CUSTOMER, id: str | None = None) -> Envelope:
    moment = day(on)
    return Envelope(
        id=id or derived_id(subject, repr(data), moment.isoformat()),
        source="/shops/shop/shopify",
        subject=subject,
        time=moment,
        shop="shop",
        receivedat=moment,
        correlationid="webhook",
        data=data,
    )


@pytest.fixture(scope="session", name="day")
def _day() -> Day:
    """The moment so many days after the start."""
    return day


@pytest.fixture(scope="session", name="fact")
def _fact() -> Fact:
    """An event on a day after the start, about the one customer unless said otherwise."""
    return fact


def _subscriber(number: int, rng: Random, days: int) -> list[Envelope]:
    """A month a parcel; who skips twice leaves soon, others rarely."""
    subject, contract = f"shop/shopify/{number}", f"c{number}"
    began, skips, order = rng.randrange(30), 0, f"{number}-0"
    life = [
        fact(OrderPlaced(order, Money(rng.choice((1980, 3980)), "JPY")), began, subject),
        fact(SubscriptionStarted(contract, Cycle("day", 30), order=order), began + 0.01, subject),
        fact(OrderDelivered(order), began + rng.choice((1, 2)), subject),
    ]
    due = began + 30
    while due < days:
        if rng.random() < (0.04, 0.25, 0.9)[min(skips, 2)]:
            life.append(fact(SubscriptionCancelled(contract), due - rng.uniform(1, 20), subject))
            return life
        if rng.random() < (0.5 if skips else 0.25):
            skips += 1
            life.append(fact(SubscriptionSkipped(contract), due - 5, subject))
        else:
            skips, order = 0, f"{number}-{due}"
            life.append(fact(OrderPlaced(order, Money(3980, "JPY")), due, subject))
            life.append(fact(OrderPaid(order, subscription=contract), due + 0.01, subject))
        due += 30
    return life


def _repeater(number: int, rng: Random, days: int) -> list[Envelope]:
    """Orders at a gap of one's own until, unseen, no more."""
    subject, at, gap = f"shop/shopify/{number}", float(rng.randrange(60)), rng.uniform(15, 40)
    life: list[Envelope] = []
    while at < days:
        life.append(fact(OrderPlaced(f"{number}-{at}", Money(2980, "JPY")), at, subject))
        if rng.random() < 0.2:
            return life
        at += gap * rng.uniform(0.7, 1.4)
    return life


@pytest.fixture(scope="session")
def small_shop() -> list[Envelope]:
    """A year of 220 subscribers and 120 others, as a log."""
    rng = Random(20)
    lives = [_subscriber(number, rng, 365) for number in range(220)]
    lives += [_repeater(number, rng, 365) for number in range(220, 340)]
    return sorted((envelope for life in lives for envelope in life), key=lambda each: each.time)


@pytest.fixture(scope="session")
def busy_shop() -> list[Envelope]:
    """Seven months of 520 subscribers, as a log: enough to learn from everything."""
    rng = Random(21)
    lives = [_subscriber(number, rng, 210) for number in range(520)]
    return sorted((envelope for life in lives for envelope in life), key=lambda each: each.time)
