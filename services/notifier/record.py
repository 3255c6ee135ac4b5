"""Record: what a call that has ended leaves behind: its row, for ever, and what the other services hear."""

from datetime import datetime

from services.notifier.alert import Changed
from services.notifier.resolution import Resolution
from shared.postgres.engine import AsyncConnection


async def ended(
    connection: AsyncConnection, changed: Changed, resolution: Resolution, at: datetime, business_at: datetime
) -> None:
    """`at` is real time; `changed.alert` is as it stands after the call."""
