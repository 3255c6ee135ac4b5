"""The live stream: nothing is lost between commit and page, whatever breaks in between."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from services.notifier import stream
from services.notifier.store import cards, changes
from services.notifier.store.cards import Told
from services.notifier.store.changes import Change, Numbered
from services.notifier.stream import Fanout, Sequencer, frames
from shared.clock import system_clock
from shared.events.customer import ContactChanged, CustomerErased
from shared.events.envelope import Envelope
from shared.postgres.engine import AsyncEngine, transaction
from shared.process.health import Health

RaiseAlert = Callable[..., Awaitable[str]]
Running = Callable[..., AbstractAsyncContextManager[str]]
LOGIN = {"login": "misaki", "password": "hikitome-desk"}


async def numbered(engine: AsyncEngine, after: int = 0) -> list[Told]:
    async with transaction(engine) as connection:
        return list(await cards.after(connection, after, 10_000, 10_000))


async def number(engine: AsyncEngine) -> int:
    async with transaction(engine) as connection:
        return (await changes.number(connection, uuid4(), 100)).count


class Reader:
    """One open stream of a logged-in agent, read event by event."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def next(self, wanted: str) -> tuple[int | None, dict[str, Any]]:
        """The next event of that kind, with its id."""
        seq, kind = None, None
        async with asyncio.timeout(5):
            async for line in self._lines:
                name, _, value = line.partition(": ")
                match name:
                    case "id":
                        seq = int(value)
                    case "event":
                        kind = value
                    case "data" if kind == wanted:
                        return seq, json.loads(value)
                    case "":
                        seq, kind = None, None
        raise EOFError("the stream has ended")

    async def ended(self) -> bool:
        async with asyncio.timeout(5):
            async for _ in self._lines:
                pass
        return True


@asynccontextmanager
async def reading(
    address: str, query: str = "", **headers: str
) -> AsyncIterator[tuple[Reader, httpx.AsyncClient]]:
    async with httpx.AsyncClient(base_url=address, timeout=10) as client:
        await client.post("/api/session", data=LOGIN)
        async with client.stream("GET", f"/stream{query}", headers=headers) as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            yield Reader(response), client


async def test_a_change_that_commits_after_a_later_one_gets_the_later_number(
    engine: AsyncEngine, raise_alert: RaiseAlert
) -> None:
    alert_id = await raise_alert()
    assert await number(engine) == 1
    async with engine.connect() as slow:
        opened = await slow.begin()
        await changes.append(slow, [Change(alert_id, "refreshed")], system_clock())
        await raise_alert("e2")
        assert await number(engine) == 1
        seen = (await numbered(engine))[-1].seq
        await opened.commit()
    assert await number(engine) == 1
    assert [told.what for told in await numbered(engine, after=seen)] == ["refreshed"]
    assert [told.seq for told in await numbered(engine)] == [1, 2, 3]


async def test_many_sequencers_number_without_gaps_or_repeats(
    engine: AsyncEngine, raise_alert: RaiseAlert
) -> None:
    for episode in range(30):
        await raise_alert(f"e{episode}")
    stop = asyncio.Event()
    sequencers = [asyncio.create_task(Sequencer(engine, Health(), 0.01).run(stop)) for _ in range(4)]
    for _ in range(500):
        if len(await numbered(engine)) == 30:
            break
        await asyncio.sleep(0.02)
    stop.set()
    await asyncio.gather(*sequencers)
    assert [told.seq for told in await numbered(engine)] == list(range(1, 31))


async def test_one_sequencer_sets_the_pace_until_it_is_silent_for_a_second(
    engine: AsyncEngine, raise_alert: RaiseAlert
) -> None:
    first, second = uuid4(), uuid4()

    async def numbers(sequencer: UUID, episode: str) -> Numbered:
        await raise_alert(episode)
        async with transaction(engine) as connection:
            return await changes.number(connection, sequencer, 100)

    assert await numbers(first, "e1") == Numbered(1, paces=True)
    assert await numbers(second, "e2") == Numbered(1, paces=False)
    async with transaction(engine) as connection:
        await connection.execute(text("UPDATE alert_sequence SET paced_at = paced_at - interval '1 second'"))
    assert await numbers(second, "e3") == Numbered(1, paces=True)
    assert await numbers(first, "e4") == Numbered(1, paces=False)


async def test_an_alert_arrives_live_with_all_that_the_page_needs(
    running: Running, raise_alert: RaiseAlert
) -> None:
    async with running() as address, reading(address) as (reader, _):
        alert_id = await raise_alert()
        seq, alert = await reader.next("alert")
        assert (seq, alert["seq"], alert["id"], alert["what"]) == (1, 1, alert_id, "raised")
        assert alert["noticed_at"] <= alert["raised_at"]
        assert alert["reasons"][0]["text"] == "前回から2回連続でスキップ"
        _, counts = await reader.next("counts")
        assert counts["raised"] == 1


