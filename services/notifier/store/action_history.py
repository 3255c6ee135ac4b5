"""Action history: every state that an action was ever in, written in the transaction that changes it."""

from collections.abc import Sequence

from sqlalchemy import text

from shared.postgres.engine import AsyncConnection

_RECORD = text(
    "INSERT INTO action_history (action_id, state, reason)"
    " SELECT unnest(CAST(:ids AS uuid[])), :state, :reason"
)


async def record(
    connection: AsyncConnection, ids: Sequence[str], state: str, reason: str | None = None
) -> None:
    """These actions are in this state now."""
    if ids:
        await connection.execute(_RECORD, {"ids": list(ids), "state": state, "reason": reason})
