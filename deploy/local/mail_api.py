"""Resend's HTTP API that delivers nothing, and answers as their documents say, faults and all."""

import argparse
import asyncio
import hashlib
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Literal
from uuid import uuid4

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from deploy.local.ports import LOOPBACK
from shared.clock import Now, system_clock
from shared.process.run import run, serve, start

KEYS_KEPT = timedelta(hours=24)

Fault = Literal[
    "cut",  # before it is taken
    "cut_after_taking",
    "500",  # before it is taken
    "500_after_taking",
    "429",
    "quota",
    "401",
    "slow",  # taken, and answered only when the test says so
]


class Mail(msgspec.Struct, frozen=True):
    """What is asked for, as far as the fake looks at it; addresses may be `Name <a@b>`."""

    sender: str = msgspec.field(name="from")
    subject: str
    text: str
    html: str
    to: list[str]
    headers: dict[str, str] = {}


class Taken(msgspec.Struct, frozen=True):
    """One mail that was accepted: it would be delivered now, once for each of these."""

    id: str
    key: str | None
    mail: Mail
    at: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """A key that was used: for which body, what became of it (None: not decided yet), and when."""

    body: bytes
    id: str | None
    at: datetime


@dataclass(slots=True)
class MailApi:
    """`faults` come in turn, one a request; `taken` is the log; `go_on` lets the slow answers go."""

    now: Now = system_clock
    api_key: str = "local"
    keep: Callable[[Taken], None] = lambda _taken: None
    faults: deque[Fault] = field(default_factory=deque)
    taken: list[Taken] = field(default_factory=list)
    requests: int = 0
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    _keys: dict[str, Known] = field(default_factory=dict)

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/emails", self._emails, methods=["POST"])])

    async def _emails(self, request: Request) -> Response:
        self.requests += 1
        body, fault = await request.body(), self.faults.popleft() if self.faults else None
        if request.headers.get("authorization") != f"Bearer {self.api_key}" or fault == "401":
            return _problem(401, "invalid_api_key")
        match fault:
            case "429":
                return _problem(429, "rate_limit_exceeded", {"retry-after": "7"})
            case "quota":
                return _problem(429, "daily_quota_exceeded")
            case "500":
                return _problem(500, "application_error")
            case "cut":
                return _Cut()
        return await self._answer(request.headers.get("idempotency-key"), body, fault)

    async def _answer(self, key: str | None, body: bytes, fault: Fault | None) -> Response:
        digest, known = hashlib.sha256(body).digest(), self._known(key)
        if known is not None and known.body != digest:
            return _problem(409, "invalid_idempotent_request")
        if known is not None and known.id is None:
            return _problem(409, "concurrent_idempotent_requests")
        if known is not None:
            return JSONResponse({"id": known.id})
        return await self._take(key, body, digest, fault)

    async def _take(self, key: str | None, body: bytes, digest: bytes, fault: Fault | None) -> Response:
        try:
            mail = msgspec.json.decode(body, type=Mail)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return _problem(422, "validation_error")
        if not all("@" in parseaddr(one)[1] for one in (mail.sender, *mail.to)):
            return _problem(422, "invalid_from_address")
        taken = Taken(str(uuid4()), key, mail, self.now())
        self.taken.append(taken)
        self.keep(taken)
        if key is not None:
            self._keys[key] = Known(digest, None if fault == "slow" else taken.id, taken.at)
        if fault == "slow":
            await self.go_on.wait()
            self._keys |= {key: Known(digest, taken.id, taken.at)} if key is not None else {}
        match fault:
            case "500_after_taking":
                return _problem(500, "application_error")
            case "cut_after_taking":
                return _Cut()
            case _:
                return JSONResponse({"id": taken.id})

    def _known(self, key: str | None) -> Known | None:
        """What is older than a day is forgotten: the same key sends again."""
        known = self._keys.get(key) if key is not None else None
        return known if known is not None and self.now() - known.at < KEYS_KEPT else None


class _Cut(Response):
    """An answer that breaks off: fewer bytes come than were announced, and the connection ends."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"100"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": False})


def _problem(status: int, name: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"statusCode": status, "name": name, "message": name}, status, headers)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--file", type=Path, required=True, help="where accepted mails are written down")
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--api-key", default="local")
    chosen = arguments.parse_args()

    def keep(taken: Taken) -> None:
        with chosen.file.open("ab") as file:
            file.write(msgspec.json.encode(taken) + b"\n")

    api = MailApi(api_key=chosen.api_key, keep=keep)
    return start(run(("api", serve(api.app(), LOOPBACK, chosen.port, 1))))


if __name__ == "__main__":
    sys.exit(main())
