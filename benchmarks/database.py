"""A PostgreSQL of a benchmark's own: made in a temporary folder, gone at the end."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from deploy.local.ports import free_port
from deploy.local.postgres import ensure_database, prepare, wait_ready
from deploy.local.process import start, stop

DATABASE = "benchmark"


@asynccontextmanager
async def fresh_database() -> AsyncIterator[str]:
    """The address of an empty database; durable, for what fsync costs belongs to the truth."""
    folder = Path(tempfile.mkdtemp(prefix="hikitome-benchmark-"))
    try:
        # The account that runs PostgreSQL when we are root must be able to enter.
        await asyncio.to_thread(folder.chmod, 0o711)
        cluster = prepare(folder / "postgres", free_port())
        with (folder / "postgres.log").open("wb") as output:
            process = start(cluster.command(), output)
            try:
                await wait_ready(cluster)
                await ensure_database(cluster, DATABASE)
                yield cluster.dsn(DATABASE)
            finally:
                stop(process, cluster.command())
    finally:
        shutil.rmtree(folder)
