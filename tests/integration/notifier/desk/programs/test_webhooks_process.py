"""The notifier process sends webhooks by itself, and ends cleanly."""

import asyncio
import signal
from collections.abc import Awaitable, Callable

import httpx

from deploy.local.ports import free_port
from shared.kafka.provision import provision
from shared.process.settings import CommonSettings
from tests.integration.notifier.desk.programs.receiver import Receiver
from tests.integration.notifier.desk.test_desk_process import start, until_it_answers


async def test_an_alert_reaches_the_endpoint_and_the_process_ends_cleanly(
    postgres_dsn: str,
    kafka_bootstrap: str,
    receiver: Receiver,
    make_endpoint: Callable[..., Awaitable[tuple[str, str]]],
    raise_alert: Callable[..., Awaitable[str]],
) -> None:
    await provision(CommonSettings(kafka_bootstrap=kafka_bootstrap, kafka_idempotent=False))
    await make_endpoint(receiver.url)
    port, admin = free_port(), free_port()
    process = start(port, admin, postgres_dsn, kafka_bootstrap, HIKITOME_WEBHOOK_PRIVATE_HOSTS="true")
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
            await until_it_answers(client, process)
            alert = await raise_alert()
            (received,) = await receiver.wait_for(1, 30)
            assert received.said["data"]["alert"]["id"] == alert
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 12) == 0
    finally:
        process.kill()
        process.wait()
