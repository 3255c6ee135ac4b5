"""Readers who misbehave: stuck, gone, or no longer allowed; each loses only its own stream."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from services.notifier.auth import Entered
from services.notifier.routes.live import EventStream, Limits, Reader
from services.notifier.stream import PING

Message = MutableMapping[str, Any]
Say = Callable[[Message], Awaitable[None]]


async def log_in(office: Any) -> str:
    entered = await office.door.log_in("misaki", "hikitome-desk")
    assert isinstance(entered, Entered)
    return entered.token


def stream(office: Any, token: str, limits: Limits) -> EventStream:
    async def trusted() -> bool:
        return await office.door.find_agent(token) is not None

    return EventStream(office.fanout, office.engine, Reader(token, trusted), None, limits=limits)


async def waits_for_ever() -> Message:
    await asyncio.Event().wait()
    return {}


async def test_a_frozen_reader_is_given_up_on(office: Any) -> None:
    async def freeze(message: Message) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async with asyncio.timeout(5):
        await stream(office, await log_in(office), Limits(send=0.05))(
            {"type": "http"}, waits_for_ever, freeze
        )
    assert office.fanout.streams_of(await log_in(office)) == 0


async def test_a_reader_who_left_is_noticed(office: Any) -> None:
    async def leave() -> Message:
        return {"type": "http.disconnect"}

    async def swallow(message: Message) -> None:
        return None

    token = await log_in(office)
    async with asyncio.timeout(5):
        await stream(office, token, Limits())({"type": "http"}, leave, swallow)
    assert office.fanout.streams_of(token) == 0


async def test_a_session_that_ends_elsewhere_ends_the_stream_at_the_next_look(office: Any) -> None:
    token, said = await log_in(office), []

    async def listen(message: Message) -> None:
        said.append(message)
        await office.door.log_out(token)  # as another replica would: nobody tells this fan-out

    async with asyncio.timeout(5):
        await stream(office, token, Limits(trust=0.0))({"type": "http"}, waits_for_ever, listen)
    assert said[-1] == {"type": "http.response.body", "body": b"", "more_body": False}
    assert PING not in [message.get("body") for message in said]
