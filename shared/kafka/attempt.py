"""Attempt: what a lost connection or a deadlock broke is done again from the start, a few times."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from asyncpg import PostgresError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.backoff import Backoff

log = structlog.get_logger(__name__)

Result = TypeVar("Result")

_BACKOFF = Backoff(first=0.2, limit=5.0)
_ATTEMPTS = 8
# SQLSTATE classes that pass by themselves: connection, transaction rollback, resources, operator, system.
_PASSING = ("08", "40", "53", "57", "58")


async def until_done(work: Callable[[], Awaitable[Result]]) -> Result:
    """Repeat `work` while its error is of the kind that passes; then let the process die with it.

    The work must be one transaction: then a repeat begins where the first began.
    """
    for attempt in range(1, _ATTEMPTS):
        try:
            return await work()
        except (DBAPIError, PostgresError, PoolTimeout, ConnectionError, TimeoutError) as error:
            if not _passes(error):
                raise
            log.warning("transaction failed; trying again", attempt=attempt, error=type(error).__name__)
            await asyncio.sleep(_BACKOFF.delay(attempt, random.random))
    return await work()


def _passes(error: Exception) -> bool:
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return True
        state = getattr(error.orig, "sqlstate", None)
        return state is None or state.startswith(_PASSING)
    if isinstance(error, PostgresError):
        return (error.sqlstate or "").startswith(_PASSING)
    return True
