"""The watcher: follows the desk's live stream as an agent's page does, and measures how late alerts are."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import httpx
import msgspec

from deploy.local.accounts import DeskAccount
from deploy.local.problem import Problem
from shared.clock import system_clock

RECONNECT_SECONDS = 0.3
# The stream says something at least every 15 s.
SILENCE_SECONDS = 40.0


class Reason(msgspec.Struct, frozen=True):
    code: str
    text: str


class Told(msgspec.Struct, frozen=True):
    """What we read of a frame: one change of an alert, and the alert as it is now."""

    seq: int
    what: str
    id: str
    customer_ref: str
    band: str
    probability: float
    reasons: tuple[Reason, ...]
    noticed_at: datetime


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event of the stream."""

    kind: str
    data: str
    id: str | None


async def server_events(lines: AsyncIterator[str]) -> AsyncIterator[ServerEvent]:
    """Put the lines of an event stream together."""
    fields: dict[str, str] = {}
    async for line in lines:
        if line == "":
            if "data" in fields:
                yield ServerEvent(fields.get("event", "message"), fields["data"], fields.get("id"))
            fields = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")


class Watcher:
    """`latencies` are milliseconds from notice to arrival, by alert; `twice` counts what came again."""

    def __init__(self, desk: str, account: DeskAccount, show: Callable[[Told], None]) -> None:
        self.latencies: dict[str, float] = {}
        self.twice = 0
        self.reconnects = -1
        self.connected = asyncio.Event()
        self._desk = desk
        self._account = account
        self._show = show
        self._last_id: str | None = None

    async def run(self) -> None:
        """Follow until cancelled."""
        timeout = httpx.Timeout(5, read=SILENCE_SECONDS)
        async with httpx.AsyncClient(base_url=self._desk, timeout=timeout, trust_env=False) as client:
            while True:
                with suppress(httpx.TransportError):  # the desk is being started again
                    await self._follow(client)
                await asyncio.sleep(RECONNECT_SECONDS)

    async def _follow(self, client: httpx.AsyncClient) -> None:
        headers = {} if self._last_id is None else {"Last-Event-ID": self._last_id}
        async with client.stream("GET", "/stream", headers=headers) as answer:
            if answer.status_code == 200:
                self.reconnects += 1
                self.connected.set()
                async for event in server_events(answer.aiter_lines()):
                    self._take(event)
                return
        if answer.status_code == 401:
            await self._log_in(client)

    async def _log_in(self, client: httpx.AsyncClient) -> None:
        form = {"login": self._account.login, "password": self._account.password}
        answer = await client.post("/api/session", data=form)
        if answer.status_code != 303 or answer.headers["location"] != "/":
            raise Problem("The desk refused the demo's own account.")

    def _take(self, event: ServerEvent) -> None:
        self._last_id = event.id or self._last_id
        if event.kind != "alert":
            return
        told = msgspec.json.decode(event.data, type=Told)
        if told.what != "raised":
            return
        if told.id in self.latencies:
            self.twice += 1
            return
        self.latencies[told.id] = (system_clock() - told.noticed_at).total_seconds() * 1000
        self._show(told)
