"""The producer against an Apache Kafka that dies, freezes and comes back."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from prometheus_client import REGISTRY

from shared.clock import monotonic
from shared.events.envelope import Envelope
from shared.events.topics import Topic
from shared.kafka.producer import Acked, EventProducer, Unknown
from shared.kafka.stream import PartitionStream
from shared.postgres.engine import AsyncEngine
from shared.process.settings import CommonSettings
from tests.kafka.apache_kafka import Kafka
from tests.kafka.conftest import Effects, as_record
from tests.kafka.consumer import Effects as WritesEffects

Make = Callable[[int], Envelope]


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
            assert monotonic() - began < 1.5
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


@pytest.mark.parametrize("trouble", [Kafka.kill, Kafka.pause], ids=["dead", "frozen"])
async def test_a_producer_whose_broker_is_gone_is_closed_within_the_time_a_stop_may_take(
    kafka: Kafka,
    settings: CommonSettings,
    topic: Topic,
    envelope: Make,
    trouble: Callable[[Kafka], None],
) -> None:
    async with EventProducer(settings, delivery_timeout=0.5) as knows:
        async with EventProducer(settings, delivery_timeout=0.5) as has_not_noticed:
            assert await sent(knows, topic, [envelope(1)])
            assert await sent(has_not_noticed, topic, [envelope(1)])
            trouble(kafka)
            began = monotonic()
        assert monotonic() - began < 4
        assert not await sent(knows, topic, [envelope(2)])
        began = monotonic()
    assert monotonic() - began < 4
