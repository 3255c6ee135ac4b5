"""Sales: lines of a shop's sales file, and the facts they become, so that the very same fold reads them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from shared.events.commerce import Line, OrderCancelled, OrderPlaced
from shared.events.envelope import Envelope
from shared.events.money import Money
from shared.events.refs import customer_ref

SHOP, FILE = "backtest", "file"


@dataclass(frozen=True, slots=True)
class Sale:
    """One line of an order; `amount` is for the whole line, in the currency's minor unit.

    `returned`: the line takes goods back; such an order is counted as a cancellation, not as a purchase.
    """

    customer: str
    time: datetime
    order: str
    amount: int
    product: str = ""
    quantity: int = 1
    returned: bool = False


def histories(sales: Iterable[Sale], currency: str) -> dict[str, list[Envelope]]:
    """Each customer's facts, in order; the lines of one order are one fact, at its first line's time."""
    found: dict[str, list[Envelope]] = {}
    ordered = sorted(sales, key=lambda sale: (sale.customer, sale.order, sale.returned, sale.time))
    for number, (key, lines) in enumerate(
        groupby(ordered, key=lambda sale: (sale.customer, sale.order, sale.returned))
    ):
        found.setdefault(key[0], []).append(_fact(tuple(lines), currency, number))
    for facts in found.values():
        facts.sort(key=lambda fact: (fact.time, fact.id))
    return found


def _fact(lines: tuple[Sale, ...], currency: str, number: int) -> Envelope:
    """Ids are numbers: these facts are folded and forgotten, never stored."""
    first = lines[0]
    return Envelope(
        id=f"{number:09d}",
        source=f"/shops/{SHOP}/{FILE}",
        subject=customer_ref(SHOP, FILE, first.customer),
        time=first.time,
        shop=SHOP,
        receivedat=first.time,
        correlationid=first.order,
        data=OrderCancelled(first.order) if first.returned else _placed(lines, currency),
    )


def _placed(lines: tuple[Sale, ...], currency: str) -> OrderPlaced:
    total = sum(line.amount for line in lines)
    kept = tuple(
        Line(line.product, line.quantity, Money(line.amount, currency)) for line in lines if line.product
    )
    return OrderPlaced(lines[0].order, Money(total, currency), kept)
