"""Real processes: one that is stopped while sending and wakes up too late, and one that is killed."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from deploy.local.mail_api import MailApi
from services.notifier.channels.mail_api import MailApiChannel, Provider
from shared.events.action import ActionUnknown
from tests.integration.notifier.sending.conftest import SENDER, TOKYO
from tests.integration.notifier.sending.matrix.providers import served
from tests.integration.notifier.sending.planned import Enrolled, one_step, plan

if TYPE_CHECKING:
    from tests.integration.notifier.sending.conftest import Desk

HERE = Path(__file__).parent
ROOT = HERE.parents[4]
PATIENCE = 90.0


@contextlib.asynccontextmanager
async def worker(dsn: str, kind: str, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(HERE / "worker.py"),
        dsn,
        kind,
        str(port),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def says(process: asyncio.subprocess.Process, words: bytes) -> None:
    """Until it has written them in its log."""
    assert process.stdout is not None
    async for line in process.stdout:
        if words in line:
            return


async def begin(desk: "Desk") -> None:
    scenario = one_step("mail")
    await desk.keep(scenario)
    await desk.know(["tea-shop/shopify/1001"])
    await plan(desk.engine, scenario, [Enrolled("tea-shop/shopify/1001", desk.clock.now)], TOKYO)


async def test_a_process_that_is_stopped_while_sending_wakes_up_to_nothing_left_to_do(
    desk: "Desk", postgres_dsn: str
) -> None:
    await begin(desk)
    desk.post.holding = asyncio.Event()
    async with asyncio.timeout(PATIENCE), worker(postgres_dsn, "smtp", desk.post.port) as process:
        await desk.post.arrived.wait()
        process.send_signal(signal.SIGSTOP)
        await desk.let_leases_end()
        assert await desk.dispatcher().turn() == 0
        assert await desk.states() == [("unknown", "worker_lost")]
        desk.post.holding.set()
        process.send_signal(signal.SIGCONT)
        await says(process, b"an outcome came after the lease")
    assert await desk.dispatcher().turn() == 0
    assert len(desk.post.kept) == 1
    assert await desk.states() == [("unknown", "worker_lost")]
    assert [type(event) for event in await desk.events()] == [ActionUnknown]


async def test_what_a_killed_process_was_sending_is_unknown_and_stays_so(
    desk: "Desk", postgres_dsn: str
) -> None:
    await begin(desk)
    desk.post.holding = asyncio.Event()
    async with asyncio.timeout(PATIENCE), worker(postgres_dsn, "smtp", desk.post.port) as process:
        await desk.post.arrived.wait()
        process.send_signal(signal.SIGKILL)
        await process.wait()
    desk.post.holding.set()
    await desk.let_leases_end()
    for _ in range(3):
        assert await desk.dispatcher().turn() == 0
    assert await desk.states() == [("unknown", "worker_lost")]
    assert len(desk.post.kept) <= 1


async def test_where_a_repeat_is_known_a_killed_process_message_is_sent_by_the_next(
    desk: "Desk", postgres_dsn: str
) -> None:
    await begin(desk)
    taken = asyncio.Event()
    api = MailApi(keep=lambda _taken: taken.set())
    api.faults.append("slow")
    async with asyncio.timeout(PATIENCE), served(api.app()) as address:
        async with worker(postgres_dsn, "api", urlsplit(address).port or 0) as process:
            await taken.wait()
            process.send_signal(signal.SIGKILL)
            await process.wait()
        api.go_on.set()
        await desk.let_leases_end()
        channel = MailApiChannel(Provider(f"{address}/emails", "local"), SENDER)
        await desk.dispatcher({"mail": channel}).turn()
        await desk.let_retries_come()
        await desk.dispatcher({"mail": channel}).turn()
    assert await desk.states() == [("sent", None)]
    assert len(api.taken) == 1
    assert api.requests >= 2
