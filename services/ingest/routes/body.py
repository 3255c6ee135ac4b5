"""A request's body, within limits of size and time."""

import asyncio
from dataclasses import dataclass

from starlette.types import Receive, Scope

# Past the limit some more is read and thrown away: who is still writing would not see our answer.
_LINGER_BYTES = 8 * 1024 * 1024


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


async def read_body(
    method: str, headers: dict[str, str], receive: Receive, limits: Limits
) -> bytes | Refused | Gone:
    refused = _refusal(method, headers, limits.body_bytes)
    try:
        async with asyncio.timeout(limits.body_seconds):
            body = await _read(receive, 0 if refused else limits.body_bytes)
    except TimeoutError:
        return refused or Refused(408)
    return body if isinstance(body, Gone) else refused or body


def read_headers(scope: Scope) -> dict[str, str]:
    """One value for each name; a header that came twice is joined, and so fits no signature."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


def _refusal(method: str, headers: dict[str, str], limit: int) -> Refused | None:
    """What the head of the request alone tells."""
    if method != "POST":
        return Refused(405)
    if headers.get("content-encoding", "identity").lower() != "identity":
        return Refused(415)
    declared = headers.get("content-length", "")
    return Refused(413) if declared.isdecimal() and int(declared) > limit else None


async def _read(receive: Receive, limit: int) -> bytes | Refused | Gone:
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
