"""POST /webhooks/{shop}/{cart}: the hot path; plain ASGI, for a framework doubles what a webhook costs."""

import asyncio
from dataclasses import dataclass
from typing import Any

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from services.ingest.accept import Accepted, Answer, Parked, Publish, Unavailable, Unverified, accept
from services.ingest.carts import CARTS
from services.ingest.carts.base import Delivery, Ignored
from services.ingest.shops import ShopsFile
from shared.clock import Now, monotonic, system_clock
from shared.process.metrics import ingest_ack_seconds, ingest_requests, ingest_untranslatable

log = structlog.get_logger(__name__)

RETRY_AFTER_SECONDS = 5
_LINGER_BYTES = 8 * 1024 * 1024

_CLOSE = (b"connection", b"close")
_ALLOW = (b"allow", b"POST")
_RETRY_AFTER = (b"retry-after", str(RETRY_AFTER_SECONDS).encode())


@dataclass(frozen=True, slots=True)
class Limits:
    """What a body may cost us; uvicorn itself would wait for ever for one that never ends."""

    body_bytes: int
    body_seconds: float


@dataclass(frozen=True, slots=True)
class Refused:
    """Not even looked at; the connection is closed, for more of the body may still be coming."""

    status: int


@dataclass(frozen=True, slots=True)
class Gone:
    """The sender hung up before the body was whole."""


class Webhooks:
    """Takes the webhooks and hands every other request on to `rest`."""

    def __init__(self, rest: ASGIApp, shops: ShopsFile, publish: Publish, clock: Now, limits: Limits) -> None:
        self._rest = rest
        self._shops = shops
        self._publish = publish
        self._clock = clock
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["path"].split("/") if scope["type"] == "http" else []:
            case ["", "webhooks", shop, cart] if shop and cart:
                await self._take(shop, cart, scope, receive, send)
            case _:
                await self._rest(scope, receive, send)

    async def _take(self, shop: str, cart: str, scope: Scope, receive: Receive, send: Send) -> None:
        source = cart if cart in CARTS else "unknown"
        headers = _headers(scope)
        match await self._body(scope["method"], headers, receive):
            case Gone():
                ingest_requests.labels(source, "refused").inc()
            case Refused(status):
                ingest_requests.labels(source, "refused").inc()
                await _answer(send, status, [_CLOSE, _ALLOW] if status == 405 else [_CLOSE])
            case body:
                began = monotonic()
                delivery = Delivery(shop, cart, headers, body, system_clock(), self._clock())
                answer = await accept(delivery, self._shops.account(shop, cart), self._publish)
                _count(source, delivery, answer)
                match answer:
                    case Unverified():
                        await _answer(send, 401)
                    case Unavailable():
                        await _answer(send, 503, [_RETRY_AFTER])
                    case _:
                        await _answer(send, 202)
                        ingest_ack_seconds.observe(monotonic() - began)

    async def _body(self, method: str, headers: dict[str, str], receive: Receive) -> bytes | Refused | Gone:
        limit = self._limits.body_bytes
        refused = _refusal(method, headers, limit)
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                body = await _read(receive, 0 if refused else limit)
        except TimeoutError:
            return refused or Refused(408)
        return body if isinstance(body, Gone) else refused or body


def _refusal(method: str, headers: dict[str, str], limit: int) -> Refused | None:
    """What the head of the request alone tells."""
    if method != "POST":
        return Refused(405)
    if headers.get("content-encoding", "identity").lower() != "identity":
        return Refused(415)
    declared = headers.get("content-length", "")
    return Refused(413) if declared.isdecimal() and int(declared) > limit else None


async def _read(receive: Receive, limit: int) -> bytes | Refused | Gone:
    """Past the limit nothing is kept, but some is read: who is still writing would not see our answer."""
    body, size = bytearray(), 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return Gone()
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= limit:
            body += chunk
        if size > limit + _LINGER_BYTES or not message.get("more_body", False):
            return bytes(body) if size <= limit else Refused(413)


def _headers(scope: Scope) -> dict[str, str]:
    """One value for each name; a header that came twice is joined, and so fits no signature."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    """Never a body: whoever guesses shops and signatures learns nothing from it."""
    start: dict[str, Any] = {"type": "http.response.start", "status": status}
    await send({**start, "headers": [(b"content-length", b"0"), *(headers or [])]})
    await send({"type": "http.response.body", "body": b""})


def _count(source: str, delivery: Delivery, answer: Answer) -> None:
    about = {"shop": delivery.shop, "cart": delivery.cart}
    match answer:
        case Accepted():
            ingest_requests.labels(source, "accepted").inc()
        case Parked(reason):
            ingest_requests.labels(source, "untranslatable").inc()
            ingest_untranslatable.labels(source, reason).inc()
            log.warning("webhook parked", **about, reason=reason)
        case Ignored(reason, for_a_person):
            ingest_requests.labels(source, "ignored").inc()
            (log.warning if for_a_person else log.debug)("webhook ignored", **about, reason=reason)
        case Unverified():
            ingest_requests.labels(source, "unverified").inc()
            log.info("webhook unverified", source=source)
        case Unavailable(reason):
            ingest_requests.labels(source, "unavailable").inc()
            log.warning("webhook not durable", **about, reason=reason)
