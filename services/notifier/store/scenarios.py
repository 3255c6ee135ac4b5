"""Scenarios as they are kept: every version for ever, the newest in use; switched on or off, or halted."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import msgspec
from sqlalchemy import text
from sqlalchemy.engine import Row

from services.notifier.scenarios.scenario import Scenario
from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest version, and how it stands; `switched_by` is None for what is as it came. Real times."""

    scenario: Scenario
    active: bool
    halted_because: str | None
    switched_at: datetime
    switched_by: str | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody saved `version` meanwhile (0: there is none); nothing was saved."""

    version: int


@dataclass(frozen=True, slots=True)
class Version:
    """`saved_by` is None for what came with the software; `saved_at` is real time."""

    version: int
    saved_at: datetime
    saved_by: str | None
    note: str | None


_NEWEST = "FROM scenario AS s JOIN scenario_version AS v USING (key, version)"
_ALL = text(
    "SELECT s.version, v.body::text AS body, s.active, s.halted_because, s.switched_at, s.switched_by"
    f" {_NEWEST} ORDER BY s.key"
)
_FIND = text(
    "SELECT s.version, v.body::text AS body, s.active, s.halted_because, s.switched_at, s.switched_by"
    f" {_NEWEST} WHERE s.key = :key"
)
_RUNNING = text(
    f"SELECT s.version, v.body::text AS body {_NEWEST} WHERE s.active AND s.halted_at IS NULL ORDER BY s.key"
)
_CREATE = text(
    "INSERT INTO scenario (key, version, active) VALUES (:key, 1, :active)"
    " ON CONFLICT DO NOTHING RETURNING key"
)
_LOCK = text("SELECT version FROM scenario WHERE key = :key FOR UPDATE")
_RAISE = text("UPDATE scenario SET version = :version WHERE key = :key")
_KEEP = text(
    "INSERT INTO scenario_version (key, version, body, note, saved_by)"
    " VALUES (:key, :version, CAST(:body AS jsonb), :note, :by)"
)
# What was halted goes on by `resume` alone, so that nobody starts it again without having seen why.
_SWITCH = text(
    "UPDATE scenario SET active = :active, switched_at = now(), switched_by = :by"
    " WHERE key = :key RETURNING key"
)
_HALT = text(
    "UPDATE scenario SET halted_at = now(), halted_because = :because WHERE key = :key AND halted_at IS NULL"
    " RETURNING key"
)
_HALTED = text("SELECT count(*) FROM scenario WHERE halted_at IS NOT NULL")
_RESUME = text(
    "UPDATE scenario SET halted_at = NULL, halted_because = NULL, switched_at = now(), switched_by = :by"
    " WHERE key = :key AND halted_at IS NOT NULL RETURNING key"
)
_VERSIONS = text(
    "SELECT version, saved_at, saved_by, note FROM scenario_version WHERE key = :key ORDER BY version DESC"
)
_VERSION = text(
    "SELECT version, body::text AS body FROM scenario_version WHERE key = :key AND version = :version"
)


async def all_(connection: AsyncConnection) -> dict[str, Standing]:
    """By key, each in its newest version."""
    found = (_standing(row) for row in await connection.execute(_ALL))
    return {one.scenario.key: one for one in found}


async def find(connection: AsyncConnection, key: str) -> Standing | None:
    """The one of this key."""
    row = (await connection.execute(_FIND, {"key": key})).one_or_none()
    return None if row is None else _standing(row)


async def running(connection: AsyncConnection) -> dict[str, Scenario]:
    """Those that are on and not halted, by key."""
    found = (_parsed(row.version, row.body) for row in await connection.execute(_RUNNING))
    return {one.key: one for one in found}


async def save(
    connection: AsyncConnection, scenario: Scenario, by: str | None, note: str | None, base_version: int
) -> int | Conflict:
    """Its new version; `base_version` is the one it was made from, 0 for a new scenario, which begins off."""
    standing = await _lock(connection, scenario.key)
    if standing != base_version:
        return Conflict(standing)
    if standing == 0:
        if not await _create(connection, scenario, by, note, active=False):
            return Conflict(await _lock(connection, scenario.key))
        return 1
    await connection.execute(_RAISE, {"key": scenario.key, "version": standing + 1})
    await _keep(connection, scenario, standing + 1, by, note)
    return standing + 1


async def switch(connection: AsyncConnection, key: str, active: bool, by: str | None) -> bool:
    """On or off; false if there is no such scenario."""
    found = await connection.execute(_SWITCH, {"key": key, "active": active, "by": by})
    return found.first() is not None


async def halt(connection: AsyncConnection, key: str, because: str) -> bool:
    """It stops by itself, until a person says that it may go on; false if it stood still already."""
    return (await connection.execute(_HALT, {"key": key, "because": because})).first() is not None


async def halted(connection: AsyncConnection) -> int:
    """How many stand still."""
    return int((await connection.execute(_HALTED)).scalar_one())


async def resume(connection: AsyncConnection, key: str, by: str) -> bool:
    """What was halted goes on; false if it was not."""
    return (await connection.execute(_RESUME, {"key": key, "by": by})).first() is not None


async def versions(connection: AsyncConnection, key: str) -> list[Version]:
    """The newest first; none if there is no such scenario."""
    return [Version(**row._mapping) for row in await connection.execute(_VERSIONS, {"key": key})]


async def version(connection: AsyncConnection, key: str, number: int) -> Scenario | None:
    """As it was saved then."""
    row = (await connection.execute(_VERSION, {"key": key, "version": number})).one_or_none()
    return None if row is None else _parsed(row.version, row.body)


async def seed(connection: AsyncConnection, shipped: Iterable[Scenario], on: Collection[str]) -> list[str]:
    """Put in what is missing as its version 1, switched on if its key is in `on`; what is there stays."""
    return [
        one.key
        for one in sorted(shipped, key=lambda each: each.key)
        if await _create(connection, one, None, None, active=one.key in on)
    ]


async def _lock(connection: AsyncConnection, key: str) -> int:
    return (await connection.execute(_LOCK, {"key": key})).scalar_one_or_none() or 0


async def _create(
    connection: AsyncConnection, scenario: Scenario, by: str | None, note: str | None, *, active: bool
) -> bool:
    made = await connection.execute(_CREATE, {"key": scenario.key, "active": active})
    if made.first() is None:
        return False
    await _keep(connection, scenario, 1, by, note)
    return True


async def _keep(
    connection: AsyncConnection, scenario: Scenario, number: int, by: str | None, note: str | None
) -> None:
    body = msgspec.json.encode(msgspec.structs.replace(scenario, version=number)).decode()
    values = {"key": scenario.key, "version": number, "body": body, "note": note, "by": by}
    await connection.execute(_KEEP, values)


def _standing(row: Row[tuple[object, ...]]) -> Standing:
    return Standing(
        _parsed(row.version, row.body), row.active, row.halted_because, row.switched_at, row.switched_by
    )


# Read in every batch and at every look for due steps, changed a few times a year.
@lru_cache(maxsize=256)
def _parsed(number: int, body: str) -> Scenario:
    return msgspec.structs.replace(msgspec.json.decode(body, type=Scenario), version=number)
