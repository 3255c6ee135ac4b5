"""Answers without a word too much: whoever guesses shops, keys and signatures learns nothing from a body."""

from typing import Any

from starlette.types import Send

from services.ingest.routes.body import Refused

RETRY_AFTER_SECONDS = 5

_CLOSE = (b"connection", b"close")
_ALLOW = (b"allow", b"POST")


def retry_after(seconds: int) -> tuple[bytes, bytes]:
    return b"retry-after", str(seconds).encode()


async def answer(send: Send, status: int, *headers: tuple[bytes, bytes], body: bytes = b"") -> None:
    start: dict[str, Any] = {"type": "http.response.start", "status": status}
    await send({**start, "headers": [(b"content-length", str(len(body)).encode()), *headers]})
    await send({"type": "http.response.body", "body": body})


async def refuse(send: Send, refused: Refused) -> None:
    await answer(send, refused.status, *([_CLOSE, _ALLOW] if refused.status == 405 else [_CLOSE]))
