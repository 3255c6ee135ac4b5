"""Fresh databases: copied from one that has every service's schema, for to migrate each takes longer."""

import asyncpg

from deploy.local.postgres import Postgres, ensure_database, wait_ready
from services.notifier.__main__ import MIGRATIONS as NOTIFIER
from services.scoring.__main__ import MIGRATIONS as SCORING
from shared.postgres.migrations import migrate

_TEMPLATE = "hikitome_template"
_MAKING = "hikitome_template_part"


async def fresh_database(postgres: Postgres, name: str) -> None:
    """A database of this name with empty tables; there must be none yet. One process at a time may ask."""
    await wait_ready(postgres)
    connection = await asyncpg.connect(postgres.dsn("postgres"))
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", _TEMPLATE):
            await _make_template(postgres)
            await connection.execute(f'ALTER DATABASE "{_MAKING}" RENAME TO "{_TEMPLATE}"')
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{_TEMPLATE}"')
    finally:
        await connection.close()


async def _make_template(postgres: Postgres) -> None:
    await ensure_database(postgres, _MAKING)
    await migrate(postgres.dsn(_MAKING), "notifier", NOTIFIER)
    await migrate(postgres.dsn(_MAKING), "scoring", SCORING)
