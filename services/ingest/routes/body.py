"""A request's head and body, within limits; how long they may take is kept by `shared.process.deadline`."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.types import Message, Receive

# Past the limit some more is read and thrown away: who is still writing would not see our answer.
# It is several times the largest limit, so that who is a little over it surely learns why.
_LINGER_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What a body may cost us."""

    body_bytes: int
    body_seconds: float


class Room:
    """Owns the count of the bytes of bodies that are not whole yet: together they must not fill the memory.

    One that comes whole in one piece needs none of it, so small requests are taken even when it is full.
    """

    def __init__(self, size: int) -> None:
        self._left = size

    def take(self, size: int) -> bool:
        if size > self._left:
            return False
        self._left -= size
        return True

    def give_back(self, size: int) -> None:
        self._left += size


@dataclass(frozen=True, slots=True)
class Refused:
    """Not even looked at; the connection is closed, for more of the body may still be coming."""

    status: int


@dataclass(frozen=True, slots=True)
class Gone:
    """The sender hung up, or was cut off, before the body was whole."""


async def read_body(
    method: str, headers: dict[str, str], receive: Receive, limits: Limits, room: Room | None = None
) -> bytes | Refused | Gone:
    """The whole body; it is 503 when there is no `room` for one that comes in pieces."""
    refused = _refusal(method, headers, limits.body_bytes)
    if refused is None:
        return await _read(receive, limits, room or Room(limits.body_bytes))
    # Who expects `100 Continue` has not begun to write, and need not.
    if "expect" not in headers:
        await _linger(receive, limits)
    return refused


def read_headers(sent: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """One value for each name; a header that came twice is joined, and so fits no signature."""
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in sent]
    headers = dict(pairs)
    return headers if len(headers) == len(pairs) else _joined(pairs)


def _joined(pairs: list[tuple[str, str]]) -> dict[str, str]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: ",".join(several) for name, several in values.items()}


def _refusal(method: str, headers: dict[str, str], limit: int) -> Refused | None:
    """What the head of the request alone tells."""
    if method != "POST":
        return Refused(405)
    if headers.get("content-encoding", "identity").lower() != "identity":
        return Refused(415)
    declared = headers.get("content-length", "")
    return Refused(413) if declared.isdecimal() and int(declared) > limit else None


async def _read(receive: Receive, limits: Limits, room: Room) -> bytes | Refused | Gone:
    message = await receive()
    whole = message["type"] == "http.request" and not message.get("more_body", False)
    first: bytes = message.get("body", b"")
    if whole:
        return first if len(first) <= limits.body_bytes else Refused(413)
    body = bytearray()
    try:
        return await _collect(message, body, receive, limits, room)
    finally:
        room.give_back(len(body))


async def _collect(
    message: Message, body: bytearray, receive: Receive, limits: Limits, room: Room
) -> bytes | Refused | Gone:
    """The body from its first piece to its last; `body` is as long as the room that was taken."""
    while message["type"] != "http.disconnect":
        chunk, more = message.get("body", b""), message.get("more_body", False)
        too_much = len(body) + len(chunk) > limits.body_bytes
        if too_much or not room.take(len(chunk)):
            if more:
                await _linger(receive, limits)
            return Refused(413 if too_much else 503)
        body += chunk
        if not more:
            return bytes(body)
        message = await receive()
    return Gone()


async def _linger(receive: Receive, limits: Limits) -> None:
    """For half the time that a body has, so that who is slow gets this answer and not 408."""
    size, more = 0, True
    try:
        async with asyncio.timeout(limits.body_seconds / 2):
            while more and size <= _LINGER_BYTES:
                message = await receive()
                size += len(message.get("body", b""))
                more = message.get("more_body", False)
    except TimeoutError:
        return
