"""Batches: what leaves together by post or with the parcels, and the files that were made of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from sqlalchemy import text
from sqlalchemy.engine import Row

from services.notifier.postal.batch_files import BatchFile
from services.notifier.postal.piece import Form
from shared.events.action import Way
from shared.events.ids import derived_id
from shared.postgres.engine import AsyncConnection

State = Literal["open", "closed", "handing_over", "handed_over", "accepted", "unknown", "recalled"]


class Batch(msgspec.Struct, frozen=True):
    """`pieces` are those that are in it now; all times are business time. `sha256` is the manifest's."""

    id: str
    way: Way
    form: Form
    cut_off: datetime
    state: State
    pieces: int
    sha256: str | None
    receipt: str | None
    closed_at: datetime | None
    handed_over_at: datetime | None
    settled_by: str | None


_OPEN = text(
    "INSERT INTO batch (id, way, form, cut_off) VALUES (CAST(:id AS uuid), :way, :form, :cut_off)"
    " ON CONFLICT DO NOTHING"
)
# Shared, so that who closes it waits for those who are putting something in.
_JOIN = text("SELECT id FROM batch WHERE form = :form AND cut_off = :cut_off AND state = 'open' FOR SHARE")
_SELECT = (
    "SELECT b.*, CASE b.state WHEN 'open' THEN (SELECT count(*) FROM action AS a WHERE a.batch = b.id"
    " AND a.state = 'batched') ELSE b.pieces END AS many FROM batch AS b"
)
_LOCK = text(f"{_SELECT} WHERE id = CAST(:id AS uuid) FOR UPDATE OF b")
_LEAD = text(f"{_SELECT} WHERE id = CAST(:id AS uuid) FOR UPDATE OF b SKIP LOCKED")
_ALL = text(
    f"{_SELECT} ORDER BY b.state IN ('open', 'closed', 'handing_over') DESC, b.cut_off DESC, b.form"
    " LIMIT :most"
)
_DUE = text(
    "SELECT id FROM batch WHERE (state = 'open' AND cut_off <= :now) OR state IN ('closed', 'handing_over')"
    " ORDER BY cut_off, form"
)
_TOLD = text(
    "SELECT id FROM batch WHERE state IN ('handed_over', 'unknown') AND receipt IS NULL ORDER BY cut_off"
)
_CLOSE = text(
    "UPDATE batch SET state = 'closed', closed_at = :now, pieces = :pieces, sha256 = :sha256"
    " WHERE id = CAST(:id AS uuid)"
)
_MOVE = text("UPDATE batch SET state = :state WHERE id = CAST(:id AS uuid)")
_REOPEN = text(
    "UPDATE batch SET state = 'open', closed_at = NULL, sha256 = NULL, pieces = 0"
    " WHERE id = CAST(:id AS uuid)"
)
_HAND_OVER = text(
    "UPDATE batch SET state = 'handed_over', handed_over_at = :now WHERE id = CAST(:id AS uuid)"
)
_SETTLE = text(
    "UPDATE batch SET state = :state, receipt = COALESCE(:receipt, receipt),"
    " settled_by = COALESCE(:by, settled_by) WHERE id = CAST(:id AS uuid)"
)
_KEEP = text(
    "INSERT INTO batch_file (batch, name, sha256, content)"
    " VALUES (CAST(:batch AS uuid), :name, :sha256, :content)"
)
_FILES = text(
    "SELECT name, content FROM batch_file WHERE batch = CAST(:id AS uuid)"
    " ORDER BY name LIKE '%.manifest.json', name"
)
_NAMES = text("SELECT name FROM batch_file WHERE batch = CAST(:id AS uuid) ORDER BY name")
_FORGET = text("DELETE FROM batch_file WHERE batch = CAST(:id AS uuid)")
_FORGET_OLD = text(
    "DELETE FROM batch_file USING batch WHERE batch.id = batch_file.batch"
    " AND state IN ('accepted', 'recalled') AND COALESCE(handed_over_at, cut_off) < :before"
)
_FORGET_ERASED = text(
    "DELETE FROM batch_file WHERE batch = CAST(:id AS uuid) AND EXISTS (SELECT FROM action AS a"
    " JOIN customer_mark AS m ON m.customer_ref IN (SELECT accounts_of(a.customer_ref))"
    " WHERE a.batch = CAST(:id AS uuid) AND m.erased_at IS NOT NULL)"
)
# Whoever hands one of them over is waited for: its files go now or, if this comes first, right after.
# An open one has no files, and is shared by whoever puts pieces in: two that wanted more would never end.
_LOCK_THEIRS = text(
    "SELECT FROM batch WHERE state IN ('closed', 'handing_over') AND id IN (SELECT batch FROM action"
    " WHERE customer_ref IN (SELECT accounts_of(:customer_ref))) ORDER BY id FOR UPDATE"
)
_FORGET_CUSTOMER = text(
    "WITH theirs AS MATERIALIZED (SELECT DISTINCT a.batch AS id FROM action AS a WHERE a.batch IS NOT NULL"
    " AND a.customer_ref IN (SELECT accounts_of(:customer_ref))),"
    " gone AS (DELETE FROM batch_file AS f USING theirs, batch AS b WHERE f.batch = theirs.id"
    " AND b.id = theirs.id AND b.state IN ('closed', 'handed_over', 'accepted', 'unknown', 'recalled'))"
    " UPDATE batch AS b SET state = 'open', closed_at = NULL, sha256 = NULL, pieces = 0 FROM theirs"
    " WHERE b.id = theirs.id AND b.state = 'closed'"
)


