"""The producer against an Apache Kafka that dies, freezes and comes back."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from prometheus_client import REGISTRY

from shared.clock import monotonic
from shared.events.envelope import Envelope
from shared.events.record import Record
from shared.events.topics import Topic
from shared.kafka.producer import Acked, EventProducer, Unknown
from shared.kafka.provision import provision
from shared.kafka.rounds import Partitioner
from shared.kafka.stream import PartitionStream
from shared.postgres.engine import AsyncEngine
from shared.process.settings import CommonSettings
from tests.kafka.apache_kafka import Kafka
from tests.kafka.conftest import Effects, Eventually, as_record
from tests.kafka.consumer import Effects as WritesEffects

Make = Callable[[int], Envelope]
# A publish has a second here, and as long again if a client is made first; the rest is for a busy machine.
# Whoever waited for the broker itself would wait far longer.
IN_TIME = 8.0


@pytest.fixture
def second(kafka: Kafka, tmp_path: Path) -> Iterator[Kafka]:
    """Another broker in the same cluster."""
    with kafka.second(tmp_path) as started:
        yield started
        started.heal()
        started.terminate()  # in order, or a topic of the next test may still be laid on it


@pytest.fixture(autouse=True)
async def nothing_left_behind() -> AsyncIterator[None]:
    """No future that nobody waits for: whoever reads the logs of an outage would have to make sense of it."""
    left: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: left.append(str(context)))
    yield
    gc.collect()
    assert left == []


def rebuilds() -> float:
    name = "hikitome_kafka_producer_rebuilds_total"
    return sum(
        sample.value for metric in REGISTRY.collect() for sample in metric.samples if sample.name == name
    )


async def sent(producer: EventProducer, topic: Topic, envelopes: Sequence[Envelope]) -> bool:
    return await producer.publish([as_record(topic, envelope) for envelope in envelopes]) == Acked()


async def test_the_idempotent_producer_is_the_default_and_its_records_are_acknowledged(
    settings: CommonSettings, topic: Topic, envelope: Make
) -> None:
    assert settings.kafka_idempotent
    async with EventProducer(settings) as producer:
        for rounds in range(3):
            assert await sent(producer, topic, [envelope(number) for number in range(1 + rounds * 100)])
        assert await producer.reachable()


async def test_a_dead_broker_makes_the_answer_unknown_in_time_and_its_return_makes_it_acked(
    kafka: Kafka, settings: CommonSettings, topic: Topic, envelope: Make, eventually: Any
) -> None:
    before = rebuilds()
    async with EventProducer(settings, delivery_timeout=1) as producer:
        assert await sent(producer, topic, [envelope(1)])
        usual = len(asyncio.all_tasks())
        kafka.kill()
        for _ in range(3):
            began = monotonic()
            answer = await producer.publish([as_record(topic, envelope(2))])
            assert isinstance(answer, Unknown)
            assert monotonic() - began < IN_TIME
        assert not await producer.reachable()
        await asyncio.to_thread(kafka.restart)
        await eventually(lambda: sent(producer, topic, [envelope(2)]))
        assert await sent(producer, topic, [envelope(3)])
        assert rebuilds() > before

        async def nothing_is_left_of_those_given_up() -> bool:
            return len(asyncio.all_tasks()) <= usual

        await eventually(nothing_is_left_of_those_given_up)


async def test_whatever_was_unknown_may_be_repeated_until_it_is_acked_and_then_counts_once(
    kafka: Kafka,
    settings: CommonSettings,
    engine: AsyncEngine,
    topic: Topic,
    envelope: Make,
    effects: Effects,
    running: Any,
    eventually: Any,
) -> None:
    wanted = [envelope(number) for number in range(30)]
    async with EventProducer(settings, delivery_timeout=0.5) as producer:
        assert await sent(producer, topic, wanted[:10])
        kafka.pause()
        for _ in range(2):
            assert not await sent(producer, topic, wanted[10:])
        kafka.resume()
        await eventually(lambda: sent(producer, topic, wanted[10:]))

    async def all_there() -> bool:
        return len(await effects()) >= len(wanted)

    stream = PartitionStream(settings, engine, f"g-{topic.name}", [topic], WritesEffects("a").observe)
    async with running(stream.run):
        await eventually(all_there)
    assert sorted(await effects()) == sorted(each.id for each in wanted)


@pytest.mark.parametrize(
    ("trouble", "relief"),
    [(Kafka.kill, Kafka.restart), (Kafka.pause, Kafka.resume), (Kafka.terminate, Kafka.restart)],
    ids=["killed", "frozen", "stopped"],
)
async def test_many_that_publish_when_the_broker_goes_are_answered_in_time_and_all_succeed_when_it_is_back(
    kafka: Kafka,
    settings: CommonSettings,
    topic: Topic,
    envelope: Make,
    eventually: Eventually,
    trouble: Callable[[Kafka], None],
    relief: Callable[[Kafka], None],
) -> None:
    async with EventProducer(settings, delivery_timeout=1) as producer:

        async def each_sent() -> bool:
            calls = [sent(producer, topic, [envelope(number)]) for number in range(60)]
            return all(await asyncio.gather(*calls))

        assert await each_sent()
        usual = len(asyncio.all_tasks())
        stopping = asyncio.create_task(asyncio.to_thread(trouble, kafka))
        while not stopping.done():
            await each_sent()
        for _ in range(2):
            began = monotonic()
            assert not await each_sent()
            assert monotonic() - began < IN_TIME
        await asyncio.to_thread(relief, kafka)
        await eventually(each_sent)
        healed = rebuilds()
        assert await each_sent()
        assert rebuilds() == healed

        async def nothing_is_left_of_those_given_up() -> bool:
            return len(asyncio.all_tasks()) <= usual + 1  # the second connection reads too

        await eventually(nothing_is_left_of_those_given_up)


async def test_a_record_that_the_broker_never_takes_is_told_apart_and_what_shared_its_batch_can_be_repeated(
    settings: CommonSettings, admin: AIOKafkaAdminClient, topic: Topic, eventually: Eventually
) -> None:
    limit = ConfigResource(ConfigResourceType.TOPIC, topic.name, {"max.message.bytes": "2000"})
    await admin.alter_configs([limit])
    async with EventProducer(settings, delivery_timeout=10) as producer:

        async def publish(size: int) -> Acked | Unknown:
            return await producer.publish([Record(topic.name, b"key", b"x" * size)])

        await asyncio.gather(publish(900), publish(3000), publish(100))
        assert await publish(3000) == Unknown("MessageSizeTooLargeError")
        for size in (900, 100):
            assert await publish(size) == Acked()


@pytest.mark.parametrize(
    ("trouble", "relief"),
    [(Kafka.kill, Kafka.restart), (Kafka.pause, Kafka.resume)],
    ids=["without a leader", "with a frozen leader"],
)
async def test_a_partition_in_trouble_is_answered_in_time_and_heals(
    second: Kafka,
    settings: CommonSettings,
    admin: AIOKafkaAdminClient,
    topic: Topic,
    eventually: Eventually,
    trouble: Callable[[Kafka], None],
    relief: Callable[[Kafka], None],
) -> None:
    poor = f"{topic.name}-poor"
    await admin.create_topics([NewTopic(poor, -1, -1, replica_assignments={0: [1], 1: [2]})])
    async with EventProducer(settings, delivery_timeout=1) as producer:

        async def reaches(partition: int, within: float) -> bool:
            key = next(key for n in range(99) if Partitioner()(key := b"%d" % n, 2) == partition)
            return await producer.publish([Record(poor, key, b"x")], within) == Acked()

        assert await reaches(0, 10)
        assert await reaches(1, 10)
        await asyncio.to_thread(trouble, second)
        for _ in range(5):
            began = monotonic()
            assert not (await asyncio.gather(reaches(0, 1), reaches(1, 1)))[1]
            assert monotonic() - began < IN_TIME
        await asyncio.to_thread(relief, second)
        await eventually(lambda: reaches(0, 1))
        await eventually(lambda: reaches(1, 1))


async def test_a_topic_that_does_not_exist_delays_no_other_and_is_found_as_soon_as_it_does(
    settings: CommonSettings, topic: Topic, eventually: Eventually
) -> None:
    later = Topic(f"{topic.name}-later", 2, 86_400_000)
    async with EventProducer(settings, delivery_timeout=1) as producer:

        async def reaches(where: Topic) -> bool:
            return await producer.publish([Record(where.name, b"key", b"x")]) == Acked()

        waiting = asyncio.create_task(reaches(later))
        while not waiting.done():
            assert await reaches(topic)
        assert not await waiting
        await provision(settings, [later])
        await eventually(lambda: reaches(later))


@pytest.mark.parametrize("trouble", [Kafka.kill, Kafka.pause], ids=["dead", "frozen"])
async def test_a_producer_whose_broker_is_gone_is_closed_within_the_time_a_stop_may_take(
    kafka: Kafka,
    settings: CommonSettings,
    topic: Topic,
    envelope: Make,
    trouble: Callable[[Kafka], None],
) -> None:
    async with EventProducer(settings, delivery_timeout=1) as knows:
        async with EventProducer(settings, delivery_timeout=1) as has_not_noticed:
            assert await sent(knows, topic, [envelope(1)])
            assert await sent(has_not_noticed, topic, [envelope(1)])
            trouble(kafka)
            began = monotonic()
        assert monotonic() - began < IN_TIME
        assert not await sent(knows, topic, [envelope(2)])
        began = monotonic()
    assert monotonic() - began < IN_TIME
