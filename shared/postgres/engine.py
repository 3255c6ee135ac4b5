"""The engine: a pool of connections that live in one schema, and the one way to open a transaction."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from asyncpg import PostgresError
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

__all__ = ["AsyncConnection", "AsyncEngine", "create_engine", "reachable", "transaction"]


def create_engine(
    dsn: str, schema: str, pool_size: int = 5, *, checked: bool = True, **server_settings: str
) -> AsyncEngine:
    """An engine whose connections see `schema` first.

    Errors never print parameters, which may be personal data. Sessions that hang in a transaction are cut
    off, for they would hold locks and stall the alert sequencer. A `checked` connection is asked
    whether it lives before it is used: three more round trips, but work never meets one that broke meanwhile.
    """
    settings = {
        "search_path": f"{schema},public",
        "application_name": f"hikitome-{schema}",
        "timezone": "UTC",
        "idle_in_transaction_session_timeout": "60000",
        **server_settings,
    }
    connect_args: dict[str, Any] = {"server_settings": settings, "timeout": 10, "command_timeout": 60}
    return create_async_engine(
        make_url(dsn).set(drivername="postgresql+asyncpg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=checked,
        pool_timeout=30,
        hide_parameters=True,
        connect_args=connect_args,
    )


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Commit when the block ends, roll back when it raises."""
    async with engine.begin() as connection:
        yield connection


async def reachable(engine: AsyncEngine) -> bool:
    """Whether PostgreSQL answers right now, for /readyz."""
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    except (OSError, TimeoutError, SQLAlchemyError, PostgresError):
        return False
    return True
