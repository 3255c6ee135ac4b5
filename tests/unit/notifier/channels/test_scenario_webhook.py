"""A step as a webhook: signed, the same at every attempt, and never to an endpoint that is off."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

from services.notifier.channels.base import Deferred, Message, Outcome, Refused, Sent, Unknown
from services.notifier.channels.scenario_webhook import NoTarget, ScenarioWebhookChannel, Target
from services.notifier.channels.webhook import Webhooks
from shared.clock import system_clock

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
ACTION = "8d7a3f0e-7a4b-5c1d-9e2f-000000000001"
TOLD = {"customer_ref": "tea-shop/shopify/1", "scenario": "vip", "step": "crm", "facts": {"skips": 2}}
MESSAGE = Message(
    action=ACTION,
    key=ACTION,
    address="0b7c5f3e-0000-4000-8000-000000000001",
    name="山田 花子",
    subject="",
    text=json.dumps(TOLD),
    html="",
    unsubscribe_url="",
    at=datetime(2026, 3, 10, 3, 0, tzinfo=UTC),
)


@dataclass
class Receiver:
    """Answers with `status`, or with nothing at all; keeps head and body of what it got."""

    status: int | None = 200
    kept: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head)}
        self.kept.append((headers, await reader.readexactly(int(headers["content-length"]))))
        if self.status is not None:
            writer.write(f"HTTP/1.1 {self.status} X\r\ncontent-length: 0\r\n\r\n".encode())
            await writer.drain()
        writer.close()


@asynccontextmanager
async def channel_to(
    receiver: Receiver, off: NoTarget | None = None
) -> AsyncIterator[ScenarioWebhookChannel]:
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hooks"

    async def find(endpoint: str) -> Target | NoTarget:
        assert endpoint == MESSAGE.address
        return off or Target(url, (SECRET,))

    async with server:
        yield ScenarioWebhookChannel(Webhooks(system_clock, private_hosts=True, timeout=5.0), find)


async def send(receiver: Receiver, off: NoTarget | None = None, **changes: Any) -> Outcome:
    async with channel_to(receiver, off) as channel:
        return await channel.send(replace(MESSAGE, payload=channel.payload(MESSAGE), **changes))


async def test_another_program_gets_the_facts_signed_and_no_name() -> None:
    receiver = Receiver()
    assert await send(receiver) == Sent()
    ((headers, body),) = receiver.kept
    Webhook(SECRET).verify(body, headers)
    assert headers["webhook-id"] == ACTION
    assert json.loads(body) == {
        "type": "scenario.step",
        "timestamp": "2026-03-10T03:00:00+00:00",
        "data": TOLD,
    }
    assert "花子".encode() not in body


async def test_a_repeat_is_the_same_to_the_byte() -> None:
    receiver = Receiver(status=None)
    assert await send(receiver) == Unknown("cut")
    receiver.status = 200
    assert await send(receiver, repeat=True) == Sent()
    (first, second) = receiver.kept
    assert first[1] == second[1]
    assert first[0]["webhook-id"] == second[0]["webhook-id"]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (204, Sent()),
        (302, Deferred("webhook_302")),
        (404, Deferred("webhook_404")),
        (410, Refused("webhook_410")),
        (429, Deferred("webhook_429")),
        (500, Unknown("webhook_500")),
        (503, Deferred("webhook_503")),
    ],
)
async def test_every_answer_has_its_meaning(status: int, outcome: Outcome) -> None:
    assert await send(Receiver(status)) == outcome


async def test_what_is_deferred_after_it_may_have_left_is_still_unknown() -> None:
    assert await send(Receiver(503), repeat=True) == Unknown("webhook_503")


async def test_an_endpoint_that_is_off_waits_and_one_that_is_gone_refuses() -> None:
    receiver = Receiver()
    assert await send(receiver, "endpoint_off") == Deferred("endpoint_off")
    assert await send(receiver, "no_endpoint") == Refused("no_endpoint")
    assert receiver.kept == []


async def test_repeats_are_asked_of_a_receiver_for_a_day() -> None:
    async with channel_to(Receiver()) as channel:
        assert channel.repeats_for == timedelta(hours=24)
        assert channel.key(ACTION) == ACTION
