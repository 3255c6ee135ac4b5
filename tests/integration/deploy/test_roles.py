"""The database's roles: each service changes rows in its own schema, and nothing else anywhere."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from deploy.local.ports import LOOPBACK
from deploy.local.postgres import SUPERUSER, Postgres
from deploy.local.stack import make_schemas

ROOT = Path(__file__).parents[3]
PASSWORDS = {"scoring": "scoring's 'password'", "notifier": "notifierpassword"}


@pytest.fixture
async def database(postgres: Postgres, empty_dsn: str) -> AsyncIterator[str]:
    """A database as docker-compose.yml makes it: roles first, then the migrations as its owner."""
    name = empty_dsn.rsplit("/", 1)[1]
    script = await asyncio.create_subprocess_exec(
        "sh",
        str(ROOT / "deploy/postgres/roles.sh"),
        env={
            "PATH": f"{postgres.programs}:/usr/bin:/bin",
            "PGHOST": LOOPBACK,
            "PGPORT": str(postgres.port),
            "PGPASSWORD": postgres.password,
            "POSTGRES_USER": SUPERUSER,
            "POSTGRES_DB": name,
            "SCORING_DB_PASSWORD": PASSWORDS["scoring"],
            "NOTIFIER_DB_PASSWORD": PASSWORDS["notifier"],
        },
    )
    assert await script.wait() == 0
    await make_schemas(empty_dsn)
    yield name
    owner = await asyncpg.connect(empty_dsn)
    for role in PASSWORDS:
        await owner.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
    await owner.close()


async def connect(postgres: Postgres, database: str, role: str) -> asyncpg.Connection:
    return await asyncpg.connect(
        host=LOOPBACK,
        port=postgres.port,
        user=role,
        password=PASSWORDS[role],
        database=database,
        server_settings={"search_path": role},
    )


async def tables(connection: asyncpg.Connection, schema: str) -> list[str]:
    rows = await connection.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = "
        "(SELECT oid FROM pg_namespace WHERE nspname = $1)",
        schema,
    )
    return [row["relname"] for row in rows]


@pytest.mark.parametrize("role", PASSWORDS)
async def test_a_service_reads_and_writes_every_table_of_its_own(
    postgres: Postgres, database: str, role: str
) -> None:
    connection = await connect(postgres, database, role)
    try:
        own = await tables(connection, role)
        assert {"consumer_partition", "processed_event", "outbox"} <= set(own)
        for table in own:
            for right in ("SELECT", "INSERT", "UPDATE", "DELETE"):
                assert await connection.fetchval(
                    "SELECT has_table_privilege($1, $2)", f"{role}.{table}", right
                )
        await connection.execute("INSERT INTO outbox (topic) VALUES ('churn-risk')")
    finally:
        await connection.close()


@pytest.mark.parametrize(("role", "other"), [("scoring", "notifier"), ("notifier", "scoring")])
async def test_a_service_may_not_look_into_another_ones_schema(
    postgres: Postgres, database: str, role: str, other: str
) -> None:
    connection = await connect(postgres, database, role)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(f"SELECT FROM {other}.outbox")
    finally:
        await connection.close()


@pytest.mark.parametrize("role", PASSWORDS)
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE {role}.mine ()",
        "CREATE TABLE public.mine ()",
        "CREATE SCHEMA mine",
        "DROP TABLE {role}.outbox",
        "TRUNCATE {role}.outbox",
        "ALTER TABLE {role}.outbox ADD COLUMN mine int",
        "CREATE ROLE mine",
    ],
)
async def test_a_service_may_not_change_what_the_database_is_made_of(
    postgres: Postgres, database: str, role: str, statement: str
) -> None:
    connection = await connect(postgres, database, role)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement.format(role=role))
    finally:
        await connection.close()
