"""Two arms of customers and one outcome of theirs; a customer may be in it more than once."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Arms:
    """Rows of both arms: `customers` are numbers from 0, `first` says who is in the first arm."""

    customers: NDArray[np.int64]
    first: NDArray[np.bool_]

    def rows(self, first: bool) -> NDArray[np.bool_]:
        return self.first if first else ~self.first

    def size(self, first: bool) -> int:
        """Rows of an arm."""
        return int(self.rows(first).sum())

    def clusters(self, first: bool) -> int:
        """Customers of an arm."""
        return len(np.unique(self.customers[self.rows(first)]))

    def share(self, values: Floats, first: bool) -> float:
        """Mean of an arm; it must not be empty."""
        return float(values[self.rows(first)].mean())

    def influence(self, values: Floats, first: bool) -> Floats:
        """What each customer adds to the error of an arm's mean, as if a customer were drawn, not a row."""
        rows = self.rows(first)
        shares = (values[rows] - values[rows].mean()) / rows.sum()
        return np.bincount(self.customers[rows], weights=shares, minlength=self._all()).astype(np.float64)

    def _all(self) -> int:
        return int(self.customers.max()) + 1


def arms_of(customers: Sequence[Hashable], first: Sequence[bool]) -> Arms:
    numbers: dict[Hashable, int] = {}
    rows = [numbers.setdefault(customer, len(numbers)) for customer in customers]
    return Arms(np.array(rows, dtype=np.int64), np.array(first, dtype=bool))
