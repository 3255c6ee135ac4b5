"""Several senders, slow receivers, a sender that is killed: nobody waits for another, nothing is lost."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from services.notifier.channels.webhook import Post, Webhooks
from services.notifier.deliver import LEASE, Deliveries
from services.notifier.endpoints import Endpoints
from services.notifier.hooks import Hooks
from services.notifier.retries import Unanswered
from shared.clock import monotonic, system_clock
from shared.postgres.engine import AsyncEngine
from shared.process.health import Health
from tests.integration.notifier.desk.programs.conftest import Clock
from tests.integration.notifier.desk.programs.receiver import Receiver, receiving

Make = Callable[..., Awaitable[tuple[str, str]]]
Raise = Callable[..., Awaitable[str]]
Running = Callable[..., AbstractAsyncContextManager[str]]
ROOT = Path(__file__).parents[5]
# A sender in a process of its own, that can be killed.
SENDER = """
import asyncio, sys
from services.notifier.channels.webhook import Webhooks
from services.notifier.deliver import Deliveries
from services.notifier.hooks import Hooks
from shared.clock import system_clock
from shared.postgres.engine import create_engine
from shared.process.health import Health

async def main():
    engine = create_engine(sys.argv[1], "notifier")
    webhooks = Webhooks(system_clock, private_hosts=True)
    await Hooks(Deliveries(engine, webhooks, system_clock), Health(), 0.02).run(asyncio.Event())

asyncio.run(main())
"""


def hooks(engine: AsyncEngine, now: Callable[..., object] = system_clock) -> Hooks:
    sending = Deliveries(engine, Webhooks(system_clock, private_hosts=True), now)  # type: ignore[arg-type]
    return Hooks(sending, Health(), 0.02)


async def test_two_senders_at_once_send_each_message_once(
    engine: AsyncEngine, receiver: Receiver, make_endpoint: Make, raise_alert: Raise, running: Running
) -> None:
    await make_endpoint(receiver.url)
    async with running(hooks(engine).run, hooks(engine).run):
        for n in range(30):
            await raise_alert(f"e{n}", f"demo/shopify/{n}")
        received = await receiver.wait_for(30)

    assert len(received) == 30
    assert len({one.id for one in received}) == 30


async def test_a_slow_endpoint_delays_no_other(
    engine: AsyncEngine, receiver: Receiver, make_endpoint: Make, raise_alert: Raise, running: Running
) -> None:
    async with receiving(usual="slow") as slow:
        await make_endpoint(slow.url)
        await make_endpoint(receiver.url)
        async with running(hooks(engine).run):
            for n in range(8):
                await raise_alert(f"e{n}", f"demo/shopify/{n}")
            await slow.wait_for(4)
            await raise_alert("late", "demo/shopify/late")
            began = monotonic()
            await receiver.wait_for(9)
            assert monotonic() - began < 5
        assert len(slow.received) == 4


async def test_a_sender_killed_before_it_could_record_the_answer_is_no_loss(
    engine: AsyncEngine,
    postgres_dsn: str,
    receiver: Receiver,
    make_endpoint: Make,
    raise_alert: Raise,
    number: Callable[[], Awaitable[int]],
    running: Running,
    clock: Clock,
) -> None:
    receiver.next.append("slow")
    endpoint, _ = await make_endpoint(receiver.url)
    await raise_alert()
    await number()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    sender = await asyncio.create_subprocess_exec(sys.executable, "-c", SENDER, postgres_dsn, env=environment)
    try:
        (first,) = await receiver.wait_for(1, 30)
    finally:
        sender.kill()
        await sender.wait()

    def later() -> object:
        return system_clock() + LEASE

    async with running(hooks(engine, later).run):
        await receiver.wait_for(2)
    assert [one.id for one in receiver.received] == [first.id, first.id]
    (logged,) = await Endpoints(engine, clock).log(endpoint)
    assert (logged.state, len(logged.attempts)) == ("delivered", 1)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "10.1.2.3", "169.254.169.254", "[::1]", "[::ffff:10.0.0.1]"]
)
async def test_addresses_of_ones_own_network_are_not_connected_to(receiver: Receiver, host: str) -> None:
    port = urlsplit(receiver.url).port
    post = Post("msg_1", f"https://{host}:{port}/", ("whsec_aGVsbG8=",), b"{}")
    assert await Webhooks(system_clock).send(post) == Unanswered("forbidden_address")
    assert receiver.received == []
