"""Purchases: what a customer bought, spent and last ordered, read from what happened."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.notifier.happening import Facts, Happening, in_order
from shared.events.money import Money

Key = tuple[str, str]
"""An order: its cart and its number."""


@dataclass(frozen=True, slots=True)
class Order:
    """`amount` is None where the cart did not say it."""

    at: datetime
    amount: Money | None
    product: str | None


@dataclass(frozen=True, slots=True)
class Purchases:
    """Orders that stand, by time; `returned` is what was paid back of them."""

    orders: dict[Key, Order]
    returned: tuple[Money, ...] = ()

    @property
    def spent(self) -> Money | None:
        """In the newest order's currency; None where no amount is known."""
        amounts = [order.amount for order in self.orders.values() if order.amount is not None]
        if not amounts:
            return None
        currency = amounts[-1].currency
        return Money(_sum(amounts, currency) - _sum(self.returned, currency), currency)


def purchases(happenings: Iterable[Happening]) -> Purchases:
    """Who cancelled an order has not bought it, and who was paid back has spent so much less."""
    orders: dict[Key, Order] = {}
    returned: dict[Key, list[Money]] = {}
    gone: set[Key] = set()
    for one in in_order(happenings):
        key = (one.cart, one.facts.get("order", ""))
        match one.what:
            case "order.placed":
                orders[key] = _order(one)
            case "order.paid":
                orders[key] = _paid(orders.get(key), one)
            case "order.cancelled":
                gone.add(key)
            case "order.refunded" if one.facts.get("amount"):
                returned.setdefault(key, []).append(Money(**one.facts["amount"]))
            case _:
                pass
    standing = {key: order for key, order in orders.items() if key not in gone}
    back = [money for key, moneys in returned.items() if key in standing for money in moneys]
    return Purchases(dict(sorted(standing.items(), key=lambda item: item[1].at)), tuple(back))


def _paid(known: Order | None, one: Happening) -> Order:
    """Some carts tell of a payment twice, and only once how much it was."""
    paid = _order(one)
    if known is None:
        return paid
    return Order(known.at, known.amount or paid.amount, known.product)


def _order(one: Happening) -> Order:
    total, lines = one.facts.get("total"), one.facts.get("lines") or [{}]
    return Order(one.at, Money(**total) if total else None, _product(lines[0]))


def _product(line: Facts) -> str | None:
    return line.get("title") or line.get("product")


def _sum(moneys: Iterable[Money], currency: str) -> int:
    return sum(money.amount for money in moneys if money.currency == currency)
