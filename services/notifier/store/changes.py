"""Changes of alerts: the audit trail, numbered in commit order, which is also what live streams replay."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from asyncpg import InterfaceError, PostgresError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from services.notifier.alert import What
from services.notifier.store.given import arrays, given
from shared.postgres.engine import AsyncConnection, AsyncEngine

log = structlog.get_logger(__name__)

# As in number_changes, which notifies.
_CHANNEL = "hikitome_alerts"

_CHANGE = {"alert": "uuid", "what": "text", "agent": "text", "detail": "text"}
_APPEND = text(
    f"INSERT INTO alert_change ({', '.join(_CHANGE)}, at)"  # noqa: S608 - our own list of columns
    f" SELECT given.*, :at FROM {given(_CHANGE)}"
)
_CONTACT_CHANGED = text(
    "INSERT INTO alert_change (alert, what, at) SELECT id, 'contact_changed', :at FROM alert"
    " WHERE state IN ('raised', 'claimed') AND customer_ref IN"
    " (SELECT accounts_of(ref) FROM unnest(CAST(:customers AS text[])) AS told (ref))"
)
_NUMBER = text("SELECT numbered, paces FROM number_changes(:me, :most)")
_LAST = text("SELECT last FROM alert_sequence")
_OF_ALERT = text(
    "SELECT c.what, g.name AS agent, COALESCE(t.name, c.detail) AS detail, c.at FROM alert_change AS c"
    " LEFT JOIN agent AS g ON g.login = c.agent"
    " LEFT JOIN agent AS t ON t.login = c.detail AND c.what = 'transferred'"
    " WHERE c.alert = CAST(:alert AS uuid) AND c.what NOT IN ('renewed', 'refreshed', 'contact_changed')"
    " ORDER BY c.id DESC LIMIT 50"
)


@dataclass(frozen=True, slots=True)
class Change:
    """What was done to an alert; `agent` is who did it, by login."""

    alert: str
    what: What
    agent: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an alert's history; `agent` is the person's name, and so is the detail of a transfer."""

    what: str
    agent: str | None
    detail: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Numbered:
    """How many changes got a number; whether this sequencer sets the pace, None if another was just at it."""

    count: int
    paces: bool | None


async def append(connection: AsyncConnection, changes: Sequence[Change], at: datetime) -> None:
    if changes:
        rows = [asdict(change) for change in changes]
        await connection.execute(_APPEND, {**arrays(_CHANGE, rows), "at": at})


async def append_contact_changed(connection: AsyncConnection, customers: Sequence[str], at: datetime) -> None:
    """Open alerts of these customers show another name now, or other accounts of theirs."""
    await connection.execute(_CONTACT_CHANGED, {"customers": list(customers), "at": at})


async def number(connection: AsyncConnection, me: UUID, most: int) -> Numbered:
    """Number what was committed since, in one statement, unless another process is at it."""
    row = (await connection.execute(_NUMBER, {"me": me, "most": most})).one()
    return Numbered(row.numbered, row.paces)


async def last(connection: AsyncConnection) -> int:
    """The newest number: where a list that is read after this begins to miss changes."""
    return int((await connection.execute(_LAST)).scalar_one())


async def history(connection: AsyncConnection, alert_id: str) -> list[Entry]:
    rows = await connection.execute(_OF_ALERT, {"alert": alert_id})
    return [Entry(row.what, row.agent, row.detail, row.at) for row in rows]


async def listen(engine: AsyncEngine, heard: Callable[[], None], stop: asyncio.Event) -> None:
    """Call `heard` at each hint until `stop`, or until the connection breaks; listeners must poll too."""
    over = asyncio.Event()

    def hint(*_: Any) -> None:
        heard()

    def broken(*_: Any) -> None:
        over.set()

    try:
        async with engine.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            driver.add_termination_listener(broken)
            await driver.add_listener(_CHANNEL, hint)
            heard()  # what was hinted at before we listened
            await _either(stop, over)
            driver.remove_termination_listener(broken)
            await driver.remove_listener(_CHANNEL, hint)
    except (DBAPIError, PoolTimeout, PostgresError, InterfaceError, OSError) as error:
        log.warning("no hints for now", reason=type(error).__name__)


async def _either(*events: asyncio.Event) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
