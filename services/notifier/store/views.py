"""Views: who was shown a customer's phone or mail; written once and never changed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import text

from shared.postgres.engine import AsyncConnection

Way = Literal["phone", "mail", "address"]

_APPEND = text(
    "INSERT INTO contact_view (agent, alert, customer_ref, shown, at)"
    " VALUES (:agent, CAST(:alert AS uuid), :customer_ref, :shown, :at)"
)


@dataclass(frozen=True, slots=True)
class View:
    """Whose contact was shown to whom; `alert` is None where it was no alert's card that showed it."""

    agent: str
    customer_ref: str
    shown: Sequence[Way]
    alert: str | None = None


async def append(connection: AsyncConnection, view: View, at: datetime) -> None:
    values = {**asdict(view), "shown": list(view.shown), "at": at}
    await connection.execute(_APPEND, values)
