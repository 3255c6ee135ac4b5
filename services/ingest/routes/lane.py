"""The fast lane: a plain webhook goes from the parser to its turn, and its answer to the socket.

ASGI's task, scope and messages cost as much as all that is done with a webhook. What is not plain (large or
chunked, compressed, expecting a word first, pipelined, a path to be decoded) goes the usual way.
"""

import asyncio
import re
from collections.abc import Mapping
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from services.ingest import outcomes
from services.ingest.accept import Answer
from services.ingest.carts import CARTS
from services.ingest.routes.answer import answer_to
from services.ingest.turns import Turns
from shared.clock import monotonic
from shared.process.deadline import Deadline, Patience, answer_bytes

LARGEST = 64 * 1024
"""Bodies up to here need no count of what all of them hold together: connections are few enough."""
_PLAIN = re.compile(rb"/webhooks/([\w.~-]+)/([\w.~-]+)")
_NOT_PLAIN = frozenset((b"content-encoding", b"expect", b"transfer-encoding"))
# Whatever else a head holds is not even decoded.
_READ = tuple(
    (name.encode(), name) for name in {name for cart in CARTS.values() for name in cart.headers + cart.proofs}
)
_USUAL = 202
_USUAL_ANSWER = answer_bytes(_USUAL)


class Straight:
    """One such webhook: a call for its turn, and what uvicorn's protocol wants to know of an open request."""

    __slots__ = (
        *("lane", "shop", "cart", "headers", "body", "came"),
        *("more_body", "response_started", "response_complete", "disconnected", "keep_alive"),
    )
    message_event = asyncio.Event()  # uvicorn sets it, and nobody waits for it

    def __init__(
        self, lane: "Lane", shop: str, cart: str, headers: Mapping[str, str], keep_alive: bool
    ) -> None:
        self.lane = lane
        self.shop = shop
        self.cart = cart
        self.headers = headers
        self.keep_alive = keep_alive
        self.body = b""
        self.came = 0.0
        self.more_body = True
        self.response_started = self.response_complete = self.disconnected = False

    def answered(self, outcome: Answer) -> None:
        self.response_started = self.response_complete = True
        if not self.disconnected:
            self.lane.say(self, outcome)
        self.lane.on_response_complete()


class Lane(Deadline):
    """One connection; several requests may come over it, one after the other, each by its own way."""

    cycle: Any  # the newest request: a Straight or uvicorn's own

    def __init__(self, patience: Patience, *, turns: Turns, largest: int, **given: Any) -> None:
        super().__init__(patience, **given)
        self._turns = turns
        self._largest = largest

    def on_message_begin(self) -> None:
        # Without uvicorn's own: it makes an ASGI scope, which few here ever need.
        self.url, self.headers = b"", []
        self.expect_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def begin(self) -> None:
        straight = self._straight()
        if straight is None:
            self._tell_uvicorn()
            super().begin()
        else:
            self.cycle = straight

    def on_body(self, body: bytes) -> None:
        if isinstance(self.cycle, Straight):
            self.cycle.body += body
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        call = self.cycle
        if isinstance(call, Straight):
            self.expect_nothing()
            call.more_body, call.came = False, monotonic()
            self._turns.put(call)
        else:
            super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        if isinstance(self.cycle, Straight) and self.cycle.more_body:
            outcomes.refused(self.cycle.cart)
        super().connection_lost(exc)

    def say(self, call: Straight, outcome: Answer) -> None:
        status, besides = answer_to(outcome)
        usual = status == _USUAL and call.keep_alive
        self.transport.write(_USUAL_ANSWER if usual else answer_bytes(status, besides, call.keep_alive))
        if not call.keep_alive:
            self.transport.close()

    def _tell_uvicorn(self) -> None:
        """The head once more, for the scope."""
        url, headers = self.url, self.headers
        HttpToolsProtocol.on_message_begin(self)
        HttpToolsProtocol.on_url(self, url)
        for name, value in headers:
            HttpToolsProtocol.on_header(self, name, value)

    def _straight(self) -> Straight | None:
        """The request whose head was read, if it is plain and no other is open."""
        path = _PLAIN.fullmatch(self.url)
        if path is None or self.parser.get_method() != b"POST" or self.parser.should_upgrade():
            return None
        if self.cycle is not None and not self.cycle.response_complete:
            return None
        sent = dict(self.headers)
        length = sent.get(b"content-length", b"")
        twice = len(sent) < len(self.headers)
        if twice or not length.isdigit() or int(length) > self._largest or not _NOT_PLAIN.isdisjoint(sent):
            return None
        headers = {name: sent[raw].decode("latin-1") for raw, name in _READ if raw in sent}
        keep_alive = self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
        return Straight(self, path[1].decode(), path[2].decode(), headers, keep_alive)
