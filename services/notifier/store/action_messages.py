"""Action messages: the words as they are being sent; personal data, gone with the outcome."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import text

from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Letter:
    """The words as they are about to be sent; `payload` is what the provider gets, at every repeat."""

    key: str
    address: str
    subject: str
    body: str
    payload: Mapping[str, Any] | None = None


_WRITE = text(
    "INSERT INTO action_message (action_id, address, subject, body, payload)"
    " VALUES (CAST(:id AS uuid), :address, :subject, :body, CAST(:payload AS jsonb))"
    " ON CONFLICT (action_id) DO UPDATE SET address = excluded.address, subject = excluded.subject,"
    " body = excluded.body, payload = excluded.payload, written_at = now()"
)
_READ = text(
    "SELECT m.address, m.subject, m.body, m.payload::text AS payload, a.provider_key AS key"
    " FROM action_message AS m JOIN action AS a ON a.id = m.action_id WHERE m.action_id = CAST(:id AS uuid)"
)
_FORGET = text("DELETE FROM action_message WHERE action_id = ANY(CAST(:ids AS uuid[]))")


async def write(connection: AsyncConnection, action: str, letter: Letter) -> None:
    """Instead of what was written for this action before."""
    payload = None if letter.payload is None else msgspec.json.encode(letter.payload).decode()
    words = {"address": letter.address, "subject": letter.subject, "body": letter.body, "payload": payload}
    await connection.execute(_WRITE, {"id": action, **words})


async def read(connection: AsyncConnection, action: str) -> Letter | None:
    """What was written, with the key that was committed with it; None if it is forgotten."""
    row = (await connection.execute(_READ, {"id": action})).one_or_none()
    if row is None:
        return None
    payload = None if row.payload is None else msgspec.json.decode(row.payload)
    return Letter(row.key or "", row.address, row.subject, row.body, payload)


async def forget(connection: AsyncConnection, actions: Sequence[str]) -> None:
    if actions:
        await connection.execute(_FORGET, {"ids": list(actions)})
