"""What the shop sends: signed webhooks and events in bulk, and the records that each must become."""

import asyncio
import base64
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import msgspec

from services.ingest.bulk import Lines, ndjson, take
from services.ingest.carts.base import Delivery
from services.ingest.durable import Kept
from services.ingest.shops import ShopsFile
from shared.clock import system_clock
from shared.events.record import Record
from simulation.payloads import customers, orders
from simulation.payloads.parts import Body
from simulation.shop import SHOP_DOMAIN
from simulation.things import PRODUCTS, Order, Person
from tests.accepting import accept
from tests.kafka.ingest_faults.places import Place, place

OPENING = datetime(2026, 3, 1, tzinfo=UTC)
_SECRET, _KEY = "hush", "a-key-for-events-that-nobody-guesses"
_KINDS = {
    "order": 0.78,
    "contact": 0.12,
    "erasure": 0.03,
    "unreadable": 0.05,
    "bulk": 0.019,
    "large bulk": 0.001,
}
_BULK_LINES = 20
_LARGE_BULK_LINES = 1100
"""More than ingest keeps at once."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One request about one customer, the same bytes at each attempt."""

    id: str
    customer: int
    request: bytes
    expects: tuple[Place, ...]


class Keeper:
    """Stands where ingest keeps what it made of a request."""

    def __init__(self) -> None:
        self._records: list[Record] = []

    async def keep(self, records: Sequence[Record]) -> Kept:
        self._records.extend(records)
        return Kept("kafka")

    def places(self) -> tuple[Place, ...]:
        assert self._records, "whatever this shop sends becomes something"
        return tuple(place(record) for record in self._records)


class Shop:
    """One shop with so many customers; what it sends next about one of them is drawn from the seed.

    Its id is a fresh one, so that runs may share a topic.
    """

    def __init__(self, folder: Path, seed: int, many: int) -> None:
        self.id = f"shop-{secrets.token_hex(4)}"
        self.file = folder / "shops.toml"
        self.file.write_text(
            f'[[shops]]\nid = "{self.id}"\npepper = "{secrets.token_hex(16)}"\n'
            f'[[shops.carts]]\ncart = "shopify"\nsecrets = ["{_SECRET}"]\n'
            f'[shops.events]\nkeys = ["{_KEY}"]\ncustomers_of = "shopify"\n'
        )
        self.customers = range(1, many + 1)
        self._known = ShopsFile(self.file, {})
        self._draw = Random(seed)
        self._sent = 0

    async def next(self, customer: int) -> Outgoing:
        """The next request about this customer; it is genuine and becomes at least one record."""
        self._sent += 1
        at = OPENING + timedelta(seconds=self._sent)
        person = _person(customer)
        (kind,) = self._draw.choices(list(_KINDS), list(_KINDS.values()))
        match kind:
            case "order":
                return await self._webhook(customer, "orders/create", self._order(person, at))
            case "contact":
                body = _encoded(customers.account(person, at))
                return await self._webhook(customer, "customers/update", body)
            case "erasure":
                body = _encoded(customers.redact(person, [], SHOP_DOMAIN))
                return await self._webhook(customer, "customers/redact", body)
            case "unreadable":
                whole = self._order(person, at)
                return await self._webhook(customer, "orders/create", whole[: len(whole) // 2])
            case _:
                return await self._bulk(customer, _BULK_LINES if kind == "bulk" else _LARGE_BULK_LINES, at)

    def _order(self, person: Person, at: datetime) -> bytes:
        return _encoded(
            orders.order(
                Order(
                    id=5_800_000_000_000 + self._sent,
                    number=1000 + self._sent,
                    person=person,
                    product=self._draw.choice(PRODUCTS),
                    quantity=self._draw.randint(1, 3),
                    discount=0,
                    media="search",
                    renewal=False,
                    subscribed=False,
                    placed_at=at,
                    updated_at=at,
                    paid=True,
                )
            )
        )

    async def _webhook(self, customer: int, topic: str, body: bytes) -> Outgoing:
        name = f"{self.id}-{self._sent}"
        digest = hmac.digest(_SECRET.encode(), body, "sha256")
        headers = {
            "content-type": "application/json",
            "x-shopify-topic": topic,
            "x-shopify-hmac-sha256": base64.b64encode(digest).decode(),
            "x-shopify-event-id": name,
            "x-shopify-triggered-at": (OPENING + timedelta(seconds=self._sent)).isoformat(),
        }
        delivery = Delivery(self.id, "shopify", headers, body, system_clock(), system_clock())
        keeper = Keeper()
        await accept(delivery, self._known.account(self.id, "shopify"), keeper.keep)
        request = _request(f"/webhooks/{self.id}/shopify", headers, body)
        return Outgoing(name, customer, request, keeper.places())

    async def _bulk(self, customer: int, many: int, at: datetime) -> Outgoing:
        name = f"{self.id}-{self._sent}"
        lines = [
            _encoded(
                {
                    "type": "page.viewed",
                    "time": at.isoformat(),
                    "customer": str(customer),
                    "data": {"page": "cancel"},
                    "id": f"{name}-{number}",
                }
            )
            for number in range(many)
        ]
        body, keeper = b"\n".join(lines), Keeper()
        read, sender = ndjson(body), self._known.sender(_KEY)
        assert isinstance(read, Lines)
        assert sender is not None
        await take(read, sender, system_clock(), keeper.keep, asyncio.Lock())
        headers = {"content-type": "application/x-ndjson", "authorization": f"Bearer {_KEY}"}
        return Outgoing(name, customer, _request("/v1/events", headers, body), keeper.places())


def _request(path: str, headers: dict[str, str], body: bytes) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "host: ingest", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _encoded(body: Body) -> bytes:
    return msgspec.json.encode(body)


def _person(customer: int) -> Person:
    return Person(
        customer_id=customer,
        created_at=OPENING,
        last_name="山田",
        first_name=f"花子{customer}",
        mail=f"hanako{customer}@example.com",
        phone=f"090{customer:08}",
        postcode="100-0001",
        prefecture="東京都",
        prefecture_code="JP-13",
        city="千代田区",
        address1=f"千代田{customer}-1",
        address2=None,
    )
