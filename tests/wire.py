"""An application behind a real socket, as a process serves it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from deploy.local.ports import free_port, listens
from shared.process.deadline import USUAL, Deadline, Patience
from shared.process.run import Speak, serve

_STARTS_WITHIN = 10.0


@asynccontextmanager
async def served(app: Any, speak: Speak = Deadline, patience: Patience = USUAL) -> AsyncIterator[int]:
    """Its port, for as long as it is served."""
    stop, port = asyncio.Event(), free_port()
    serving = asyncio.create_task(serve(app, "127.0.0.1", port, 1, patience, speak)(stop))
    async with asyncio.timeout(_STARTS_WITHIN):
        while not listens(port):
            assert not serving.done()
            await asyncio.sleep(0.01)
    try:
        yield port
    finally:
        stop.set()
        await serving
