"""Endpoints: where webhooks go, what each wants to hear, and whether it is on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Row, text

from services.notifier.scopes import Happening
from shared.postgres.engine import AsyncConnection

Because = Literal["person", "gone", "failing"]


@dataclass(frozen=True, slots=True)
class Target:
    """What a person says of an endpoint; `contacts`: whether names (mail and phone masked) may go there."""

    name: str
    url: str
    events: tuple[Happening, ...]
    contacts: bool


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`off_because` None is on; `failing_since` is the first failure after which nothing went well."""

    id: str
    target: Target
    off_because: Because | None
    off_at: datetime | None
    failing_since: datetime | None
    former_until: datetime | None
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Mailbox:
    """What a delivery needs of its endpoint; each message is signed with all of `secrets`."""

    url: str
    secrets: tuple[str, ...]
    contacts: bool


_ENDPOINT = (
    "id, name, url, events, contacts, off_because, off_at, failing_since, former_until, created_by,"
    " created_at"
)
_PUT = text(
    "INSERT INTO endpoint (id, name, url, events, contacts, secret, after_seq, created_by, created_at)"
    " SELECT CAST(:id AS uuid), :name, :url, :events, :contacts, :secret, last, :created_by, :created_at"
    " FROM alert_sequence"
)
_CHANGE = text(
    "UPDATE endpoint SET name = :name, url = :url, events = :events, contacts = :contacts"
    " WHERE id = CAST(:id AS uuid) RETURNING id"
)
_LISTED = text(f"SELECT {_ENDPOINT} FROM endpoint ORDER BY created_at, id")  # noqa: S608 - our own columns
_FIND = text(f"SELECT {_ENDPOINT} FROM endpoint WHERE id = CAST(:id AS uuid)")  # noqa: S608
_COUNT = text("SELECT count(*) FROM endpoint")
_ROTATE = text(
    "UPDATE endpoint SET former_secret = secret, former_until = :until, secret = :secret"
    " WHERE id = CAST(:id AS uuid) RETURNING id"
)
_OFF = text(
    "UPDATE endpoint SET off_because = :because, off_at = :now WHERE id = CAST(:id AS uuid)"
    " AND off_because IS NULL RETURNING name"
)
_ON = text(
    "UPDATE endpoint SET off_because = NULL, off_at = NULL, failing_since = NULL"
    " WHERE id = CAST(:id AS uuid) AND off_because IS NOT NULL RETURNING id"
)
_REMOVE = text("DELETE FROM endpoint WHERE id = CAST(:id AS uuid) RETURNING id")
_MAILBOX = text(
    "SELECT url, secret, CASE WHEN former_until > :now THEN former_secret END AS former, contacts"
    " FROM endpoint WHERE id = CAST(:id AS uuid)"
)
_WELL = text(
    "UPDATE endpoint SET failing_since = NULL WHERE id = CAST(:id AS uuid) AND failing_since IS NOT NULL"
)
_FAILING = text(
    "UPDATE endpoint SET failing_since = COALESCE(failing_since, :now) WHERE id = CAST(:id AS uuid)"
    " RETURNING failing_since"
)


async def put(connection: AsyncConnection, endpoint: Endpoint, secret: str) -> None:
    """It hears of what is numbered from now on."""
    values = {**_values(endpoint.target), "id": endpoint.id, "secret": secret}
    made = {"created_by": endpoint.created_by, "created_at": endpoint.created_at}
    await connection.execute(_PUT, {**values, **made})


async def change(connection: AsyncConnection, endpoint_id: str, target: Target) -> bool:
    """False if there is no such endpoint."""
    changed = await connection.execute(_CHANGE, {**_values(target), "id": endpoint_id})
    return changed.one_or_none() is not None


async def listed(connection: AsyncConnection) -> Sequence[Endpoint]:
    """The oldest first."""
    return [_endpoint(row) for row in await connection.execute(_LISTED)]


async def find(connection: AsyncConnection, endpoint_id: str) -> Endpoint | None:
    row = (await connection.execute(_FIND, {"id": endpoint_id})).one_or_none()
    return None if row is None else _endpoint(row)


async def count(connection: AsyncConnection) -> int:
    return int((await connection.execute(_COUNT)).scalar_one())


async def rotate(connection: AsyncConnection, endpoint_id: str, secret: str, until: datetime) -> bool:
    """A new secret; the one before signs too until then. False if there is no such endpoint."""
    changed = await connection.execute(_ROTATE, {"id": endpoint_id, "secret": secret, "until": until})
    return changed.one_or_none() is not None


async def switch_off(
    connection: AsyncConnection, endpoint_id: str, because: Because, now: datetime
) -> str | None:
    """Its name; None if it was off already, or is no more."""
    found = await connection.execute(_OFF, {"id": endpoint_id, "because": because, "now": now})
    name: str | None = found.scalar_one_or_none()
    return name


async def switch_on(connection: AsyncConnection, endpoint_id: str) -> bool:
    """False if it was on already, or is no more."""
    return (await connection.execute(_ON, {"id": endpoint_id})).one_or_none() is not None


async def remove(connection: AsyncConnection, endpoint_id: str) -> bool:
    """With its deliveries."""
    return (await connection.execute(_REMOVE, {"id": endpoint_id})).one_or_none() is not None


async def mailbox(connection: AsyncConnection, endpoint_id: str, now: datetime) -> Mailbox | None:
    row = (await connection.execute(_MAILBOX, {"id": endpoint_id, "now": now})).one_or_none()
    if row is None:
        return None
    secrets = (row.secret,) if row.former is None else (row.secret, row.former)
    return Mailbox(row.url, secrets, row.contacts)


async def note_well(connection: AsyncConnection, endpoint_id: str) -> None:
    await connection.execute(_WELL, {"id": endpoint_id})


async def note_failing(connection: AsyncConnection, endpoint_id: str, now: datetime) -> datetime:
    """Since when nothing has gone well."""
    found = await connection.execute(_FAILING, {"id": endpoint_id, "now": now})
    since: datetime | None = found.scalar_one_or_none()
    return since or now


def _values(target: Target) -> dict[str, object]:
    return {
        "name": target.name,
        "url": target.url,
        "events": list(target.events),
        "contacts": target.contacts,
    }


def _endpoint(row: Row[tuple[object, ...]]) -> Endpoint:
    values = dict(row._mapping)
    told = {name: values.pop(name) for name in ("name", "url", "contacts")}
    target = Target(**told, events=tuple(values.pop("events")))
    return Endpoint(**{**values, "id": str(row.id), "target": target})
