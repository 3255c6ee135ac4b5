"""The ingest process among senders who dawdle, never stop or send too much: others are served meanwhile."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.kafka.provision import provision
from shared.process.settings import CommonSettings
from tests.integration.ingest.test_ingest_process import Ingest, started

SHORT = {"HIKITOME_HEAD_TIMEOUT": "0.5", "HIKITOME_BODY_TIMEOUT": "0.5"}
IN_TIME = 5.0
CROWD = 500


@pytest.fixture
async def ingest(tmp_path: Path, kafka_bootstrap: str) -> AsyncIterator[Ingest]:
    await provision(CommonSettings.model_validate({"kafka_bootstrap": kafka_bootstrap}))
    with started(tmp_path, kafka_bootstrap, **SHORT) as running:
        async with running.client:
            yield running


async def opened(ingest: Ingest) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", ingest.client.base_url.port)


def head(ingest: Ingest, *fields: str) -> bytes:
    return "\r\n".join(
        (f"POST /webhooks/{ingest.shop}/shopify HTTP/1.1", "host: a", *fields, "\r\n")
    ).encode()


async def told(ingest: Ingest, sent: bytes, drip: bytes = b"") -> bytes:
    """Everything that comes until the end, which is waited for."""
    reader, writer = await opened(ingest)
    writer.write(sent)
    async with asyncio.timeout(IN_TIME):
        dripping = asyncio.create_task(dripped(writer, drip))
        try:
            return await reader.read()
        except ConnectionError:
            return b""
        finally:
            dripping.cancel()
            writer.close()


async def dripped(writer: asyncio.StreamWriter, drip: bytes) -> None:
    while drip:
        writer.write(drip)
        await asyncio.sleep(0.05)


def memory(ingest: Ingest) -> int:
    """The most that the process ever had in memory, in bytes."""
    status = Path(f"/proc/{ingest.process.pid}/status")
    if not status.exists():
        pytest.skip("there is no /proc here")
    peak = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
    assert peak is not None
    return int(peak[1]) * 1024


async def test_who_does_not_finish_is_cut_off_in_time(ingest: Ingest) -> None:
    half_head = head(ingest).removesuffix(b"\r\n\r\n")
    half_body = head(ingest, "content-length: 100") + b"{"

    async with asyncio.TaskGroup() as senders:
        heads = [
            senders.create_task(told(ingest, sent, drip))
            for sent, drip in ((b"", b""), (half_head, b""), (half_head, b"\r\na: b"))
        ]
        bodies = [senders.create_task(told(ingest, half_body, drip)) for drip in (b"", b" ")]

    assert [each.result() for each in heads] == [b""] * 3
    assert bodies[0].result().startswith(b"HTTP/1.1 408 Request Timeout")
    # Who writes at the very moment may not see the answer.
    assert bodies[1].result()[:12] in (b"HTTP/1.1 408", b"")


async def test_a_crowd_of_slow_senders_keeps_nobody_waiting(ingest: Ingest) -> None:
    crowd = [asyncio.create_task(told(ingest, head(ingest)[:9], b"x")) for _ in range(CROWD)]
    loop = asyncio.get_running_loop()

    waits: list[float] = []
    while not all(each.done() for each in crowd):
        began = loop.time()
        assert (await ingest.post("customers/delete", {"id": 42})).status_code == 202
        waits.append(loop.time() - began)

    assert len(waits) > 10
    assert max(waits) < IN_TIME


async def test_a_body_without_end_costs_no_memory(ingest: Ingest) -> None:
    await ingest.post("customers/delete", {"id": 42})
    before = memory(ingest)
    _, writer = await opened(ingest)
    writer.write(head(ingest, "transfer-encoding: chunked"))
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"

    try:
        async with asyncio.timeout(IN_TIME):
            for _ in range(200 * 16):
                writer.write(chunk)
                await writer.drain()
    except ConnectionError:
        pass
    writer.close()

    assert memory(ingest) - before < 30 * 1024 * 1024
    assert (await ingest.post("customers/delete", {"id": 42})).status_code == 202


async def test_many_large_bodies_at_once_are_refused_without_being_collected(ingest: Ingest) -> None:
    before = memory(ingest)
    sent = head(ingest, "content-length: 200000000") + b"x" * 200_000

    answers = await asyncio.gather(*(told(ingest, sent) for _ in range(50)))

    assert {answer.split(b"\r\n")[0] for answer in answers} == {b"HTTP/1.1 413 Request Entity Too Large"}
    assert memory(ingest) - before < 50 * 1024 * 1024


@pytest.mark.parametrize(
    ("field", "status"), [("content-length: 2000000", b"413"), ("content-encoding: gzip", b"415")]
)
async def test_who_asks_first_is_spared_the_body(ingest: Ingest, field: str, status: bytes) -> None:
    answer = await told(ingest, head(ingest, "expect: 100-continue", field))

    assert answer.startswith(b"HTTP/1.1 " + status)
    assert b"100 Continue" not in answer


async def test_who_asks_first_with_a_body_that_fits_is_told_to_go_on(ingest: Ingest) -> None:
    reader, writer = await opened(ingest)
    writer.write(head(ingest, "expect: 100-continue", "content-length: 2"))

    async with asyncio.timeout(IN_TIME):
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"{}")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 401 ")
    writer.close()
