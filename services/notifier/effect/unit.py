"""A unit: one customer's enrolment in a scenario, the arm it was drawn into, and what came of it."""

from dataclasses import dataclass
from typing import Literal

By = Literal["delivery", "band", "reason", "way", "spent"]
Part = Literal["everyone", "reached"]
Entries = Literal["first", "all"]


@dataclass(frozen=True, slots=True)
class Drawn:
    """The words that a step's message had."""

    step: str
    way: str
    creative: str


@dataclass(frozen=True, slots=True)
class Unit:
    """`held`: drawn to be left alone (比較群). Orders, `sales` and `cost` are those of the window.

    `customer` is the person, `ref` the account that was enrolled; `first`: never in the scenario before.
    `reached`: got its first message, or would have, had it not been held. `way` is the nearest that was
    agreed to at the enrolment; `before` are the sales of the year before. Money is in the currency's smallest
    unit. An `erased` customer's outcomes are gone; of one that is not `ripe` the window is still open.
    """

    customer: str
    held: bool
    retained: bool = False
    orders: int = 0
    sales: int = 0
    cost: float = 0.0
    ripe: bool = True
    erased: bool = False
    first: bool = True
    reached: bool = True
    delivery: int | None = None
    band: str | None = None
    reason: str | None = None
    way: str | None = None
    before: int = 0
    drawn: tuple[Drawn, ...] = ()
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which units are compared, and how much of a sale is gross profit, 0 to 1.

    Everyone who was enrolled counts in the arm that was drawn (intent to treat), unless `part` is reached.
    """

    part: Part = "everyone"
    entries: Entries = "first"
    margin: float = 0.6

    def takes(self, unit: Unit) -> bool:
        return (unit.first or self.entries == "all") and (unit.reached or self.part == "everyone")
