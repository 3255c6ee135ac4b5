"""A receiver of webhooks on a real port, which answers well or as badly as receivers do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec

Behaviour = int | str
"""A status; or `slow` (no answer), `cut` (no answer and gone), `redirect`, `endless` (a body without end)."""


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def said(self) -> Any:
        return msgspec.json.decode(self.body)


@dataclass(slots=True)
class Receiver:
    """`next` is used up first, then `usual`; `more` are headers of every answer."""

    url: str = ""
    usual: Behaviour = 200
    next: list[Behaviour] = field(default_factory=list)
    more: dict[str, str] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def wait_for(self, count: int, seconds: float = 10) -> list[Received]:
        async with asyncio.timeout(seconds), self.news:
            await self.news.wait_for(lambda: len(self.received) >= count)
        return self.received

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            received = await _read(reader)
            behaviour = self.next.pop(0) if self.next else self.usual
            async with self.news:
                self.received.append(received)
                self.news.notify_all()
            await self._answer(behaviour, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    async def _answer(
        self, behaviour: Behaviour, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        match behaviour:
            case "cut":
                return
            case "slow":
                # Until the sender gives up.
                await reader.read()
            case "redirect":
                writer.write(f"HTTP/1.1 302 Found\r\nlocation: {self.url}/elsewhere\r\n\r\n".encode())
            case "endless":
                writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
                while not reader.at_eof():
                    writer.write(b"400\r\n" + b"x" * 1024 + b"\r\n")
                    await writer.drain()
            case status:
                more = "".join(f"{name}: {value}\r\n" for name, value in self.more.items())
                writer.write(f"HTTP/1.1 {status} x\r\n{more}content-length: 2\r\n\r\nok".encode())
        await writer.drain()


async def _read(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    pairs = [line.partition(":") for line in head[1:] if line]
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    return Received(headers, await reader.readexactly(int(headers["content-length"])))


@asynccontextmanager
async def receiving(**how: Any) -> AsyncIterator[Receiver]:
    receiver = Receiver(**how)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hooks"
    try:
        yield receiver
    finally:
        server.close()
