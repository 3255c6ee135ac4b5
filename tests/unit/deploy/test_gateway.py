"""The gateway: forwards what it should and cuts off who dawdles."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.local.ports import free_port, listens

PATIENCE = 10.0


@dataclass(frozen=True)
class Gateway:
    webhooks: int
    desk: int


@pytest.fixture
async def upstream() -> AsyncIterator[int]:
    """Stands for every service: answers each whole request with its first line, and never a half one."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head.lower())
        await reader.readexactly(int(length[1]) if length else 0)
        body = head.split(b"\r\n")[0]
        writer.write(
            b"HTTP/1.1 202 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
async def gateway(nginx: str, root: Path, tmp_path: Path, upstream: int) -> AsyncIterator[Gateway]:
    """Our configuration with ports of this machine, and with a second where it says ten."""
    made = Gateway(free_port(), free_port())
    text = (root / "deploy/gateway/nginx.conf").read_text("utf-8")
    text = re.sub(r"(client_(?:header|body)_timeout) 10s", r"\1 1s", text)
    text = re.sub(r"set \$(\w+) \w+:\d+", rf"set $\1 127.0.0.1:{upstream}", text)
    text = text.replace("listen 8080", f"listen 127.0.0.1:{made.webhooks}")
    text = text.replace("listen 8081", f"listen 127.0.0.1:{made.desk}")
    text = text.replace("127.0.0.1:8082", f"127.0.0.1:{free_port()}")
    text = re.sub(r"\B/tmp\b", str(tmp_path), text).replace("/dev/stderr", f"{tmp_path}/error.log")
    text = text.replace("/dev/stdout", f"{tmp_path}/access.log")
    (tmp_path / "nginx.conf").write_text(f"daemon off; master_process off;\n{text}", "utf-8")
    # With one process there is nobody to become: it stays who it is, and may write where the test may.
    process = await asyncio.create_subprocess_exec(
        nginx, "-c", str(tmp_path / "nginx.conf"), "-e", f"{tmp_path}/error.log"
    )
    try:
        async with asyncio.timeout(PATIENCE):
            while not listens(made.webhooks):
                assert process.returncode is None, (tmp_path / "error.log").read_text()
                await asyncio.sleep(0.02)
        yield made
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), PATIENCE)


async def exchange(port: int, sent: bytes) -> bytes:
    """Send, then wait until the other side closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(PATIENCE):
            writer.write(sent)
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


def request(line: str, body: bytes = b"") -> bytes:
    head = f"{line} HTTP/1.1\r\nHost: hooks\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def test_a_webhook_goes_through(gateway: Gateway) -> None:
    answer = await exchange(gateway.webhooks, request("POST /webhooks/shop/shopify", b"{}"))
    assert answer.startswith(b"HTTP/1.1 202")
    assert answer.endswith(b"POST /webhooks/shop/shopify HTTP/1.1")


@pytest.mark.parametrize(("size", "status"), [(10 * 1024 * 1024, b"202"), (10 * 1024 * 1024 + 1, b"413")])
async def test_events_in_bulk_go_through_up_to_ten_mebibytes(
    gateway: Gateway, size: int, status: bytes
) -> None:
    answer = await exchange(gateway.webhooks, request("POST /v1/events", b"x" * size))
    assert answer.split(b" ")[1] == status


async def test_the_public_side_shows_nothing_but_webhooks_events_and_unsubscribing(gateway: Gateway) -> None:
    status = {
        line: (await exchange(gateway.webhooks, request(line))).split(b" ")[1]
        for line in (
            "GET /webhooks/shop/shopify",
            "GET /v1/events",
            "GET /v1/risks",
            "GET /openapi.json",
            "GET /",
            "GET /metrics",
            "GET /login",
            "GET /unsubscribe/x",
        )
    }
    assert list(status.values()) == [b"403", b"403", b"404", b"404", b"404", b"404", b"404", b"202"]


async def test_a_webhook_of_more_than_a_mebibyte_is_refused_at_the_door(gateway: Gateway) -> None:
    answer = await exchange(
        gateway.webhooks, request("POST /webhooks/shop/shopify", b"x" * (1024 * 1024 + 1))
    )
    assert answer.startswith(b"HTTP/1.1 413")


async def test_who_does_not_finish_is_cut_off_while_others_are_served(gateway: Gateway) -> None:
    whole = request("POST /webhooks/shop/shopify", b"{}")
    async with asyncio.TaskGroup() as senders:
        slow = [
            senders.create_task(exchange(gateway.webhooks, sent)) for sent in (b"", whole[:9], whole[:-1])
        ]
        quick = senders.create_task(exchange(gateway.webhooks, whole))
    assert quick.result().startswith(b"HTTP/1.1 202")
    assert not any(sender.result().startswith(b"HTTP/1.1 2") for sender in slow)


async def test_the_log_keeps_no_query_string(gateway: Gateway, tmp_path: Path) -> None:
    await exchange(gateway.desk, request("GET /somewhere?mail=hanako@example.com"))
    log = (tmp_path / "access.log").read_text()
    assert "/somewhere" in log
    assert "hanako" not in log
