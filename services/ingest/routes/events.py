"""POST /v1/events: a shop's own events in bulk, with an API key."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import msgspec
from starlette.types import Receive, Scope, Send

from services.ingest.bulk import Lines, Report, Unreadable, array, in_turn, ndjson, take
from services.ingest.carts.lines import SOURCE
from services.ingest.durable import Keep, NotKept
from services.ingest.rate import Allowances, cost_of_lines
from services.ingest.routes.answer import CLOSE, RETRY_AFTER_SECONDS, answer, refuse, retry_after
from services.ingest.routes.body import Gone, Limits, Refused, read_body, read_headers
from services.ingest.shops import Sender, ShopsFile
from shared.clock import system_clock
from shared.process.metrics import ingest_events, ingest_requests

# Of all bodies together that are in memory at a time; whoever comes then is told to come back.
_TOGETHER_BYTES = 64 * 1024 * 1024
_CROWDED_RETRY_SECONDS = 1
_JSON = (b"content-type", b"application/json")

Read = Callable[[bytes], Lines | Unreadable]
_FORMATS: dict[str, Read] = {"application/x-ndjson": ndjson, "application/json": array}


@dataclass(frozen=True, slots=True)
class Away:
    """What the head of a request alone has for an answer."""

    outcome: str
    status: int
    headers: tuple[tuple[bytes, bytes], ...] = ()


_NOT_POST = Away("refused", 405, ((b"allow", b"POST"),))
_STRANGER = Away("unverified", 401, ((b"www-authenticate", b"Bearer"),))
_NO_FORMAT = Away("refused", 415)
_CROWDED = Away("unavailable", 503, (retry_after(_CROWDED_RETRY_SECONDS),))


class Events:
    """Owns the requests' turns at the processor, and the count of the bytes that they hold."""

    def __init__(self, shops: ShopsFile, keep: Keep, limits: Limits, allowances: Allowances) -> None:
        self._shops = shops
        self._keep = keep
        self._limits = limits
        self._allowances = allowances
        self._turn = asyncio.Lock()
        self._held = 0

    async def take(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = read_headers(scope["headers"])
        sender = self._shops.sender(_key(headers))
        read = _FORMATS.get(_media_type(headers))
        need = _declared(headers, self._limits.body_bytes)
        if scope["method"] != "POST":
            await self._send_away(_NOT_POST, scope, headers, receive, send)
        elif sender is None:
            await self._send_away(_STRANGER, scope, headers, receive, send)
        elif read is None:
            await self._send_away(_NO_FORMAT, scope, headers, receive, send)
        elif self._held and self._held + need > _TOGETHER_BYTES:
            await self._send_away(_CROWDED, scope, headers, receive, send)
        else:
            self._held += need
            try:
                await self._receive(sender, read, headers, receive, send)
            finally:
                self._held -= need

    async def _send_away(
        self, away: Away, scope: Scope, headers: dict[str, str], receive: Receive, send: Send
    ) -> None:
        # The body is read and thrown away: who is still writing would not see the answer.
        await read_body(scope["method"], headers, receive, replace(self._limits, body_bytes=0))
        _count(away.outcome)
        await answer(send, away.status, CLOSE, *away.headers)

    async def _receive(
        self, sender: Sender, read: Read, headers: dict[str, str], receive: Receive, send: Send
    ) -> None:
        match await read_body("POST", headers, receive, self._limits):
            case bytes() as body:
                lines = await in_turn(self._turn, partial(read, body))
                await self._answer(sender, lines, send)
            case Refused() as refused:
                _count("refused")
                await refuse(send, refused)
            case Gone():
                _count("refused")

    async def _answer(self, sender: Sender, lines: Lines | Unreadable, send: Send) -> None:
        if isinstance(lines, Unreadable):
            _count("refused")
            return await answer(send, 400, _JSON, body=msgspec.json.encode({"reason": lines.reason}))
        if seconds := self._allowances.wait(sender, cost_of_lines(lines.count)):
            _count("limited")
            return await answer(send, 429, retry_after(seconds))
        match await take(lines, sender, system_clock(), self._keep, self._turn):
            case NotKept():
                _count("unavailable")
                await answer(send, 503, retry_after(RETRY_AFTER_SECONDS))
            case Report() as report:
                _count("accepted" if report.accepted else "untranslatable")
                ingest_events.labels("accepted").inc(report.accepted)
                ingest_events.labels("rejected").inc(report.rejected)
                status = 202 if report.accepted else 422
                await answer(send, status, _JSON, body=msgspec.json.encode(report))


def _key(headers: dict[str, str]) -> str:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _media_type(headers: dict[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _declared(headers: dict[str, str], limit: int) -> int:
    """The bytes that a body may come to have; all that are allowed, where it doesn't say."""
    declared = headers.get("content-length", "")
    return min(int(declared), limit) if declared.isdecimal() and len(declared) < 20 else limit


def _count(outcome: str) -> None:
    ingest_requests.labels(SOURCE, outcome).inc()
