"""The fake LINE on a port of its own: what is sent to it, what it answered, and what it tells."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.line_api import Fault, Kind, Line
from deploy.local.line_fake import line_app
from deploy.local.line_store import Kept, LineStore
from deploy.local.line_users import Users
from deploy.local.ports import free_port, listens
from services.notifier.channels.line import Account
from shared.clock import Now, monotonic, system_clock
from shared.process.run import serve

TOKEN = "channel access token"
SECRET = "channel secret"
HANAKO = "U" + "0a" * 16
"""The LINE id of whoever is a customer in tests."""


@dataclass(frozen=True, slots=True)
class FakeLine:
    line: Line
    users: Users
    url: str

    def account(self, timeout: float = 10.0) -> Account:
        return Account(self.url, TOKEN, timeout)

    def fails(self, *kinds: Kind, seconds: float = 0.0) -> None:
        """The next pushes meet these faults, one each."""
        self.line.faults.extend(Fault(kind, seconds) for kind in kinds)

    def accepted(self) -> list[Kept]:
        return self.line.store.accepted()

    def pushes(self) -> list[str]:
        """What each push met, in order."""
        return [one.status for one in self.line.store.asked() if one.path == "push"]

    def asked_for_quota(self) -> int:
        return sum(one.path == "quota" for one in self.line.store.asked())


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[str]:
    """An application on a port of its own; gives its address."""
    stop, port = asyncio.Event(), free_port()
    running = asyncio.create_task(serve(app, "127.0.0.1", port, 1)(stop))
    try:
        deadline = monotonic() + 10
        while not listens(port):
            assert monotonic() < deadline, "it does not answer"
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
    finally:
        stop.set()
        await running


@asynccontextmanager
async def running_line(
    folder: Path,
    most: int | None = None,
    now: Now = system_clock,
    webhook: str = "http://127.0.0.1:9/line/webhook",
) -> AsyncIterator[FakeLine]:
    """`most` is the month's quota; webhooks go to `webhook`."""
    with closing(LineStore(folder / "line.db")) as store:
        line = Line(store, TOKEN, most, now)
        users = Users(store, webhook, SECRET.encode(), now)
        async with serving(line_app(line, users)) as url:
            yield FakeLine(line, users, url)
