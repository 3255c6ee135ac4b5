"""Bodies in pieces: whole in the end, or given up, and what they took in memory is free again."""

import pytest
from starlette.types import Message, Receive

from services.ingest.routes.body import Gone, Limits, Refused, Room, read_body

LIMITS = Limits(body_bytes=100, body_seconds=0.02)
GONE: Message = {"type": "http.disconnect"}


def piece(size: int, more: bool = True) -> Message:
    return {"type": "http.request", "body": b"x" * size, "more_body": more}


def receiving(*messages: Message) -> Receive:
    coming = list(messages)

    async def receive() -> Message:
        return coming.pop(0)

    return receive


Said = bytes | Refused | Gone


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([piece(100, more=False)], b"x" * 100),
        ([piece(0, more=False)], b""),
        ([piece(60), piece(40), piece(0, more=False)], b"x" * 100),
        ([piece(101, more=False)], Refused(413)),
        ([piece(60), piece(41, more=False)], Refused(413)),
        ([piece(60), piece(41), piece(34_000_000)], Refused(413)),
        ([GONE], Gone()),
        ([piece(60), GONE], Gone()),
    ],
)
async def test_whatever_becomes_of_a_body_its_room_is_free_again(messages: list[Message], said: Said) -> None:
    room = Room(100)

    assert await read_body("POST", {}, receiving(*messages), LIMITS, room) == said
    assert room.take(100)


async def test_without_room_a_body_in_pieces_is_for_later_and_one_in_one_piece_is_taken() -> None:
    room = Room(50)

    assert await read_body("POST", {}, receiving(piece(60), piece(0, more=False)), LIMITS, room) == Refused(
        503
    )
    assert await read_body("POST", {}, receiving(piece(60, more=False)), LIMITS, room) == b"x" * 60
    assert room.take(50)
