"""Deadlines: what the newest risk told of a contract: its next parcel, and until when that can be changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Deadline:
    """As of `assessed_at`; all times are business time. `customer_ref` is whose contract it is.

    `delivery_number` is the highest that was ever told.
    """

    customer_ref: str
    delivery_number: int | None
    min_deliveries: int | None
    due: datetime | None
    cutoff: datetime | None
    assessed_at: datetime


_OURS = "WHERE customer_ref = ANY(CAST(:refs AS text[])) AND subscription = :subscription"
# An alert may stand on a risk from before assessments were kept.
_TOLD = (
    "SELECT customer_ref, delivery_number, min_deliveries, due, cutoff, at AS assessed_at"  # noqa: S608
    f" FROM assessment {_OURS}"
    " UNION ALL SELECT customer_ref, delivery_number, min_deliveries, due, cutoff, assessed_at"
    f" FROM alert {_OURS}"
)
_OF = text(
    "SELECT customer_ref, max(delivery_number) OVER () AS delivery_number, min_deliveries, due, cutoff,"  # noqa: S608
    f" assessed_at FROM ({_TOLD}) AS told ORDER BY assessed_at DESC LIMIT 1"
)
_OWNER = text(
    "SELECT customer_ref FROM alert WHERE cart = :cart AND subscription = :subscription"
    " ORDER BY assessed_at DESC, id LIMIT 1"
)


async def of(connection: AsyncConnection, refs: Sequence[str], subscription: str) -> Deadline | None:
    """Of a contract of one of these customers."""
    values = {"refs": list(refs), "subscription": subscription}
    row = (await connection.execute(_OF, values)).one_or_none()
    return None if row is None else Deadline(**row._mapping)


async def owner(connection: AsyncConnection, cart: str, subscription: str) -> str | None:
    """Whose contract it is, where the desk has had to do with it."""
    values = {"cart": cart, "subscription": subscription}
    return (await connection.execute(_OWNER, values)).scalar_one_or_none()