async def join(connection: AsyncConnection, way: Way, form: Form, cut_off: datetime) -> str | None:
    """The batch of this cut-off, which stays open till the transaction ends; None if it is closed."""
    batch = derived_id("batch", form, cut_off.isoformat())
    await connection.execute(_OPEN, {"id": batch, "way": way, "form": form, "cut_off": cut_off})
    row = (await connection.execute(_JOIN, {"form": form, "cut_off": cut_off})).one_or_none()
    return None if row is None else str(row.id)


async def lock(connection: AsyncConnection, batch: str) -> Batch | None:
    row = (await connection.execute(_LOCK, {"id": batch})).one_or_none()
    return None if row is None else _batch(row)


async def lead(connection: AsyncConnection, batch: str) -> Batch | None:
    """Locked like `lock`; None as well while another process has it."""
    row = (await connection.execute(_LEAD, {"id": batch})).one_or_none()
    return None if row is None else _batch(row)


async def newest(connection: AsyncConnection, most: int) -> list[Batch]:
    """What is still here first, then the others; each the newest first."""
    return [_batch(row) for row in await connection.execute(_ALL, {"most": most})]


async def due(connection: AsyncConnection, now: datetime) -> list[str]:
    """Whose cut-off has come, or who are on their way out."""
    return [str(row.id) for row in await connection.execute(_DUE, {"now": now})]


async def awaited(connection: AsyncConnection) -> list[str]:
    """Handed over, and no receipt yet."""
    return [str(row.id) for row in await connection.execute(_TOLD)]


async def close(
    connection: AsyncConnection, batch: str, pieces: int, files: Sequence[BatchFile], now: datetime
) -> None:
    """With its files, made once; the manifest is the last of them."""
    rows = [
        {"batch": batch, "name": file.name, "sha256": file.sha256, "content": file.content} for file in files
    ]
    await connection.execute(_KEEP, rows)
    values = {"id": batch, "now": now, "pieces": pieces, "sha256": files[-1].sha256}
    await connection.execute(_CLOSE, values)


async def reopen(connection: AsyncConnection, batch: str) -> None:
    """What was made of it is thrown away: it will be made again without what was taken out."""
    await connection.execute(_FORGET, {"id": batch})
    await connection.execute(_REOPEN, {"id": batch})


async def recall(connection: AsyncConnection, batch: str) -> None:
    await connection.execute(_FORGET, {"id": batch})
    await connection.execute(_MOVE, {"id": batch, "state": "recalled"})


async def begin(connection: AsyncConnection, batch: str) -> None:
    """To `handing_over`: after this commits, and only then, may the first file be written."""
    await connection.execute(_MOVE, {"id": batch, "state": "handing_over"})


async def hand_over(connection: AsyncConnection, batch: str, now: datetime) -> None:
    """It has left; if somebody in it was erased meanwhile, its files are not kept here."""
    await connection.execute(_HAND_OVER, {"id": batch, "now": now})
    await connection.execute(_FORGET_ERASED, {"id": batch})


async def settle(
    connection: AsyncConnection, batch: str, state: State, receipt: str | None = None, by: str | None = None
) -> None:
    """`receipt` is the print house's, as it wrote it; `by` who decided in its stead."""
    await connection.execute(_SETTLE, {"id": batch, "state": state, "receipt": receipt, "by": by})


async def files(connection: AsyncConnection, batch: str) -> list[BatchFile]:
    """In the order in which they are handed over."""
    rows = await connection.execute(_FILES, {"id": batch})
    return [BatchFile(row.name, bytes(row.content)) for row in rows]


async def file_names(connection: AsyncConnection, batch: str) -> list[str]:
    return [row.name for row in await connection.execute(_NAMES, {"id": batch})]


async def forget_old(connection: AsyncConnection, now: datetime, kept: timedelta) -> None:
    """Names and addresses that nobody needs any more."""
    await connection.execute(_FORGET_OLD, {"before": now - kept})


async def forget_customer(connection: AsyncConnection, customer_ref: str) -> None:
    """Every file with this person in it; one not handed over is made again.

    What is being handed over is finished first, see `hand_over`.
    """
    await connection.execute(_LOCK_THEIRS, {"customer_ref": customer_ref})
    await connection.execute(_FORGET_CUSTOMER, {"customer_ref": customer_ref})


def _batch(row: Row[tuple[object, ...]]) -> Batch:
    values = {name: row._mapping[name] for name in Batch.__struct_fields__}
    return Batch(**values | {"id": str(row.id), "pieces": row.many})
