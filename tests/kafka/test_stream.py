"""The partition stream on Apache Kafka: each event takes effect once, whoever comes, goes or dies."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from sqlalchemy import text

from shared.clock import monotonic
from shared.events.envelope import Envelope
from shared.events.topics import Topic
from shared.kafka.producer import Acked, EventProducer
from shared.postgres.engine import AsyncEngine, transaction
from shared.process.run import pause
from shared.process.settings import CommonSettings
from tests.kafka.apache_kafka import Kafka
from tests.kafka.conftest import Effects, Publish, Stream, UntilEffects, as_record, ids

Make = Callable[[int], Envelope]

OWNERS = text("SELECT owner FROM effect GROUP BY owner HAVING count(*) >= 300")
COUNT = text("SELECT count(*) FROM effect WHERE owner = :owner")
SUBJECTS = text("SELECT event_id, subject FROM effect ORDER BY at")


async def test_each_event_takes_effect_once_though_it_stands_twice_in_the_log(
    topic: Topic,
    stream: Stream,
    envelope: Make,
    publish: Publish,
    effects: Effects,
    running: Any,
    until_effects: UntilEffects,
) -> None:
    wanted = [envelope(number) for number in range(60)]
    await publish(topic, [*wanted, *wanted[:30]])
    await publish(topic, wanted)

    async with running(stream(topic, "a").run):
        await until_effects(len(wanted))
        await publish(topic, [*wanted, envelope(60)])
        wanted.append(envelope(60))
        await until_effects(len(wanted))
    assert sorted(await effects()) == sorted(ids(wanted))


async def test_consumers_may_come_and_go_under_load_and_each_event_takes_effect_once_and_in_order(
    settings: CommonSettings,
    make_topic: Callable[[int], Awaitable[Topic]],
    engine: AsyncEngine,
    stream: Stream,
    envelope: Make,
    effects: Effects,
    running: Any,
    eventually: Any,
    until_effects: UntilEffects,
) -> None:
    topic = await make_topic(6)
    published: list[Envelope] = []
    enough = asyncio.Event()

    async def load() -> None:
        async with EventProducer(settings, delivery_timeout=10) as producer:
            for first in itertools.count(step=20):
                several = [envelope(number) for number in range(first, first + 20)]
                assert await producer.publish([as_record(topic, each) for each in several]) == Acked()
                published.extend(several)
                if enough.is_set():
                    return

    def worked(*owners: str) -> Callable[[], Awaitable[bool]]:
        async def check() -> bool:
            async with transaction(engine) as connection:
                return {row.owner for row in await connection.execute(OWNERS)} == set(owners)

        return check

    loading = asyncio.create_task(load())
    async with running(stream(topic, "b").run):
        async with running(stream(topic, "a").run):
            await eventually(worked("a", "b"))
        async with running(stream(topic, "c").run):
            await eventually(worked("a", "b", "c"))
            enough.set()
            await loading
            await until_effects(len(published))
    assert sorted(await effects()) == sorted(ids(published))
    await in_order(engine, published)


async def in_order(engine: AsyncEngine, published: Sequence[Envelope]) -> None:
    async with transaction(engine) as connection:
        rows = [(row.subject, str(row.event_id)) for row in await connection.execute(SUBJECTS)]
    for subject in {each.subject for each in published}:
        wanted = [each.id for each in published if each.subject == subject]
        assert [event_id for about, event_id in rows if about == subject] == wanted


async def test_a_rebalance_while_records_trickle_in_holds_nobody_up(
    settings: CommonSettings,
    make_topic: Callable[[int], Awaitable[Topic]],
    engine: AsyncEngine,
    stream: Stream,
    envelope: Make,
    effects: Effects,
    running: Any,
    eventually: Any,
) -> None:
    topic = await make_topic(6)
    enough = asyncio.Event()

    async def trickle() -> None:
        async with EventProducer(settings, delivery_timeout=10) as producer:
            for number in itertools.count():
                assert await producer.publish([as_record(topic, envelope(number))]) == Acked()
                # Slow enough for consumers to be waiting, and quick enough to wake them before they look up.
                await pause(enough, 0.05)
                if enough.is_set():
                    return

    def works(owner: str) -> Callable[[], Awaitable[bool]]:
        async def check() -> bool:
            async with transaction(engine) as connection:
                return bool((await connection.execute(COUNT, {"owner": owner})).scalar_one() > 0)

        return check

    trickling = asyncio.create_task(trickle())
    async with asyncio.timeout(25), running(stream(topic, "a").run):
        for owner in ("b", "c", "d"):
            async with running(stream(topic, owner).run):
                await eventually(works(owner))
        enough.set()
        await trickling
    assert len(await effects()) == len(set(await effects()))


async def test_a_stream_outlives_the_death_of_its_broker(
    kafka: Kafka,
    topic: Topic,
    stream: Stream,
    envelope: Make,
    publish: Publish,
    effects: Effects,
    running: Any,
    until_effects: UntilEffects,
) -> None:
    wanted = [envelope(number) for number in range(40)]

    await publish(topic, wanted[:20])
    async with running(stream(topic, "a").run):
        await until_effects(20)
        kafka.kill()
        await asyncio.to_thread(kafka.restart)
        await publish(topic, wanted[20:])
        await until_effects(40)
    assert sorted(await effects()) == sorted(ids(wanted))


async def test_a_stream_whose_broker_is_gone_still_stops_when_asked_to(
    kafka: Kafka,
    topic: Topic,
    stream: Stream,
    envelope: Make,
    publish: Publish,
    eventually: Any,
    until_effects: UntilEffects,
) -> None:
    stop = asyncio.Event()
    began = monotonic()

    async def hint_is_due() -> bool:
        return monotonic() - began > 6

    await publish(topic, [envelope(1)])
    running = asyncio.create_task(stream(topic, "a").run(stop))
    await until_effects(1)
    kafka.kill()
    await eventually(hint_is_due)
    stop.set()
    await asyncio.wait_for(running, 6)
