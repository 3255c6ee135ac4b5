"""The load: a platform that sends at a steady rate, and repeats what was not acknowledged."""

import asyncio
from collections import deque
from random import Random

from deploy.local.ports import LOOPBACK
from shared.backoff import Backoff
from shared.clock import monotonic, system_clock
from tests.kafka.ingest_faults.deliveries import Outgoing, Shop
from tests.kafka.ingest_faults.history import Ended, History, Outcome, Sent

ANSWER_SECONDS = 5.0
"""As long as Shopify waits."""
_TICK_SECONDS = 0.01
_RETRIES = Backoff(first=0.5, limit=2.0)


class Unreached(Exception):
    """There was no connection: not a byte of the request left."""


class Line:
    """One kept connection to ingest."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> int:
        """Send it once and give the status.

        :raises Unreached: if nothing was sent.
        :raises OSError, EOFError, TimeoutError: if it was sent and no answer came.
        """
        try:
            reader, writer = await self._connected()
        except OSError as error:
            raise Unreached from error
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                writer.write(request)
                return await _answer(reader)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is not None and self._streams[0].at_eof():
            self.close()
        if self._streams is None:
            self._streams = await asyncio.open_connection(LOOPBACK, self._port)
        return self._streams


async def _answer(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    status, *headers = head.rstrip().split("\r\n")
    fields = dict(header.split(": ", 1) for header in headers)
    await reader.readexactly(int(fields.get("content-length", "0")))
    return int(status.split(" ")[1])


class Load:
    """Sends what the shop has to tell; a customer's next only after the one before was acknowledged."""

    def __init__(self, shop: Shop, port: int, history: History, rate: float, seed: int) -> None:
        self._shop = shop
        self._port = port
        self._history = history
        self._rate = rate
        self._draw = Random(seed)
        self._idle = deque(shop.customers)
        self._lines: list[Line] = []
        self._began = monotonic()
        self.started = 0

    async def run(self, stop: asyncio.Event, patience: float) -> None:
        """Until `stop`; what is under way then has `patience` seconds to be acknowledged."""
        under_way: set[asyncio.Task[None]] = set()
        while not stop.is_set():
            for _ in range(self._due()):
                task = asyncio.create_task(self._deliver(self._idle.popleft()))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            await asyncio.sleep(_TICK_SECONDS)
        if under_way:
            _, late = await asyncio.wait(set(under_way), timeout=patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for line in self._lines:
            line.close()

    def _due(self) -> int:
        """Whoever waits for customers to be free does not catch up later in one burst."""
        due = int((monotonic() - self._began) * self._rate)
        now = min(due - self.started, len(self._idle))
        self.started = due
        return now

    async def _deliver(self, customer: int) -> None:
        outgoing = await self._shop.next(customer)
        attempt = 1
        while not await self._attempt(outgoing, attempt):
            await asyncio.sleep(_RETRIES.delay(attempt, self._draw.random))
            attempt += 1
        self._idle.append(customer)

    async def _attempt(self, outgoing: Outgoing, attempt: int) -> bool:
        expects = outgoing.expects
        await self._history.write(
            Sent(outgoing.id, attempt, outgoing.customer, expects, system_clock().timestamp())
        )
        began = monotonic()
        outcome = await self._outcome(outgoing.request)
        ended = Ended(outgoing.id, attempt, outcome, system_clock().timestamp(), monotonic() - began)
        await self._history.write(ended)
        return ended.acknowledged

    async def _outcome(self, request: bytes) -> Outcome:
        line = self._lines.pop() if self._lines else Line(self._port)
        try:
            return await line.ask(request)
        except Unreached:
            return "unreached"
        except (OSError, EOFError, TimeoutError):
            return "unknown"
        finally:
            self._lines.append(line)
