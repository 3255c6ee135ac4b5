"""Offsets of an earlier run: the embedded broker starts empty, so every partition begins at 0 again."""

from collections.abc import Sequence

import asyncpg


async def reset_offsets(dsn: str, schemas: Sequence[str]) -> None:
    """Events that were processed before are still known by their ids, so none counts twice."""
    connection = await asyncpg.connect(dsn)
    try:
        for schema in schemas:
            await connection.execute(f'UPDATE "{schema}".consumer_partition SET next_offset = 0')  # noqa: S608 - ours
    finally:
        await connection.close()
