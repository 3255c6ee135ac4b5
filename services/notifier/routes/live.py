"""GET /stream: alerts as they change, over server-sent events."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from services.notifier.auth import Door
from services.notifier.routes.ground import Ground, whoever_may
from services.notifier.stream import Fanout, frames
from shared.clock import monotonic
from shared.postgres.engine import AsyncEngine

MOST_STREAMS = 20


@dataclass(frozen=True, slots=True)
class Limits:
    """In seconds: how long one send may hang, and how long a session is trusted without a look."""

    send: float = 10.0
    trust: float = 60.0


class EventStream(Response):
    """A response that ends when its reader is gone, stuck, or no longer allowed.

    The framework's own streaming response has no limit on a send: a frozen reader would hold it for ever.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        fanout: Fanout,
        engine: AsyncEngine,
        door: Door,
        token: str,
        last_id: int | None,
        *,
        limits: Limits = Limits(),
    ) -> None:
        super().__init__(headers={"x-accel-buffering": "no", "cache-control": "no-store"})
        # The body's length is not known.
        del self.headers["content-length"]
        self._fanout, self._engine, self._door, self._token = fanout, engine, door, token
        self._last_id, self._limits = last_id, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        with self._fanout.subscribe(self._token) as subscription:
            body = frames(self._engine, subscription, self._last_id)
            writing = asyncio.create_task(self._write(body, send))
            leaving = asyncio.create_task(_gone(receive))
            done, pending = await asyncio.wait({writing, leaving}, return_when=asyncio.FIRST_COMPLETED)
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)
            for task in done:
                task.result()

    async def _write(self, body: AsyncIterator[bytes], send: Send) -> None:
        checked = monotonic()
        async with aclosing(body) as chunks:  # type: ignore[type-var]
            async for chunk in chunks:
                if monotonic() - checked > self._limits.trust:
                    if await self._door.find_agent(self._token) is None:
                        break
                    checked = monotonic()
                try:
                    async with asyncio.timeout(self._limits.send):
                        await send({"type": "http.response.body", "body": chunk, "more_body": True})
                except (TimeoutError, OSError):
                    return
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def router(ground: Ground) -> APIRouter:
    routes = APIRouter()
    fanout, engine, door = ground.fanout, ground.engine, ground.door

    @routes.get("/stream", dependencies=[Depends(whoever_may("desk"))])
    async def stream(request: Request) -> Response:
        token = request.state.token
        if fanout.streams_of(token) >= MOST_STREAMS:
            return JSONResponse({"problem": "too_many_streams"}, 429)
        return EventStream(fanout, engine, door, token, _last_id(request))

    return routes


def _last_id(request: Request) -> int | None:
    """The header comes with a browser's own reconnect; the parameter with the page's first connect."""
    said = request.headers.get("last-event-id") or request.query_params.get("after") or ""
    return int(said) if said.isdecimal() and len(said) < 19 else None
