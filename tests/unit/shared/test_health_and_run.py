"""Health and life of a process."""

import asyncio
import json
import signal
import subprocess
import sys

import httpx
import pytest

from shared.process.health import Health, admin_app

DRAINING = """
import asyncio, sys
from shared.process.run import run, start

async def tidy(stop):
    print("up", flush=True)
    await stop.wait()
    await asyncio.sleep(0.05)
    print("drained", flush=True)

sys.exit(start(run(("tidy", tidy))))
"""

SERVING = """
import sys
from shared.process.health import Health, admin_app
from shared.process.run import run, serve, start

async def tidy(stop):
    print("up", flush=True)
    await stop.wait()
    print("drained", flush=True)

sys.exit(start(run(("tidy", tidy), ("admin", serve(admin_app(Health()), "127.0.0.1", 0)))))
"""

DYING = """
import sys
from shared.process import logs
from shared.process.run import run, start

logs.configure("test")

async def tidy(stop):
    await stop.wait()
    print("drained", flush=True)

async def dying(stop):
    customer = "hanako@example.com"
    raise RuntimeError("no more")

sys.exit(start(run(("tidy", tidy), ("dying", dying))))
"""


REPEATING = """
import logging
from shared.process import logs

logs.configure("test")
for attempt in range(5):
    logging.getLogger("aiokafka.conn").error("Unable to connect to %s", attempt)
    logging.getLogger("ours").error("not sent")
"""


def test_the_kafka_client_says_the_same_only_once_in_a_while_and_we_say_everything() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", REPEATING], capture_output=True, text=True, timeout=30, check=True
    )
    said = [json.loads(line)["event"] for line in ended.stderr.splitlines()]
    assert said.count("Unable to connect to 0") == 1
    assert said.count("not sent") == 5
    assert len(said) == 6


@pytest.mark.parametrize("program", [DRAINING, SERVING])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_the_loops_drain_and_the_process_ends_with_zero(program: str, number: int) -> None:
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(number)
        assert process.stdout.read() == "drained\n"
    assert process.returncode == 0


def test_a_dying_loop_takes_the_others_with_it_and_the_exit_code_says_so() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", DYING], capture_output=True, text=True, timeout=30, check=False
    )
    assert (ended.returncode, ended.stdout) == (1, "drained\n")
    logged = [json.loads(line) for line in ended.stderr.splitlines()]
    assert [(line["service"], line["event"], line["error"]) for line in logged] == [
        ("test", "loop died", "RuntimeError")
    ]
    assert "hanako" not in ended.stderr.replace(DYING, "")


async def answers(health: Health, path: str) -> tuple[int, str]:
    transport = httpx.ASGITransport(admin_app(health))
    async with httpx.AsyncClient(transport=transport, base_url="http://admin") as client:
        response = await client.get(path)
        return response.status_code, response.text


async def test_a_loop_that_turns_is_healthy_and_one_that_hangs_is_not() -> None:
    health = Health()
    health.watch("stream", 60)
    assert (await answers(health, "/healthz"))[0] == 200
    health.watch("sweep", -1)
    status, text = await answers(health, "/healthz")
    assert status == 503
    assert "sweep" in text


async def test_readiness_names_the_neighbour_that_does_not_answer() -> None:
    async def yes() -> bool:
        return True

    async def no() -> bool:
        await asyncio.sleep(0)
        return False

    health = Health()
    health.add_check("postgres", yes)
    assert (await answers(health, "/readyz"))[0] == 200
    health.add_check("kafka", no)
    status, text = await answers(health, "/readyz")
    assert status == 503
    assert "kafka" in text
    assert "postgres" not in text


async def test_metrics_are_served_with_their_sentences() -> None:
    status, text = await answers(Health(), "/metrics")
    assert status == 200
    assert "# HELP hikitome_ingest_requests_total Requests by what became of them" in text
