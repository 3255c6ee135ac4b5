"""The outbox and its relay."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import text

from shared.events.envelope import Envelope
from shared.events.topics import ALL, CUSTOMER_EVENTS
from shared.kafka.producer import EventProducer
from shared.kafka.provision import provision
from shared.kafka.relay import Relay
from shared.kafka.stream import PartitionStream
from shared.postgres import outbox
from shared.postgres.engine import AsyncConnection, AsyncEngine, transaction
from shared.process.settings import CommonSettings


async def pending(engine: AsyncEngine) -> int:
    async with transaction(engine) as connection:
        return (await outbox.backlog(connection))[0]


async def test_what_is_committed_is_published_in_order_and_forgotten(
    settings: CommonSettings,
    engine: AsyncEngine,
    envelope: Callable[[int], Envelope],
    running: Any,
    eventually: Any,
) -> None:
    await provision(settings, ALL)
    wanted = [envelope(number) for number in range(60)]
    async with transaction(engine) as connection:
        await outbox.append(connection, wanted)
    seen: list[Envelope] = []

    async def note(_connection: AsyncConnection, envelopes: Sequence[Envelope]) -> None:
        ours = {each.id for each in wanted}
        seen.extend(each for each in envelopes if each.id in ours)

    async def all_seen() -> bool:
        return len(seen) >= len(wanted)

    stream = PartitionStream(settings, engine, f"g-{id(seen)}", [CUSTOMER_EVENTS], note)
    async with (
        EventProducer(settings, delivery_timeout=10) as producer,
        running(Relay(engine, producer).run),
        running(stream.run),
    ):
        await eventually(all_seen)
    assert await pending(engine) == 0
    for subject in {each.subject for each in wanted}:
        published = [each.id for each in seen if each.subject == subject]
        assert published == [each.id for each in wanted if each.subject == subject]


async def test_nothing_is_forgotten_while_the_broker_is_away(
    engine: AsyncEngine, envelope: Callable[[int], Envelope], running: Any
) -> None:
    nowhere = CommonSettings(kafka_bootstrap="127.0.0.1:1", kafka_idempotent=False)
    async with transaction(engine) as connection:
        await outbox.append(connection, [envelope(1)])
    async with (
        EventProducer(nowhere, delivery_timeout=0.3) as producer,
        running(Relay(engine, producer, look_every=0.01).run),
    ):
        await asyncio.sleep(0)
    assert await pending(engine) == 1


async def test_a_rolled_back_event_is_never_published(
    engine: AsyncEngine, envelope: Callable[[int], Envelope]
) -> None:
    async with engine.connect() as connection:
        await outbox.append(connection, [envelope(1)])
        await connection.execute(text("SELECT 1"))
        await connection.rollback()
    assert await pending(engine) == 0
