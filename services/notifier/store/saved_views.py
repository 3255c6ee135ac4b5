"""Saved views: an agent's own ways to look at the queue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import text

from services.notifier.store.given import arrays, given
from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class SavedView:
    """What to show, under a name."""

    name: str
    filters: Mapping[str, Any]


_KEPT = {"name": "text", "filters": "jsonb", "place": "int"}
_OF = text("SELECT name, filters::text AS filters FROM saved_view WHERE login = :login ORDER BY place")
# Two pages of one agent take turns.
_TURN = text("SELECT 1 FROM agent WHERE login = :login FOR NO KEY UPDATE")
_CLEAR = text("DELETE FROM saved_view WHERE login = :login")
_KEEP = text(
    f"INSERT INTO saved_view (login, {', '.join(_KEPT)}) SELECT :login, given.* FROM {given(_KEPT)}"  # noqa: S608
)


async def of(connection: AsyncConnection, login: str) -> list[SavedView]:
    """In their order."""
    rows = await connection.execute(_OF, {"login": login})
    return [SavedView(row.name, msgspec.json.decode(row.filters)) for row in rows]


async def replace(connection: AsyncConnection, login: str, views: Sequence[SavedView]) -> None:
    """These instead of all before; no two of one name."""
    await connection.execute(_TURN, {"login": login})
    await connection.execute(_CLEAR, {"login": login})
    rows = [
        {"name": view.name, "filters": msgspec.json.encode(view.filters).decode(), "place": place}
        for place, view in enumerate(views)
    ]
    if rows:
        await connection.execute(_KEEP, {**arrays(_KEPT, rows), "login": login})
