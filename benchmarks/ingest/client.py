"""The load client: a process of its own that writes ready-made requests and reads nothing but status lines.

python -m benchmarks.ingest.client < job > result
"""

import asyncio
import gc
import os
import re
import statistics
import sys
from collections import deque
from time import perf_counter, process_time
from typing import cast

import msgspec
import uvloop

from benchmarks.ingest.job import Job, Result, stamp

PATIENCE_SECONDS = 20
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Load:
    """Sends the job's requests over whichever connection is free, and notes how long each answer took."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._free: deque[Connection] = deque()
        self._due: deque[float] = deque()
        self._open = 0
        self._over = False
        self._idle = asyncio.Event()
        self.sent = 0
        self.last_answer = 0.0
        self.took: list[float] = []
        self.others: dict[int, int] = {}

    async def run(self, connections: list["Connection"]) -> None:
        """Load for the job's seconds, then wait for what is still open."""
        self._free.extend(connections)
        if self._job.rate is None:
            while self._free:
                self._send(self._free.popleft(), perf_counter())
            await asyncio.sleep(self._job.seconds)
        else:
            await self._pace(self._job.rate)
        self._over = True
        while self._open or self._due:
            self._idle.clear()
            await self._idle.wait()

    def answered(self, connection: "Connection", number: int, due: float, status: int) -> None:
        self._open -= 1
        self.last_answer = perf_counter()
        self.took.append(self.last_answer - due)
        if status != 202:
            self.others[number] = status
        if self._due:
            self._send(connection, self._due.popleft())
        elif self._job.rate is None and not self._over and status:
            self._send(connection, self.last_answer)
        else:
            self._free.append(connection)
            self._idle.set()

    def _send(self, connection: "Connection", due: float) -> None:
        number = self.sent
        self.sent += 1
        self._open += 1
        requests = self._job.requests
        connection.send(stamp(self._job.run, number).join(requests[number % len(requests)]), number, due)

    async def _pace(self, rate: float) -> None:
        """Each request has its time, and counts from it: a server that stalls can't hide who waits."""
        began = perf_counter()
        for number in range(int(rate * self._job.seconds)):
            due = began + number / rate
            while (early := due - perf_counter()) > 0:  # noqa: ASYNC110 - the time itself is awaited
                await asyncio.sleep(max(early, 0.001))
            if self._free:
                self._send(self._free.popleft(), due)
            else:
                self._due.append(due)


class Connection(asyncio.Protocol):
    """One kept-alive connection with at most one open request."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._waiting: tuple[int, float] | None = None
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's, so this can't be asserted.
        self._transport = cast(asyncio.WriteTransport, transport)

    def send(self, request: bytes, number: int, due: float) -> None:
        self._waiting = (number, due)
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end:
            return
        length = _LENGTH.search(head)
        if length is None or len(body) >= int(length[1]):
            self._received = b""
            self._answered(int(head[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting is not None:
            self._answered(0)

    def _answered(self, status: int) -> None:
        if self._waiting is not None:
            (number, due), self._waiting = self._waiting, None
            self._load.answered(self, number, due, status)


async def work(job: Job) -> Result:
    """Do the job.

    :raises TimeoutError: if an answer stays out.
    """
    load, loop = Load(job), asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: Connection(load), "127.0.0.1", job.port)
        for _ in range(job.connections)
    ]
    began, began_working = perf_counter(), process_time()
    async with asyncio.timeout(job.seconds + PATIENCE_SECONDS):
        await load.run([connection for _, connection in made])
    worked = process_time() - began_working
    for transport, _ in made:
        transport.close()
    hundredths = statistics.quantiles(load.took, n=100) if len(load.took) > 1 else load.took * 99
    return Result(
        sent=load.sent,
        seconds=load.last_answer - began,
        p50_ms=1000 * hundredths[49],
        p99_ms=1000 * hundredths[98],
        worst_ms=1000 * max(load.took),
        client_cpu_seconds=worked,
        others=load.others,
    )


def main() -> None:
    job = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Job)
    if job.core is not None:
        os.sched_setaffinity(0, {job.core})
    gc.disable()  # its pauses would be taken for the server's
    result = uvloop.run(work(job))
    sys.stdout.buffer.write(msgspec.msgpack.encode(result))


if __name__ == "__main__":
    main()
