"""/api/v1/stream: in order, replayed by the last id, masked for who may not read names, over in time."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from typing import Any

import httpx

from services.notifier.routes.api import MOST_STREAMS
from shared.events.customer import ContactChanged
from shared.events.envelope import Envelope
from tests.integration.notifier.desk.conftest import Office

MakeToken = Callable[..., Awaitable[dict[str, Any]]]
Raise = Callable[..., Awaitable[str]]
Running = Callable[..., AbstractAsyncContextManager[str]]
Event = dict[str, str]


@asynccontextmanager
async def reading(address: str, secret: str, **headers: str) -> AsyncIterator[AsyncIterator[Event]]:
    """The events of one stream."""
    headers = {"authorization": f"Bearer {secret}", **headers}
    async with (
        httpx.AsyncClient(base_url=address, timeout=10) as client,
        client.stream("GET", "/api/v1/stream", headers=headers) as answer,
    ):
        assert answer.status_code == 200
        yield _events(answer)


async def _events(answer: httpx.Response) -> AsyncIterator[Event]:
    event: Event = {}
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if line:
            event[name] = value
        elif "data" in event:
            yield event
            event = {}
        else:
            event = {}


async def alerts(events: AsyncIterator[Event], count: int) -> list[tuple[int, dict[str, Any]]]:
    """The next changes, each with its id."""
    found: list[tuple[int, dict[str, Any]]] = []
    async with asyncio.timeout(10):
        while len(found) < count:
            event = await anext(events)
            if event["event"] == "alert":
                found.append((int(event["id"]), json.loads(event["data"])))
    return found


async def test_a_reconnect_with_the_last_id_misses_nothing(
    running: Running, make_token: MakeToken, raise_alert: Raise
) -> None:
    secret = (await make_token("alerts:read"))["secret"]
    async with running() as address:
        async with reading(address, secret) as events:
            await raise_alert("e1", "demo/shopify/1")
            ((first, _),) = await alerts(events, 1)
        await raise_alert("e2", "demo/shopify/2")
        await raise_alert("e3", "demo/shopify/3")
        async with reading(address, secret, **{"last-event-id": str(first)}) as events:
            await raise_alert("e4", "demo/shopify/4")
            replayed = await alerts(events, 3)

    assert [seq for seq, _ in replayed] == [first + 1, first + 2, first + 3]
    assert all(body["seq"] == seq for seq, body in replayed)


async def test_names_are_in_the_stream_of_who_may_read_them_live_and_replayed(
    running: Running,
    make_token: MakeToken,
    raise_alert: Raise,
    follow: Callable[..., Awaitable[None]],
    happened: Callable[..., Envelope],
) -> None:
    bare, full = (await make_token("alerts:read"))["secret"], (await make_token())["secret"]
    await follow(happened(ContactChanged(name="山田 花子", mail="h@example.jp")))
    async with running() as address:
        async with reading(address, bare) as masked, reading(address, full) as named:
            await raise_alert()
            ((seq, live_bare),), ((_, live_full),) = await alerts(masked, 1), await alerts(named, 1)
        last = {"last-event-id": str(seq - 1)}
        async with reading(address, bare, **last) as masked, reading(address, full, **last) as named:
            ((_, again_bare),), ((_, again_full),) = await alerts(masked, 1), await alerts(named, 1)

    assert [live_bare["name"], again_bare["name"]] == ["山•••", "山•••"]
    assert [live_bare["mail"], again_bare["mail"]] == [None, None]
    assert [live_full["name"], again_full["name"]] == ["山田 花子", "山田 花子"]


async def test_an_id_that_cannot_be_replayed_resets(running: Running, make_token: MakeToken) -> None:
    secret = (await make_token("alerts:read"))["secret"]
    async with running() as address, reading(address, secret, **{"last-event-id": "999999"}) as events:
        assert (await anext(events))["event"] == "reset"


async def test_a_revoked_token_ends_its_streams(
    running: Running, admin: httpx.AsyncClient, make_token: MakeToken, office: Office
) -> None:
    made = await make_token("alerts:read")
    async with running() as address, reading(address, made["secret"]) as events:
        await admin.post(f"/api/integrations/tokens/{made['token']['id']}/revoke")
        async with asyncio.timeout(5):
            async for event in events:
                assert event["event"] != "alert"


async def test_a_token_has_so_many_streams_and_no_more(
    running: Running, make_token: MakeToken, office: Office
) -> None:
    made = await make_token("alerts:read")
    owner = f"token {made['token']['id']}"
    headers = {"authorization": f"Bearer {made['secret']}"}
    with ExitStack() as streams:
        for _ in range(MOST_STREAMS):
            streams.enter_context(office.fanout.subscribe(owner))
        async with running() as address, httpx.AsyncClient(base_url=address, headers=headers) as client:
            answer = await client.get("/api/v1/stream")
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_streams")
