"""The notifier process: a risk on the topic becomes an alert on the page, and SIGTERM ends it cleanly."""

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable

import httpx

from deploy.local.ports import free_port
from shared.clock import monotonic
from shared.events.customer import ContactChanged
from shared.events.envelope import Envelope, record_of
from shared.events.risk import RiskAssessed
from shared.kafka.producer import Acked, EventProducer
from shared.kafka.provision import provision
from shared.process.settings import CommonSettings

LOGIN = {"login": "misaki", "password": "hikitome-desk"}


async def test_a_risk_on_the_topic_is_an_alert_on_the_page(
    postgres_dsn: str,
    kafka_bootstrap: str,
    happened: Callable[..., Envelope],
    risk: Callable[..., RiskAssessed],
) -> None:
    broker = CommonSettings(kafka_bootstrap=kafka_bootstrap, kafka_idempotent=False)
    await provision(broker)
    port, admin = free_port(), free_port()
    process = start(port, admin, postgres_dsn, kafka_bootstrap)
    customer = f"demo/shopify/{secrets.token_hex(4)}"
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
            await until_it_answers(client, process)
            await client.post("/api/session", data=LOGIN)
            async with EventProducer(broker, delivery_timeout=10) as producer:
                facts = [ContactChanged(name="山田 花子"), risk(f"episode-{customer}")]
                records = [record_of(happened(fact, subject=customer)) for fact in facts]
                assert await producer.publish(records) == Acked()
            alert = await until_raised(client, customer)
            assert (alert["state"], alert["band"]) == ("raised", "critical")
            metrics = (await client.get(f"http://127.0.0.1:{admin}/metrics")).text
            assert "hikitome_alerts_raised_total" in metrics
            assert (await client.get(f"http://127.0.0.1:{admin}/readyz")).json()["ready"]
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 12) == 0
    finally:
        process.kill()
        process.wait()


def start(port: int, admin: int, dsn: str, bootstrap: str, **more: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "services.notifier"],
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("HIKITOME_")},
            "HIKITOME_PORT": str(port),
            "HIKITOME_ADMIN_PORT": str(admin),
            "HIKITOME_POSTGRES_DSN": dsn,
            "HIKITOME_MIGRATE_ON_START": "true",
            "HIKITOME_KAFKA_BOOTSTRAP": bootstrap,
            "HIKITOME_KAFKA_IDEMPOTENT": "false",
            "HIKITOME_KAFKA_FETCH_MAX_WAIT_MS": "10",
            "HIKITOME_DESK_AGENTS": json.dumps([{**LOGIN, "name": "岡田 みさき"}]),
            "HIKITOME_UNSUBSCRIBE_SECRETS": json.dumps(["s" * 32]),
            **more,
        },
    )


async def until_it_answers(client: httpx.AsyncClient, process: subprocess.Popen[bytes]) -> None:
    deadline = monotonic() + 30
    while monotonic() < deadline:
        assert process.poll() is None, "the notifier ended at once"
        try:
            await client.get("/login")
        except httpx.TransportError:
            await asyncio.sleep(0.1)
        else:
            return
    raise TimeoutError("the notifier does not answer")


async def until_raised(client: httpx.AsyncClient, customer: str) -> dict[str, str]:
    deadline = monotonic() + 30
    while monotonic() < deadline:
        alerts = (await client.get("/api/alerts?most=1000")).json()["alerts"]
        found = [alert for alert in alerts if alert["customer_ref"] == customer]
        if found:
            return dict(found[0])
        await asyncio.sleep(0.1)
    raise TimeoutError("no alert was raised")
