"""The metrics reader: takes what it wants from real exposition text, and says who does not answer."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from prometheus_client import generate_latest

import shared.process.metrics as metrics
from deploy.local.ports import free_port
from services.notifier.channels.metrics_reader import MetricsReader, samples

HEAD = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/plain\r\n\r\n"


def test_what_our_own_services_show_can_be_read() -> None:
    metrics.consumer_lag_seconds.labels(topic="customer-events", partition="3").set(1.5)
    found = {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for one in samples(generate_latest().decode())
    }
    labels = (("partition", "3"), ("topic", "customer-events"))
    assert found["hikitome_consumer_lag_seconds", labels] == 1.5
    assert ("hikitome_spool_records", ()) in found
    assert not any(name.endswith("_bucket") for name, _ in found)


def test_what_is_no_metric_is_an_error() -> None:
    with pytest.raises(ValueError, match="convert"):
        samples("hikitome_spool_records is seven\n")


@pytest.fixture
async def service() -> AsyncIterator[str]:
    """Answers /metrics with one line, /broken with nonsense, and everything else never."""
    bodies = {b"/metrics": b"hikitome_spool_records 3.0\n", b"/broken": b"hikitome_spool_records x\n"}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
        if path in bodies:
            writer.write(HEAD + bodies[path])
        else:
            await reader.read()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_who_does_not_answer_keeps_nobody_waiting(service: str) -> None:
    sources = {
        "ingest": f"{service}/metrics",
        "scoring": f"{service}/silent",
        "broken": f"{service}/broken",
        "gone": f"http://127.0.0.1:{free_port()}/metrics",
    }
    async with asyncio.timeout(5):
        told = await MetricsReader(sources).read()
    assert [one.value for one in told["ingest"] or ()] == [3.0]
    assert (told["scoring"], told["broken"], told["gone"]) == (None, None, None)


async def test_without_sources_nobody_is_asked() -> None:
    assert await MetricsReader({}).read() == {}
