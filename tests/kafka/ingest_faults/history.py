"""The history of a run: every attempt before it is made, and how it ended; synced to the disk."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Literal

import msgspec

from tests.kafka.ingest_faults.places import Place


class Sent(msgspec.Struct, frozen=True, tag="sent"):
    """An attempt that is about to be made; `at` is Unix time."""

    id: str
    attempt: int
    customer: int
    expects: tuple[Place, ...]
    at: float


Outcome = int | Literal["unreached", "unknown"]
"""The HTTP status; `unreached` when nothing was sent, `unknown` when no answer came."""


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """How it ended, `seconds` after it was sent."""

    id: str
    attempt: int
    outcome: Outcome
    at: float
    seconds: float

    @property
    def acknowledged(self) -> bool:
        return isinstance(self.outcome, int) and 200 <= self.outcome < 300


Entry = Sent | Ended


class History:
    """Writes entries; concurrent ones share one fsync."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._pending = b""
        self._synced: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._more = asyncio.Event()

    async def write(self, entry: Entry) -> None:
        """Return when the entry is on disk."""
        self._pending += msgspec.json.encode(entry) + b"\n"
        self._more.set()
        await asyncio.shield(self._synced)

    async def run(self) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            lines, self._pending = self._pending, b""
            synced, self._synced = self._synced, asyncio.get_running_loop().create_future()
            await asyncio.to_thread(self._sync, lines)
            synced.set_result(None)

    def _sync(self, lines: bytes) -> None:
        self._file.write(lines)
        self._file.flush()
        os.fsync(self._file.fileno())


@asynccontextmanager
async def written(path: Path) -> AsyncIterator[History]:
    with path.open("ab") as file:
        history = History(file)
        writing = asyncio.create_task(history.run())
        try:
            yield history
        finally:
            writing.cancel()
            await asyncio.wait({writing})


def entries(path: Path) -> Iterator[Entry]:
    decoder = msgspec.json.Decoder(Entry)
    with path.open("rb") as file:
        for line in file:
            yield decoder.decode(line)
