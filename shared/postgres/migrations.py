"""Migrations: numbered SQL files, each applied once, in order, under a lock."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from shared.postgres.engine import AsyncConnection, create_engine, transaction

PLUMBING = Path(__file__).parent / "sql"
_NAME = re.compile(r"^\d{3}_[a-z0-9_]+\.sql$")
_SCHEMA = re.compile(r"^[a-z_]+$")

_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('hikitome migrations ' || :schema))")
_TABLE = text(
    "CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY, sha256 text NOT NULL,"
    " applied_at timestamptz NOT NULL DEFAULT now())"
)
_APPLIED = text("SELECT name, sha256 FROM migration")
_RECORD = text("INSERT INTO migration (name, sha256) VALUES (:name, :sha256)")


class MigrationChanged(Exception):
    """A migration that was applied before has been edited since; write a new one instead."""


async def migrate(dsn: str, schema: str, folder: Path) -> list[str]:
    """Bring `schema` up to date: the plumbing's tables, then the service's own; give the names applied now.

    :raises MigrationChanged: if an applied file's content differs from what was applied.
    """
    if not _SCHEMA.match(schema):
        raise ValueError(f"not a schema name: {schema!r}")
    migrations = [*_read(PLUMBING), *_read(folder)]
    engine = create_engine(dsn, schema, pool_size=1)
    try:
        async with transaction(engine) as connection:
            await connection.execute(_LOCK, {"schema": schema})
            await connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
            await connection.execute(_TABLE)
            applied = {row.name: row.sha256 for row in await connection.execute(_APPLIED)}
            return [each.name for each in migrations if await _apply(connection, each, applied)]
    finally:
        await engine.dispose()


@dataclass(frozen=True, slots=True)
class _Migration:
    name: str
    statements: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.statements.encode()).hexdigest()


def _read(folder: Path) -> list[_Migration]:
    paths = sorted(path for path in folder.iterdir() if _NAME.match(path.name))
    return [_Migration(path.name, path.read_text(encoding="utf-8")) for path in paths]


async def _apply(connection: AsyncConnection, migration: _Migration, applied: dict[str, str]) -> bool:
    if migration.name in applied:
        if applied[migration.name] != migration.sha256:
            raise MigrationChanged(migration.name)
        return False
    # The driver's own execute runs a file of many statements; it takes no parameters then.
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    assert driver is not None  # noqa: S101 - an open connection has one
    await driver.execute(migration.statements)
    await connection.execute(_RECORD, {"name": migration.name, "sha256": migration.sha256})
    return True
