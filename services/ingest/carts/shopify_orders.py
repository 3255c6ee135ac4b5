"""Shopify's orders and refunds as facts."""

import re
from typing import Annotated
from urllib.parse import unquote_plus, urlsplit

import msgspec

from services.ingest.carts.base import Delivery, Fact, Id, Ignored, Moment
from services.ingest.carts.shopify_reading import Amount, Currency, Facts, of_customer, of_order, total
from shared.events.commerce import Line, OrderCancelled, OrderDelivered, OrderPaid, OrderPlaced, OrderRefunded
from shared.events.money import Money, minor_units

# As parse_qs would find it, in a quarter of its time.
_TAGGED = re.compile(r"[^?#]*\?(?:[^#]*?&)?utm_source=([^&#]{1,1000})")

MOST_LINES = 2000
"""Four times what Shopify itself allows; far more would keep everybody waiting."""
GUEST = Ignored("a guest's order is about no customer")


class Buyer(msgspec.Struct, frozen=True):
    id: Id | None = None


class Allocation(msgspec.Struct, frozen=True):
    amount: Amount


class OrderLine(msgspec.Struct, frozen=True):
    price: Amount
    quantity: int
    product_id: Id | None = None
    variant_id: Id | None = None
    sku: str | None = None
    title: str | None = None
    total_discount: Amount = "0"
    discount_allocations: tuple[Allocation, ...] = ()


class Purchase(msgspec.Struct, frozen=True):
    """What orders/create and orders/paid say."""

    id: Id
    currency: Currency
    total_price: Amount
    customer: Buyer | None = None
    line_items: Annotated[tuple[OrderLine, ...], msgspec.Meta(max_length=MOST_LINES)] = ()
    total_discounts: Amount | None = None
    landing_site: str | None = None
    referring_site: str | None = None
    created_at: Moment | None = None
    processed_at: Moment | None = None


class Fulfillment(msgspec.Struct, frozen=True):
    created_at: Moment | None = None


class Order(msgspec.Struct, frozen=True):
    """What orders/cancelled and orders/fulfilled say."""

    id: Id
    customer: Buyer | None = None
    cancelled_at: Moment | None = None
    cancel_reason: str | None = None
    fulfillments: tuple[Fulfillment, ...] = ()


class Transaction(msgspec.Struct, frozen=True):
    amount: Amount
    kind: str
    status: str = "success"
    currency: Currency | None = None


class ShopMoney(msgspec.Struct, frozen=True):
    currency_code: Currency


class MoneySet(msgspec.Struct, frozen=True):
    shop_money: ShopMoney


class RefundedLine(msgspec.Struct, frozen=True):
    subtotal_set: MoneySet | None = None


class Refund(msgspec.Struct, frozen=True):
    order_id: Id
    transactions: tuple[Transaction, ...] | None = None
    refund_line_items: tuple[RefundedLine, ...] = ()
    created_at: Moment | None = None
    processed_at: Moment | None = None


def placed(order: Purchase, delivery: Delivery) -> Facts:
    if order.customer is None or order.customer.id is None:
        return GUEST
    discount = Money.parse(order.total_discounts or "0", order.currency)
    event = OrderPlaced(
        order=str(order.id),
        total=Money.parse(order.total_price, order.currency),
        lines=tuple([_line(line, order.currency) for line in order.line_items]),
        discount=discount if discount.amount else None,
        media=_media(order),
    )
    # For an order brought over from another cart, processed_at is when the customer really ordered.
    happened = order.processed_at or order.created_at
    return [Fact(of_customer(delivery, order.customer.id), event, happened)]


def paid(order: Purchase, delivery: Delivery) -> Facts:
    """The payload does not say when it was paid: the webhook's own time does."""
    if order.customer is None or order.customer.id is None:
        return GUEST
    event = OrderPaid(str(order.id), Money.parse(order.total_price, order.currency))
    return [Fact(of_customer(delivery, order.customer.id), event)]


def cancelled(order: Order, delivery: Delivery) -> Facts:
    if order.customer is None or order.customer.id is None:
        return GUEST
    event = OrderCancelled(str(order.id), order.cancel_reason or None)
    return [Fact(of_customer(delivery, order.customer.id), event, order.cancelled_at)]


def delivered(order: Order, delivery: Delivery) -> Facts:
    """Complete when the last of its parcels left."""
    if order.customer is None or order.customer.id is None:
        return GUEST
    left = [parcel.created_at for parcel in order.fulfillments if parcel.created_at]
    event = OrderDelivered(str(order.id))
    return [Fact(of_customer(delivery, order.customer.id), event, max(left, default=None))]


def refunded(refund: Refund, delivery: Delivery) -> Facts:
    """Names the order only. Taking goods back without money is a refund to Shopify, but not to us."""
    if refund.transactions is not None and not _returned(refund.transactions):
        return Ignored("no money went back")
    event = OrderRefunded(str(refund.order_id), _amount(refund))
    return [Fact(of_order(delivery, refund.order_id), event, refund.processed_at or refund.created_at)]


def _line(line: OrderLine, currency: Currency) -> Line:
    """`discount_allocations` hold order-wide discounts too; `total_discount`, the older field, does not."""
    if line.discount_allocations:
        discount = sum([minor_units(each.amount, currency) for each in line.discount_allocations])
    else:
        discount = minor_units(line.total_discount, currency)
    product = line.product_id or line.variant_id or line.sku or line.title or "unnamed"
    amount = Money(minor_units(line.price, currency) * line.quantity - discount, currency)
    return Line(str(product), line.quantity, amount, line.title or None)


def _media(order: Purchase) -> str | None:
    """流入媒体: utm_source of the first page, else the site that the customer came from."""
    try:
        tagged = _TAGGED.match(order.landing_site or "")
        media = unquote_plus(tagged[1]) if tagged else urlsplit(order.referring_site or "").hostname
        return media[:100] if media else None
    except ValueError:  # whatever stood in the browser's address bar
        return None


def _returned(transactions: tuple[Transaction, ...]) -> list[Transaction]:
    """Bank transfers stay pending for days, and are refunds all the same."""
    return [one for one in transactions if one.kind == "refund" and one.status in ("success", "pending")]


def _amount(refund: Refund) -> Money | None:
    """Shopify leaves a transaction's currency out at times; the lines have it."""
    returned = _returned(refund.transactions or ())
    named = {one.currency for one in returned if one.currency}
    named = named or {
        line.subtotal_set.shop_money.currency_code for line in refund.refund_line_items if line.subtotal_set
    }
    if not returned or len(named) != 1:
        return None
    return total([one.amount for one in returned], named.pop())
