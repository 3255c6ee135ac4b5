"""Views: who was shown a customer's phone or mail; written once and never changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import text

from services.notifier.alert import Alert
from shared.postgres.engine import AsyncConnection

Way = Literal["phone", "mail"]

_APPEND = text(
    "INSERT INTO contact_view (agent, alert, customer_ref, shown, at)"
    " VALUES (:agent, CAST(:alert AS uuid), :customer_ref, :shown, :at)"
)


async def append(
    connection: AsyncConnection, alert: Alert, agent: str, shown: Sequence[Way], at: datetime
) -> None:
    await connection.execute(
        _APPEND,
        {
            "agent": agent,
            "alert": alert.id,
            "customer_ref": alert.customer_ref,
            "shown": list(shown),
            "at": at,
        },
    )
