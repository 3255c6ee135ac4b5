"""One dashboard: reads a replica's stream as a browser would, and comes back where it was cut off."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import httptools

from deploy.local.ports import LOOPBACK
from shared.clock import monotonic

_CHANGE = re.compile(rb'id: (\d+)\nevent: alert\ndata: \{"seq":\d+,"what":"(\w+)","id":"([0-9a-f-]{36})"')
_RETRY = re.compile(rb"retry: (\d+)")
_RESET = b"event: reset"


@dataclass(slots=True)
class Seen:
    """What one dashboard was told: every number in order, and the monotonic second of each alert."""

    seqs: list[int] = field(default_factory=list)
    raised: dict[bytes, float] = field(default_factory=dict)
    resets: int = 0
    reconnects: int = 0
    away_seconds: float = 0.0


class Dashboard:
    """Owns one connection at a time; `ports` are the replicas, the first is asked first."""

    def __init__(self, ports: Sequence[int], cookie: str, after: int) -> None:
        self.seen = Seen()
        self.opened = asyncio.Event()
        self._ports, self._cookie, self._last_id = list(ports), cookie, after
        self._retry = 2.0
        self._rest = b""
        self._ended = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled."""
        lost_at: float | None = None
        while True:
            self._ended.clear()
            transport = await self._connect()
            if transport is None:
                await asyncio.sleep(0.05)
                continue
            if lost_at is not None:
                self.seen.away_seconds = max(self.seen.away_seconds, monotonic() - lost_at)
            try:
                await self._ended.wait()
            finally:
                transport.close()
            lost_at = monotonic()
            self.seen.reconnects += 1
            self._ports.append(self._ports.pop(0))
            await asyncio.sleep(self._retry)

    def lost(self) -> None:
        self._ended.set()

    def on_status(self) -> None:
        self.opened.set()

    def on_body(self, body: bytes) -> None:
        now = monotonic()
        *blocks, self._rest = (self._rest + body).split(b"\n\n")
        for block in blocks:
            self._hear(block, now)

    def _hear(self, block: bytes, now: float) -> None:
        if change := _CHANGE.match(block):
            self._last_id = int(change[1])
            self.seen.seqs.append(self._last_id)
            if change[2] == b"raised":
                self.seen.raised.setdefault(change[3], now)
        elif retry := _RETRY.match(block):
            self._retry = int(retry[1]) / 1000
        elif _RESET in block:
            self.seen.resets += 1

    async def _connect(self) -> asyncio.BaseTransport | None:
        """None when nobody answers there; the next in the row is asked then."""
        loop = asyncio.get_running_loop()
        self._rest = b""
        try:
            transport, _ = await loop.create_connection(lambda: _Connection(self), LOOPBACK, self._ports[0])
        except OSError:
            self._ports.append(self._ports.pop(0))
            return None
        transport.write(
            b"GET /stream HTTP/1.1\r\nHost: desk\r\nAccept: text/event-stream\r\nCookie: hikitome=%s\r\n"
            b"Last-Event-ID: %d\r\n\r\n" % (self._cookie.encode(), self._last_id)
        )
        return transport


class _Connection(asyncio.Protocol):
    """Hands what comes through HTTP's framing to its dashboard."""

    def __init__(self, dashboard: Dashboard) -> None:
        self._dashboard = dashboard
        self._parser = httptools.HttpResponseParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, _error: Exception | None) -> None:
        self._dashboard.lost()

    def on_headers_complete(self) -> None:
        if self._parser.get_status_code() != 200:
            raise SystemExit(f"a replica refused a dashboard: {self._parser.get_status_code()}")
        self._dashboard.on_status()

    def on_body(self, body: bytes) -> None:
        self._dashboard.on_body(body)

    def on_message_complete(self) -> None:
        self._dashboard.lost()
