"""Segments (セグメント): who a customer must be, beside what has just happened; empty means anyone."""

import msgspec


class Range(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From `least` to `most`, both included; what is not known lies in no limited range."""

    least: int | None = None
    most: int | None = None

    def holds(self, value: int | None) -> bool:
        if self.least is None and self.most is None:
            return True
        if value is None:
            return False
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)


class Segment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`spent` in minor units; `customer_days` since the first order, `silent_days` since the last.

    `delivery_numbers`, `bound_left` (deliveries until the promised minimum (回数縛り) is kept) and
    `skips_in_a_row` are of the contract in question, `amount` of the order. `contract` asks for a
    running one.
    """

    products: frozenset[str] = frozenset()
    not_products: frozenset[str] = frozenset()
    media: frozenset[str] = frozenset()
    prefectures: frozenset[str] = frozenset()
    orders: Range = Range()
    spent: Range = Range()
    amount: Range = Range()
    customer_days: Range = Range()
    silent_days: Range = Range()
    delivery_numbers: frozenset[int] = frozenset()
    bound_left: Range = Range()
    skips_in_a_row: Range = Range()
    contract: bool | None = None


class Profile(msgspec.Struct, frozen=True):
    """What a segment asks about, of one customer at one moment; None: not known, or no such thing."""

    products: frozenset[str] = frozenset()
    media: str | None = None
    prefecture: str | None = None
    orders: int = 0
    spent: int = 0
    amount: int | None = None
    customer_days: int | None = None
    silent_days: int | None = None
    delivery_number: int | None = None
    bound_left: int | None = None
    skips_in_a_row: int | None = None
    contract: bool = False
