"""What is told of accounts, and what became of them in the tables."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import text

from services.scoring.artifact import Artifact
from services.scoring.features.state import CustomerState, from_bytes
from services.scoring.observe import Observer
from shared.events.catalogue import Event
from shared.events.commerce import OrderPlaced
from shared.events.customer import CustomerSeen, Identifiers
from shared.events.envelope import Envelope, decode
from shared.events.identity import (
    CustomerMerged,
    CustomerSeparated,
    DuplicateSuspected,
)
from shared.events.money import Money
from shared.events.payment import PaymentFailed
from shared.events.subscription import Cycle, SubscriptionSkipped, SubscriptionStarted
from shared.postgres.engine import AsyncConnection, AsyncEngine, transaction
from tests.integration.scoring.conftest import START

A, B, C, D = (f"demo/shopify/{letter}" for letter in "abcd")
YEN = Money(4980, "JPY")
NOW = START + timedelta(days=90)
Happened = Callable[..., Envelope]


def seen(happened: Happened, ref: str, day: float, **identifiers: str) -> Envelope:
    return happened(CustomerSeen(ref[-1], Identifiers(**identifiers)), day, subject=ref)


def bought(happened: Happened, ref: str, *days: float) -> list[Envelope]:
    return [happened(OrderPlaced(f"{ref[-1]}-{day}", YEN), day, subject=ref) for day in days]


def leaving(happened: Happened, ref: str) -> list[Envelope]:
    """A contract with two skips and two failures to pay: about as alarming as it gets."""
    contract = f"c{ref[-1]}"
    return [
        happened(OrderPlaced(f"{ref[-1]}-first", YEN), 1, subject=ref),
        happened(SubscriptionStarted(contract, Cycle("day", 30), order=f"{ref[-1]}-first"), 1.1, subject=ref),
        happened(SubscriptionSkipped(contract, 2), 20, subject=f"demo/shopify/~subscription/{contract}"),
        happened(SubscriptionSkipped(contract, 3), 50, subject=f"demo/shopify/~subscription/{contract}"),
        happened(PaymentFailed(contract, code="insufficient_funds"), 80, subject=ref),
        happened(PaymentFailed(contract, code="insufficient_funds"), 83, subject=ref),
    ]


async def observe(engine: AsyncEngine, artifact: Artifact, *envelopes: Envelope, now: datetime = NOW) -> None:
    async with transaction(engine) as connection:
        await Observer(artifact, lambda: now).observe(connection, envelopes)


async def states(engine: AsyncEngine) -> dict[str, CustomerState]:
    async with transaction(engine) as connection:
        rows = await connection.execute(text("SELECT customer_ref, state FROM customer_state"))
        return {row.customer_ref: from_bytes(row.state) for row in rows}


async def persons(engine: AsyncEngine) -> dict[str, str]:
    async with transaction(engine) as connection:
        rows = await connection.execute(text("SELECT ref, person FROM account"))
        return {row.ref: row.person for row in rows}


async def told(engine: AsyncEngine, *kinds: type[Event]) -> list[tuple[str, Event]]:
    async with transaction(engine) as connection:
        rows = await connection.execute(text("SELECT value FROM outbox ORDER BY id"))
        envelopes = [decode(row.value) for row in rows]
    return [(each.subject, each.data) for each in envelopes if isinstance(each.data, kinds)]


async def conclusions(engine: AsyncEngine) -> list[tuple[str, Event]]:
    return await told(engine, CustomerMerged, CustomerSeparated, DuplicateSuspected)


async def empty(connection: AsyncConnection) -> None:
    tables = ("account", "carrier", "clue", "decision", "suspicion", "customer_state")
    for table in (*tables, "event_log", "outbox", "risk_event", "object_owner"):
        await connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - our own list
