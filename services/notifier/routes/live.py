"""GET /stream: alerts as they change, over server-sent events."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from math import inf
from random import random

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from services.notifier.rights import may
from services.notifier.routes.ground import Ground, whoever_may
from services.notifier.stream import Fanout, frames
from shared.clock import monotonic
from shared.postgres.engine import AsyncEngine

MOST_STREAMS = 20


@dataclass(frozen=True, slots=True)
class Limits:
    """In seconds: how long one send may hang, and how long a reader is trusted without a look."""

    send: float = 10.0
    trust: float = 20.0


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose stream it is; whether that may still be read; whether names are left out of it."""

    owner: str
    trusted: Callable[[], Awaitable[bool]]
    masked: bool = False


class EventStream(Response):
    """A response that ends when its reader is gone, stuck, or no longer allowed.

    The framework's own streaming response has no limit on a send: a frozen reader would hold it for ever.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        fanout: Fanout,
        engine: AsyncEngine,
        reader: Reader,
        last_id: int | None,
        *,
        limits: Limits = Limits(),
    ) -> None:
        super().__init__(headers={"x-accel-buffering": "no", "cache-control": "no-store"})
        # The body's length is not known.
        del self.headers["content-length"]
        self._fanout, self._engine, self._reader = fanout, engine, reader
        self._last_id, self._limits = last_id, limits
        self._sending_since = inf

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        with self._fanout.subscribe(self._reader.owner, self._reader.masked) as subscription:
            body = frames(self._engine, self._fanout.recent, subscription, self._last_id)
            ways_to_end = (self._write(body, send), _gone(receive), self._stuck())
            tasks = [asyncio.create_task(way) for way in ways_to_end]
            done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)
            for task in done:
                task.result()

    async def _write(self, body: AsyncIterator[bytes], send: Send) -> None:
        # Pages that came at the same time, after a restart say, are not all looked at at the same time.
        checked = monotonic() - random() * self._limits.trust  # noqa: S311
        async with aclosing(body) as chunks:  # type: ignore[type-var]
            async for chunk in chunks:
                self._sending_since = monotonic()
                if self._sending_since - checked >= self._limits.trust:
                    if not await self._reader.trusted():
                        break
                    checked = monotonic()
                try:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                except OSError:
                    return
                self._sending_since = inf
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _stuck(self) -> None:
        """Ends when one send has hung for too long; a timer for each send would cost more than the send."""
        while monotonic() - self._sending_since < self._limits.send:  # noqa: ASYNC110 - only time tells
            await asyncio.sleep(self._limits.send / 2)


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

        async def trusted() -> bool:
            agent = await door.find_agent(token)
            return agent is not None and may(agent.role, "desk")

        return EventStream(fanout, engine, Reader(token, trusted), last_id_of(request))

    return routes


def last_id_of(request: Request) -> int | None:
    """The header comes with a browser's own reconnect; the parameter with the page's first connect."""
    said = request.headers.get("last-event-id") or request.query_params.get("after") or ""
    return int(said) if said.isdecimal() and len(said) < 19 else None
