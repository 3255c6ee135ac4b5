"""Topics on Apache Kafka: made as they are declared, once."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from shared.events.topics import ALL, DAY_MS, Topic
from shared.kafka.provision import provision
from shared.process.settings import CommonSettings

A_WEBHOOK_IN_BASE64 = 4 * 1024 * 1024 // 3


async def configs(admin: AIOKafkaAdminClient, topics: tuple[Topic, ...]) -> dict[str, dict[str, str]]:
    asked = [ConfigResource(ConfigResourceType.TOPIC, topic.name) for topic in topics]
    (answer,) = await admin.describe_configs(asked)
    return {name: {entry[0]: entry[1] for entry in entries} for _, _, _, name, entries in answer.resources}


async def partitions(admin: AIOKafkaAdminClient, topics: tuple[Topic, ...]) -> dict[str, int]:
    described: list[dict[str, Any]] = await admin.describe_topics([topic.name for topic in topics])
    return {each["topic"]: len(each["partitions"]) for each in described}


async def test_every_topic_of_the_system_is_made_as_it_is_declared(
    settings: CommonSettings, admin: AIOKafkaAdminClient
) -> None:
    await provision(settings)
    made = await configs(admin, ALL)
    assert await partitions(admin, ALL) == {topic.name: topic.partitions for topic in ALL}
    for topic in ALL:
        config = made[topic.name]
        assert int(config["max.message.bytes"]) > A_WEBHOOK_IN_BASE64
        if topic.retention_ms is None:
            assert config["cleanup.policy"] == "compact"
            assert int(config["delete.retention.ms"]) >= 14 * DAY_MS
        else:
            assert config["cleanup.policy"] == "delete"
            assert int(config["retention.ms"]) == topic.retention_ms


async def test_only_what_is_missing_is_made(
    settings: CommonSettings, make_topic: Callable[[int], Awaitable[Topic]]
) -> None:
    there = await make_topic(1)
    missing = Topic(f"{there.name}-too", 2, DAY_MS)
    assert await provision(settings, [there, missing]) == [missing.name]
    assert await provision(settings, [there, missing]) == []
