"""Withdrawal: alerts whose cause is gone leave the queue at once, whoever has them open."""

from collections.abc import Sequence
from datetime import datetime

from services.notifier import batch
from services.notifier.alert import Changed
from services.notifier.batch import Closing
from services.notifier.life import withdraw
from services.notifier.store import alerts
from shared.postgres.engine import AsyncConnection


async def close(connection: AsyncConnection, closings: Sequence[Closing], now: datetime) -> list[str]:
    """Withdraw the open alerts that these are about and give their ids; `now` is real time."""
    if not closings:
        return []
    standing = await alerts.lock_open(connection, batch.closed(closings))
    withdrawn = [withdraw(alert, cause, now) for alert, cause in batch.causes(closings, standing)]
    changed = [one for one in withdrawn if isinstance(one, Changed)]
    return sorted(await alerts.save(connection, changed, now))
