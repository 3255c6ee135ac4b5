"""Provision: make the topics, with the retention that the design says."""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, NoError, TopicAlreadyExistsError, for_code

from shared.events.topics import ALL, DAY_MS, Topic
from shared.kafka.client import MAX_RECORD_BYTES, connection_options
from shared.process.settings import CommonSettings

LOOK_AGAIN = 0.1
"""Seconds between two looks at topics that were just made."""


class NotProvisioned(Exception):
    """The brokers can't be reached, don't answer in time, or refuse; the message says which."""


async def provision(
    settings: CommonSettings, topics: Sequence[Topic] = ALL, patience: float = 60.0
) -> list[str]:
    """Make the topics that don't exist yet, wait until they can be used, and give the names of the new ones.

    :raises NotProvisioned: if that could not be done within `patience` seconds.
    """
    try:
        async with asyncio.timeout(patience):
            return await _provision(settings, topics)
    except TimeoutError as error:
        raise NotProvisioned(f"no answer from {settings.kafka_bootstrap} within {patience:.0f} s") from error
    except KafkaError as error:
        raise NotProvisioned(f"{settings.kafka_bootstrap}: {error}") from error


async def _provision(settings: CommonSettings, topics: Sequence[Topic]) -> list[str]:
    admin = AIOKafkaAdminClient(**connection_options(settings, request_timeout_ms=30_000))
    try:
        await admin.start()
        there = set(await admin.list_topics())
        missing = [topic for topic in topics if topic.name not in there]
        if not missing:
            return []
        made = _made(
            await admin.create_topics([_new(topic, settings.kafka_replication) for topic in missing])
        )
        await _until_led(admin, {topic.name for topic in missing})
        return made
    finally:
        await admin.close()


async def _until_led(admin: AIOKafkaAdminClient, names: set[str]) -> None:
    """Wait until the brokers know the topics: the controller answers before they have heard of them."""
    while names:
        described = await admin.describe_topics(sorted(names))
        names = names - {each["topic"] for each in described if _is_led(each)}
        if names:
            await asyncio.sleep(LOOK_AGAIN)


def _is_led(described: dict[str, Any]) -> bool:
    partitions = described["partitions"]
    return bool(partitions) and all(partition["leader"] >= 0 for partition in partitions)


def _new(topic: Topic, replication: int) -> NewTopic:
    config = {"max.message.bytes": str(MAX_RECORD_BYTES)}
    if topic.retention_ms is None:
        # A tombstone must outlive the longest time a consumer may be away, and every dead letter.
        config |= {"cleanup.policy": "compact", "delete.retention.ms": str(30 * DAY_MS)}
    else:
        config |= {"cleanup.policy": "delete", "retention.ms": str(topic.retention_ms)}
    if replication >= 3:
        config["min.insync.replicas"] = "2"
    return NewTopic(topic.name, topic.partitions, replication, topic_configs=config)


def _made(answer: Any) -> list[str]:
    """The topics that are new: a broker may not list yet what somebody made a moment ago."""
    made = []
    for name, code, *message in answer.topic_errors:
        error = for_code(code)
        if error is NoError:
            made.append(name)
        elif error is not TopicAlreadyExistsError:
            raise error(f"{name}: {message[0] if message else ''}")
    return made
