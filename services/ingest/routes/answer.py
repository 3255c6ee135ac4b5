"""Answers without a word too much: whoever guesses shops, keys and signatures learns nothing from a body."""

import math

from starlette.types import Send

from services.ingest.accept import Accepted, Answer, Failed, Limited, Parked, Unavailable, Unverified
from services.ingest.carts.base import Ignored
from services.ingest.routes.body import Refused

RETRY_AFTER_SECONDS = 5

CLOSE = (b"connection", b"close")
_ALLOW = (b"allow", b"POST")


def retry_after(seconds: float) -> tuple[bytes, bytes]:
    """Whole seconds, and at least one: who came again at once would be too early."""
    return b"retry-after", b"%d" % max(1, math.ceil(seconds))


def answer_to(outcome: Answer) -> tuple[int, tuple[tuple[bytes, bytes], ...]]:
    """The status that a webhook's sender is told, and the headers besides."""
    match outcome:
        case Accepted() | Parked() | Ignored():
            return 202, ()
        case Unverified():
            return 401, ()
        case Limited(seconds):
            return 429, (retry_after(seconds),)
        case Unavailable():
            return 503, (retry_after(RETRY_AFTER_SECONDS),)
        case Failed():
            return 500, ()


_BESIDES = {405: (_ALLOW,), 503: (retry_after(RETRY_AFTER_SECONDS),)}


async def answer(send: Send, status: int, *headers: tuple[bytes, bytes], body: bytes = b"") -> None:
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [length, *headers]})
    await send({"type": "http.response.body", "body": body})


async def refuse(send: Send, refused: Refused) -> None:
    await answer(send, refused.status, CLOSE, *_BESIDES.get(refused.status, ()))
