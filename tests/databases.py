"""Databases for tests, taken in turn: to empty one takes a tenth of the time that to make one does."""

import secrets

import asyncpg

from deploy.local.postgres import Postgres, drop_database, ensure_database, wait_ready
from services.notifier.__main__ import MIGRATIONS as NOTIFIER
from services.scoring.__main__ import MIGRATIONS as SCORING
from shared.postgres.migrations import migrate

_OURS = "('notifier', 'scoring')"
_TABLES = (
    "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class AS c"  # noqa: S608
    " JOIN pg_namespace AS n ON n.oid = relnamespace"
    f" WHERE c.relkind = 'r' AND n.nspname IN {_OURS} ORDER BY 1"
)
_STRANGERS = (
    "SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace"  # noqa: S608
    f" WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'seed')"
    f" AND n.nspname NOT IN {_OURS} AND n.nspname NOT LIKE 'pg_%'"
)
_ALONE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_COUNT_ANEW = (
    "SELECT setval(c.oid, 1, false) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace"  # noqa: S608
    f" WHERE c.relkind = 'S' AND n.nspname IN {_OURS}"
)


class Databases:
    """Owns databases with every service's schema; each is as after the migrations when it is taken."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self._free: list[str] = []

    async def take(self) -> str:
        """Its name."""
        await wait_ready(self._postgres)
        return self._free.pop() if self._free else await self._make()

    async def give_back(self, name: str) -> None:
        """Whatever a test has added beside our schemas makes it useless for others."""
        connection = await asyncpg.connect(self._postgres.dsn(name))
        try:
            await connection.fetch(_ALONE)
            ours = await connection.fetchval(_STRANGERS) == 0
            if ours:
                await _empty(connection)
        finally:
            await connection.close()
        if ours:
            self._free.append(name)
        else:
            await drop_database(self._postgres, name)

    async def _make(self) -> str:
        name = f"test_{secrets.token_hex(6)}"
        await ensure_database(self._postgres, name)
        await migrate(self._postgres.dsn(name), "notifier", NOTIFIER)
        await migrate(self._postgres.dsn(name), "scoring", SCORING)
        connection = await asyncpg.connect(self._postgres.dsn(name))
        try:
            await connection.execute("CREATE SCHEMA seed")
            for table in await _tables(connection):
                if await connection.fetchval(f"SELECT EXISTS (SELECT FROM {table})"):  # noqa: S608
                    await connection.execute(f'CREATE TABLE seed."{table}" AS TABLE {table}')
        finally:
            await connection.close()
        return name


async def _tables(connection: asyncpg.Connection) -> list[str]:
    return [row[0] for row in await connection.fetch(_TABLES)]


async def _empty(connection: asyncpg.Connection) -> None:
    """In the role of a replica neither foreign keys nor the triggers that keep logs whole are asked."""
    seeded = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'seed'")
    steps = [
        "SET session_replication_role = replica",
        *(f"DELETE FROM {table}" for table in await _tables(connection)),  # noqa: S608
        *(
            f'INSERT INTO {row[0]} OVERRIDING SYSTEM VALUE SELECT * FROM seed."{row[0]}"'  # noqa: S608
            for row in seeded
        ),
    ]
    await connection.execute("; ".join(steps))
    await connection.fetch(_COUNT_ANEW)
