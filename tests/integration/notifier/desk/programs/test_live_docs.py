"""docs/live-api.md is true: its examples work against the real service, its tables name all that there is."""

import asyncio
import re
import threading
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from queue import Queue
from typing import Any, get_args

import pytest

from services.notifier.alert import What
from services.notifier.offers.check import Problem
from services.notifier.retries import SCHEDULE
from services.notifier.routes.programs import CODES
from services.notifier.scopes import HAPPENINGS, Happening, Scope
from tests.integration.notifier.desk.programs.receiver import Receiver

PAGE = (Path(__file__).parents[5] / "docs" / "live-api.md").read_text(encoding="utf-8")
STREAM, VERIFY = re.findall(r"```python\n(.*?)```", PAGE, re.S)
MakeToken = Callable[..., Awaitable[dict[str, Any]]]
Raise = Callable[..., Awaitable[str]]
Running = Callable[..., AbstractAsyncContextManager[str]]
Found = Queue[tuple[int, dict[str, Any] | None]]


def defined(code: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - the page's own example
    return names


def follow(found: Found, address: str, token: str, last_id: int | None, count: int) -> None:
    """What a program would do with the example."""
    for _, change in zip(range(count), defined(STREAM)["alerts"](address, token, last_id), strict=False):
        found.put(change)


async def take(found: Found, count: int) -> list[tuple[int, dict[str, Any] | None]]:
    async with asyncio.timeout(20):
        return [await asyncio.to_thread(found.get) for _ in range(count)]


async def test_the_example_of_the_stream_goes_on_where_it_was(
    running: Running, make_token: MakeToken, raise_alert: Raise, office: Any
) -> None:
    secret, found = (await make_token("alerts:read"))["secret"], Found()
    async with running() as address:
        reader = threading.Thread(target=follow, args=(found, address, secret, 0, 3), daemon=True)
        reader.start()
        await raise_alert("e1", "demo/shopify/1")
        ((first, _),) = await take(found, 1)
        # Cut off, as a restart of the service would; nothing is missed.
        office.fanout.end_streams(None)
        await raise_alert("e2", "demo/shopify/2")
        await raise_alert("e3", "demo/shopify/3")
        rest = await take(found, 2)
        await asyncio.to_thread(reader.join)

    assert [number for number, _ in rest] == [first + 1, first + 2]
    assert all(change is not None and change["seq"] == number for number, change in rest)


async def test_the_example_of_the_stream_says_when_to_read_the_list_again(
    running: Running, make_token: MakeToken
) -> None:
    secret, found = (await make_token("alerts:read"))["secret"], Found()
    async with running() as address:
        await asyncio.to_thread(follow, found, address, secret, 999_999, 1)
    assert found.get() == (0, None)


async def test_the_example_of_the_stream_gives_up_without_a_token(running: Running) -> None:
    async with running() as address:
        with pytest.raises(PermissionError):
            await asyncio.to_thread(follow, Found(), address, "hkt_wrong", None, 1)


async def test_the_example_of_verifying_knows_what_is_ours(
    receiver: Receiver,
    make_endpoint: Callable[..., Awaitable[tuple[str, str]]],
    send: Callable[[], Awaitable[int]],
    raise_alert: Raise,
) -> None:
    _, secret = await make_endpoint(receiver.url)
    await raise_alert()
    await send()
    (received,) = receiver.received
    verify = defined(VERIFY)["verify"]

    assert verify(received.body, received.headers, secret)["type"] == "alert.raised"
    for body, headers in (
        (received.body + b" ", received.headers),
        (received.body, {**received.headers, "webhook-timestamp": "1"}),
        (received.body, {**received.headers, "webhook-id": "msg_other"}),
    ):
        with pytest.raises(ValueError, match=r"fit|old"):
            verify(body, headers, secret)


def test_the_page_names_all_that_there_is() -> None:
    said = set(re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", PAGE, flags=re.S)))
    assert set(get_args(Scope)) <= said
    assert set(get_args(What)) <= said
    assert set(CODES.values()) | set(get_args(Problem)) <= said
    assert {f".{name.split('.')[1]}" for name in HAPPENINGS.values()} - {".raised"} <= said
    assert "cancellation.requested" in said
    assert len(get_args(Happening)) == len(HAPPENINGS) + 1
    units = {"s": 1, "min": 60, "h": 3600}
    waits = re.search(r"\| after the one before \| at once \|(.*)\|", PAGE)
    assert waits is not None
    words = [cell.split() for cell in waits[1].split("|")]
    assert [int(number) * units[unit] for number, unit in words] == list(SCHEDULE)
