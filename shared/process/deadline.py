"""Deadlines: a connection that keeps us waiting is closed, whichever part of its request it holds back.

uvicorn itself waits for ever for a head or a body that never ends, and takes a head of any size.
"""

import asyncio
import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from math import inf
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.process.metrics import connections_cut

HEAD_BYTES = 32 * 1024
"""A head that came in one piece may have up to twice as many, for it is counted piece by piece."""
BARREN_BYTES = 1024 * 1024
"""What may follow the last byte of a body (trailers) or be sent for a body that nobody wants any more."""
MOST_HEADERS = 100
MOST_PIPELINED = 16
GRACE_SECONDS = 5.0
"""How long a closed connection may take to read what was written to it before."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that a peer may take: for a request's head, for its body, until its next request, and to read.

    With more than `connections` open, those that were given least time are closed.
    """

    head: float = 10.0
    body: float = 30.0
    idle: float = 30.0
    unread: float = 30.0
    connections: int = 900  # an ordinary shell's processes may have 1024 files open

    @property
    def sweep_every(self) -> float:
        return min(1.0, self.head / 4, self.body / 4)


USUAL = Patience()


class TooMuch(Exception):
    """Ends the parsing of what a peer sent; it never leaves this module."""


class Deadline(HttpToolsProtocol):
    """One connection that knows by when its peer must have moved on.

    There is no timer for each request: `due` is only written, and one sweep looks at all connections.
    """

    def __init__(self, patience: Patience, **given: Any) -> None:
        super().__init__(**given)
        self.due = inf
        self._patience = patience
        self._read_by = inf
        self._in_head = self._in_body = False
        self._barren = 0
        self._refusal = HTTPStatus.BAD_REQUEST

    def is_late(self, now: float) -> bool:
        return now > self.due or now > self._read_by

    def give_up(self, now: float) -> None:
        """408 where nobody has answered yet, else nothing; what is closed and yet open for long is cut."""
        connections_cut.labels(self._reason(now)).inc()
        self.due = now + GRACE_SECONDS
        if self.transport.is_closing() or now > self._read_by:
            self.transport.abort()
        elif self._in_body:
            self._end(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self.transport.close()

    def _reason(self, now: float) -> str:
        if now > self._read_by:
            return "unread"
        between_two = self.cycle is not None and not self._in_head and not self._in_body
        return "idle" if between_two else "late"

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.due = self.loop.time() + self._patience.head
        if len(self.connections) > self._patience.connections:
            self._make_room()

    def data_received(self, data: bytes) -> None:
        # Not reset here is `due`: bytes alone, one now and then, are no reason to wait longer.
        try:
            if len(data) <= HEAD_BYTES:
                self._feed(data)
            else:
                for start in range(0, len(data), HEAD_BYTES):
                    self._feed(data[start : start + HEAD_BYTES])
        except httptools.HttpParserUpgrade:
            # Asked for another protocol, we go on with HTTP, but only for this one request.
            self._finish_with_this()
        except (httptools.HttpParserError, TooMuch):
            connections_cut.labels("malformed").inc()
            self._end(self._refusal)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.expect_head()

    def expect_head(self) -> None:
        """From the first byte of a request its head has its time."""
        self._in_head, self._in_body, self._barren = True, False, 0
        self.due = self.loop.time() + self._patience.head

    def on_headers_complete(self) -> None:
        self._in_head, self._barren = False, 0
        if len(self.headers) > MOST_HEADERS:
            self._refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise TooMuch
        if len(self.pipeline) >= MOST_PIPELINED:
            raise TooMuch
        self.begin()
        # Trailers go into a list of their own: after the body nothing may change the head any more.
        self.headers = []
        self._in_body = True
        self.due = self.loop.time() + self._patience.body

    def begin(self) -> None:
        """Begin with the request whose head was just read; where another one is open, it has to wait."""
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self.expect_nothing()
        if self.cycle.response_complete:
            self.due = self.loop.time() + self._patience.idle

    def expect_nothing(self) -> None:
        """The request is whole; now it is our turn."""
        self._in_body = False
        self.due = inf

    def on_response_complete(self) -> None:
        if self.pipeline or self.transport.is_closing():
            super().on_response_complete()
        else:
            # uvicorn would set a timer for each request, and `due` is timer enough.
            self.flow.resume_reading()
        # Already waiting for the rest of this request or for the next one, we don't begin anew.
        if self.due == inf and self.cycle.response_complete:
            self.due = self.loop.time() + self._patience.idle

    def pause_writing(self) -> None:
        super().pause_writing()
        self._read_by = self.loop.time() + self._patience.unread

    def resume_writing(self) -> None:
        super().resume_writing()
        self._read_by = inf

    def _feed(self, data: bytes) -> None:
        """Count what neither ends a head nor adds to a body: the parser would keep it all."""
        before = len(self.cycle.body) if self._in_body else 0
        self.parser.feed_data(data)
        if self._in_head:
            self._count_barren(len(data), HEAD_BYTES)
        elif self._in_body:
            if len(self.cycle.body) > before:
                self._barren = 0
            else:
                self._count_barren(len(data), BARREN_BYTES)

    def _count_barren(self, size: int, limit: int) -> None:
        self._barren += size
        if self._barren > limit:
            self._refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise TooMuch

    def _end(self, status: HTTPStatus) -> None:
        """Answer in the application's place if it has not begun to, and close."""
        if self.cycle is not None and not self.cycle.response_complete:
            if not self._in_body:
                self._finish_with_this()
                return
            unanswered = not self.pipeline and not self.cycle.response_started
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        else:
            unanswered = True
        if unanswered and not self.transport.is_closing():
            self.transport.write(answer_bytes(status, keep_alive=False))
        self.transport.close()

    def _finish_with_this(self) -> None:
        """A whole request is being answered: whatever follows it is not looked at."""
        self.flow.pause_reading()
        if self.cycle.response_complete:
            self.transport.close()
        self.cycle.keep_alive = False

    def _make_room(self) -> None:
        """Close some at once, so that a flood of connections doesn't cost a look at all of them each time."""
        some = max(1, self._patience.connections // 16)
        open_ones: Iterable[Deadline] = (each for each in self.connections if isinstance(each, Deadline))
        for crowded_out in heapq.nsmallest(some, open_ones, key=lambda each: each.due):
            if crowded_out.due < inf:
                connections_cut.labels("crowded").inc()
                self.connections.discard(crowded_out)
                crowded_out.transport.abort()


async def sweep(connections: Iterable[object], every: float) -> None:
    """Look at all connections every so many seconds, for as long as the server runs."""
    now = asyncio.get_running_loop().time
    while True:
        await asyncio.sleep(every)
        late = [each for each in connections if isinstance(each, Deadline) and each.is_late(now())]
        for connection in late:
            connection.give_up(now())


def answer_bytes(status: int, headers: Iterable[tuple[bytes, bytes]] = (), keep_alive: bool = True) -> bytes:
    """An answer without a body, as it goes over the wire."""
    lines = [b"HTTP/1.1 %d %s" % (status, HTTPStatus(status).phrase.encode()), b"content-length: 0"]
    lines += [b"%s: %s" % header for header in headers]
    if not keep_alive:
        lines.append(b"connection: close")
    return b"\r\n".join((*lines, b"", b""))
