"""What befalls the broker: stopped, killed, frozen, stuttering, or its disk full."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random
from typing import Literal

from tests.kafka.apache_kafka import Kafka
from tests.kafka.ingest_faults.disks import filled

Trouble = Literal["none", "stopped", "killed", "frozen", "stuttering", "disk full"]

_PATIENCE_SECONDS = 60


class Broker:
    """The node and the disk it writes to."""

    def __init__(self, node: Kafka, disk: Path, draw: Random) -> None:
        self._node = node
        self._disk = disk
        self._draw = draw

    @asynccontextmanager
    async def suffering(self, trouble: Trouble) -> AsyncIterator[None]:
        """In trouble inside the block; well again, and answering, after it."""
        node = self._node
        match trouble:
            case "none":
                yield
            case "stopped":
                await asyncio.to_thread(node.terminate)
                yield
                await asyncio.to_thread(node.restart)
            case "killed":
                await asyncio.to_thread(node.kill)
                yield
                await asyncio.to_thread(node.restart)
            case "frozen":
                await asyncio.to_thread(node.pause)
                yield
                node.resume()
            case "stuttering":
                stutter = asyncio.create_task(self._stutter())
                yield
                stutter.cancel()
                with suppress(asyncio.CancelledError):
                    await stutter
                node.resume()
            case "disk full":
                with filled(self._disk):
                    await _until(node.ended)
                    yield
                node.kill()
                await asyncio.to_thread(node.restart)

    async def _stutter(self) -> None:
        while True:
            self._node.pause()
            await asyncio.sleep(self._draw.uniform(0.2, 1.5))
            self._node.resume()
            await asyncio.sleep(self._draw.uniform(0.1, 0.6))


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not holds():  # noqa: ASYNC110 - the condition lives in another process
            await asyncio.sleep(0.05)