async def test_who_comes_back_gets_exactly_what_was_missed_and_then_what_is_new(
    running: Running, raise_alert: RaiseAlert
) -> None:
    async with running() as address:
        async with reading(address) as (reader, _):
            await raise_alert("e1")
            assert (await reader.next("alert"))[0] == 1
        await raise_alert("e2")
        await raise_alert("e3")
        async with reading(address, **{"Last-Event-ID": "1"}) as (reader, _):
            await raise_alert("e4")
            assert [(await reader.next("alert"))[0] for _ in range(3)] == [2, 3, 4]


async def test_the_list_and_the_stream_meet_without_a_gap(running: Running, raise_alert: RaiseAlert) -> None:
    async with running() as address, reading(address) as (reader, client):
        await raise_alert("e1")
        await reader.next("alert")
        seq = (await client.get("/api/alerts")).json()["seq"]
        await raise_alert("e2")
        async with reading(address, f"?after={seq}") as (later, _):
            assert (await later.next("alert"))[0] == seq + 1


@pytest.mark.parametrize("last_id", ["999", "-1", "x"])
async def test_a_cursor_from_another_life_of_the_database_is_told_to_reload(
    running: Running, raise_alert: RaiseAlert, last_id: str
) -> None:
    async with running() as address, reading(address, **{"Last-Event-ID": last_id}) as (reader, _):
        if last_id == "999":
            assert await reader.next("reset") == (0, {})
        await raise_alert()
        assert (await reader.next("alert"))[0] == 1


async def test_who_is_too_far_behind_is_told_to_reload(
    engine: AsyncEngine, office: Any, raise_alert: RaiseAlert
) -> None:
    await raise_alert()
    async with transaction(engine) as connection:
        await connection.execute(
            text("UPDATE alert_sequence SET last = :last"), {"last": stream.MOST_REPLAYED + 1}
        )
    fanout = Fanout(engine, system_clock, office.settings.shop_zone(), Health())
    await fanout.start()
    with fanout.subscribe("s") as subscription:
        body = frames(engine, fanout.recent, subscription, 0)
        said = [await anext(body) for _ in range(2)]
        assert said[1].startswith(f"id: {stream.MOST_REPLAYED + 1}\nevent: reset".encode())


async def test_silence_is_filled_with_pings(engine: AsyncEngine, office: Any) -> None:
    with office.fanout.subscribe("s") as subscription:
        body = frames(engine, office.fanout.recent, subscription, None, ping_seconds=0.01)
        retry, ping = [await anext(body) for _ in range(2)]
        assert 100 <= int(retry.removeprefix(b"retry: ")) < 300
        assert ping == stream.PING


async def test_without_hints_the_next_look_finds_the_same(
    running: Running, engine: AsyncEngine, raise_alert: RaiseAlert
) -> None:
    listeners = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
    )
    async with running() as address, reading(address) as (reader, _):
        async with asyncio.timeout(5):
            killed = 0
            while not killed:
                async with transaction(engine) as connection:
                    killed = len((await connection.execute(listeners)).all())
        await raise_alert()
        assert (await reader.next("alert"))[0] == 1


async def test_logging_out_ends_the_streams_of_that_session_only(
    running: Running, raise_alert: RaiseAlert
) -> None:
    async with (
        running() as address,
        reading(address) as (staying, _),
        reading(address) as (leaving, client),
    ):
        await raise_alert("e1")
        await leaving.next("alert")
        csrf = (await client.get("/api/session")).json()["csrf"]
        assert (await client.delete("/api/session", headers={"x-csrf-token": csrf})).status_code == 204
        assert await leaving.ended()
        assert (await client.get("/api/alerts")).status_code == 401
        await raise_alert("e2")
        assert [(await staying.next("alert"))[0] for _ in range(2)] == [1, 2]


async def test_at_shutdown_streams_end_themselves(running: Running) -> None:
    async with running() as address:
        opened = reading(address)
        reader, _ = await opened.__aenter__()
    assert await reader.ended()
    await opened.__aexit__(None, None, None)


async def test_an_erased_customer_is_withdrawn_from_the_pages_without_a_name(
    running: Running,
    raise_alert: RaiseAlert,
    follow: Callable[..., Awaitable[None]],
    happened: Callable[..., Envelope],
) -> None:
    await follow(happened(ContactChanged(name="山田 花子")))
    await raise_alert()
    async with running() as address, reading(address, "?after=0") as (reader, _):
        assert (await reader.next("alert"))[1]["name"] == "山田 花子"
        await follow(happened(CustomerErased("7")))
        _, alert = await reader.next("alert")
        assert (alert["what"], alert["state"], alert["name"]) == ("withdrawn", "withdrawn", None)
