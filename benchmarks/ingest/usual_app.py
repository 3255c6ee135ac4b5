"""The usual service: FastAPI, a pydantic model of the order, and one `send_and_wait` for each webhook.

python -m benchmarks.ingest.usual_app PORT BOOTSTRAP
"""

import base64
import hashlib
import hmac
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

import uvicorn
from aiokafka import AIOKafkaProducer
from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from pydantic import BaseModel

from benchmarks.ingest.floor_app import SERVER

TOPIC = "usual-orders"
SECRET = b"hush"


class Customer(BaseModel):
    id: int


class DiscountAllocation(BaseModel):
    amount: Decimal


class LineItem(BaseModel):
    title: str | None = None
    quantity: int
    price: Decimal
    product_id: int | None = None
    variant_id: int | None = None
    sku: str | None = None
    total_discount: Decimal = Decimal(0)
    discount_allocations: list[DiscountAllocation] = []


class Order(BaseModel):
    """The same fields as ingest reads."""

    id: int
    currency: str
    total_price: Decimal
    customer: Customer
    line_items: list[LineItem]
    total_discounts: Decimal | None = None
    landing_site: str | None = None
    referring_site: str | None = None
    created_at: datetime | None = None
    processed_at: datetime | None = None


class OrderPlaced(BaseModel):
    """What goes to Kafka."""

    id: str
    shop: str
    customer: int
    order: int
    total: Decimal
    currency: str
    lines: list[LineItem]
    media: str | None
    time: datetime
    received_at: datetime


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with AIOKafkaProducer(bootstrap_servers=sys.argv[2], acks="all") as producer:
        app.state.producer = producer
        yield


async def signed(request: Request, x_shopify_hmac_sha256: Annotated[str, Header()]) -> None:
    digest = hmac.new(SECRET, await request.body(), hashlib.sha256).digest()
    if not hmac.compare_digest(base64.b64encode(digest), x_shopify_hmac_sha256.encode()):
        raise HTTPException(401)


app = FastAPI(lifespan=lifespan)


@app.post("/webhooks/{shop}/shopify", status_code=202, dependencies=[Depends(signed)])
async def take(
    shop: str, order: Order, request: Request, x_shopify_event_id: Annotated[str, Header()]
) -> Response:
    now = datetime.now(UTC)
    event = OrderPlaced(
        id=x_shopify_event_id,
        shop=shop,
        customer=order.customer.id,
        order=order.id,
        total=order.total_price,
        currency=order.currency,
        lines=order.line_items,
        media=order.referring_site,
        time=order.processed_at or order.created_at or now,
        received_at=now,
    )
    key = f"{shop}/{event.customer}".encode()
    await request.app.state.producer.send_and_wait(TOPIC, value=event.model_dump_json().encode(), key=key)
    return Response(status_code=202)


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), **SERVER)
