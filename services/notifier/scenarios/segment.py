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

    `delivery_numbers`, `bound_left` (deliveries until the promised minimum (回数縛り) is kept, below 0
    after it) and `skips_in_a_row` are of the contract in question, `amount` of the order. `contract` asks for
    a running one.
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

    def holds(self, profile: "Profile") -> bool:
        """Whether the customer is all that is asked."""
        return self._names(profile) and self._numbers(profile) and self.contract in (None, profile.contract)

    def _names(self, profile: "Profile") -> bool:
        return (
            (not self.products or bool(self.products & profile.products))
            and not self.not_products & profile.products
            and (not self.media or profile.media in self.media)
            and (not self.prefectures or profile.prefecture in self.prefectures)
        )

    def _numbers(self, profile: "Profile") -> bool:
        return (
            self.orders.holds(profile.orders)
            and self.spent.holds(profile.spent)
            and self.amount.holds(profile.amount)
            and self.customer_days.holds(profile.customer_days)
            and self.silent_days.holds(profile.silent_days)
            and (not self.delivery_numbers or profile.delivery_number in self.delivery_numbers)
            and self.bound_left.holds(profile.bound_left)
            and self.skips_in_a_row.holds(profile.skips_in_a_row)
        )


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
