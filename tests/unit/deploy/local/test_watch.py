"""The watcher reads a stream of server-sent events as a browser does."""

from collections.abc import AsyncIterator

from deploy.local.watch import ServerEvent, server_events


async def lines(*given: str) -> AsyncIterator[str]:
    for line in given:
        yield line


async def read(*given: str) -> list[ServerEvent]:
    return [event async for event in server_events(lines(*given))]


async def test_an_event_ends_with_an_empty_line() -> None:
    assert await read("id: 7", "event: alert", 'data: {"a": 1}', "") == [
        ServerEvent("alert", '{"a": 1}', "7")
    ]


async def test_comments_and_events_without_data_say_nothing() -> None:
    assert await read(": ping", "", "retry: 2000", "") == []


async def test_an_event_that_was_cut_off_is_not_read() -> None:
    assert await read("id: 7", "data: x") == []


async def test_an_event_without_an_id_has_none_of_the_one_before() -> None:
    events = await read("id: 7", "data: x", "", "event: counts", "data: y", "")
    assert events[1] == ServerEvent("counts", "y", None)
