"""The zombie: a consumer frozen past its session while another takes over, and then brought back to life."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from deploy.local.process import Command, signal_group, start, stop
from shared.events.envelope import Envelope
from shared.events.topics import Topic
from shared.kafka.stream import PartitionStream
from shared.postgres.engine import AsyncEngine, transaction
from shared.process.settings import CommonSettings
from tests.kafka.conftest import Effects, Publish
from tests.kafka.consumer import Effects as WritesEffects

CONSUMER = Path(__file__).with_name("consumer.py")
FENCE = "consumer_partition"
SEEN = "processed_event"

OWNERS = text("SELECT DISTINCT owner FROM effect WHERE event_id = ANY(CAST(:ids AS uuid[]))")
HANDLED_BY_ZOMBIE = text("SELECT sum(next_offset) FROM zombie.consumer_partition")
TELL_THE_HEIR = text("INSERT INTO public.consumer_partition SELECT * FROM zombie.consumer_partition")


@dataclass(frozen=True, slots=True)
class Zombie:
    """The consumer in a process of its own."""

    process: subprocess.Popen[bytes]
    log: Path

    async def frozen(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return is_stopped(self.process.pid)

    async def fenced(self) -> bool:
        return self.said("fenced") > 0

    def wake(self) -> None:
        assert signal_group(self.process.pid, signal.SIGCONT)

    def said(self, event: str) -> int:
        return self.log.read_text().count(f'"event": "{event}"')


def is_stopped(child: int) -> bool:
    return os.waitid(os.P_PID, child, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None


class Waves:
    """The events of one test: they are published in waves, and counted where they took effect."""

    def __init__(self, topic: Topic, publish: Publish, effects: Effects, envelope: Callable[[int], Envelope]):
        self._topic = topic
        self._publish = publish
        self._effects = effects
        self._envelope = envelope
        self._waves: list[list[Envelope]] = []

    async def publish(self, many: int) -> None:
        first = sum(len(wave) for wave in self._waves)
        self._waves.append([self._envelope(number) for number in range(first, first + many)])
        await self._publish(self._topic, self._waves[-1])

    def ids(self, wave: int) -> list[str]:
        return [each.id for each in self._waves[wave]]

    async def there(self) -> bool:
        """Has every event taken effect at least once?"""
        return {each.id for wave in self._waves for each in wave} <= set(await self._effects())

    async def times(self, wave: int) -> set[int]:
        """How often the events of a wave took effect."""
        counted = Counter(await self._effects())
        return {counted[event_id] for event_id in self.ids(wave)}


@dataclass(frozen=True, slots=True)
class Haunted:
    """What a test sees of the two consumers."""

    waves: Waves
    zombie: Zombie
    engine: AsyncEngine

    async def handled_by_zombie(self) -> int:
        async with transaction(self.engine) as connection:
            return int((await connection.execute(HANDLED_BY_ZOMBIE)).scalar_one())

    async def owners(self, wave: int) -> set[str]:
        async with transaction(self.engine) as connection:
            rows = await connection.execute(OWNERS, {"ids": self.waves.ids(wave)})
            return {row.owner for row in rows}


@contextmanager
def consumer_process(settings: CommonSettings, topic: Topic, where: str, log: Path) -> Iterator[Zombie]:
    argv = (sys.executable, str(CONSUMER), "zombie", f"g-{topic.name}", topic.name, where)
    env = {
        "HIKITOME_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "HIKITOME_KAFKA_SESSION_TIMEOUT_MS": str(settings.kafka_session_timeout_ms),
        "HIKITOME_POSTGRES_DSN": settings.postgres_dsn.get_secret_value(),
    }
    command = Command("zombie", argv, env=env)
    with log.open("wb") as output:
        process = start(command, output)
        try:
            yield Zombie(process, log)
        finally:
            signal_group(process.pid, signal.SIGCONT)
            stop(process, command)


Haunt = Callable[..., Any]


@pytest.fixture
def haunted(
    settings: CommonSettings,
    engine: AsyncEngine,
    make_topic: Callable[[int], Awaitable[Topic]],
    publish: Publish,
    effects: Effects,
    envelope: Callable[[int], Envelope],
    running: Any,
    eventually: Any,
    tmp_path: Path,
) -> Haunt:
    """Inside the block the zombie is awake again: it slept with wave 1 in hand; the heir did waves 1 and 2.

    `blind_to` are tables of which the zombie has copies of its own: guards that cannot stop it.
    """

    @asynccontextmanager
    async def haunt(where: str, blind_to: tuple[str, ...] = ()) -> AsyncIterator[Haunted]:
        topic = await make_topic(2)
        waves = Waves(topic, publish, effects, envelope)
        await dig(engine, blind_to)
        heir = PartitionStream(settings, engine, f"g-{topic.name}", [topic], WritesEffects("heir").observe)
        with consumer_process(settings, topic, where, tmp_path / "zombie.log") as zombie:
            await waves.publish(1)
            await eventually(waves.there)
            await waves.publish(20)
            await eventually(zombie.frozen)
            if FENCE in blind_to:
                await tell_the_heir(engine)
            async with running(heir.run):
                await eventually(waves.there)
                await waves.publish(20)
                await eventually(waves.there)
                zombie.wake()
                yield Haunted(waves, zombie, engine)
        assert zombie.process.returncode == 0, f"asked to stop, it did not: {zombie.log.read_text()}"

    return haunt


async def dig(engine: AsyncEngine, blind_to: tuple[str, ...]) -> None:
    async with transaction(engine) as connection:
        await connection.execute(text("CREATE SCHEMA zombie"))
        for table in blind_to:
            await connection.execute(text(f"CREATE TABLE zombie.{table} (LIKE public.{table} INCLUDING ALL)"))


async def tell_the_heir(engine: AsyncEngine) -> None:
    async with transaction(engine) as connection:
        await connection.execute(TELL_THE_HEIR)


@pytest.mark.parametrize("where", ["before", "inside"])
async def test_a_zombie_is_fenced_and_then_works_on_as_a_member_like_any_other(
    haunted: Haunt, eventually: Any, where: str
) -> None:
    async with haunted(where) as seen:
        claimed = seen.zombie.said("partition claimed")

        async def rejoined() -> bool:
            return bool(seen.zombie.said("partition claimed") > claimed)

        await eventually(seen.zombie.fenced)
        await eventually(rejoined)
        await seen.waves.publish(20)
        await eventually(seen.waves.there)
        assert await seen.owners(1) == {"heir"}
        assert await seen.owners(3) == {"heir", "zombie"}
    for wave in range(4):
        assert await seen.waves.times(wave) == {1}


async def test_the_fence_holds_without_the_memory_of_processed_events(
    haunted: Haunt, eventually: Any
) -> None:
    async with haunted("before", blind_to=(SEEN,)) as seen:
        await eventually(seen.zombie.fenced)
    for wave in range(3):
        assert await seen.waves.times(wave) == {1}


async def test_the_memory_of_processed_events_holds_without_the_fence(
    haunted: Haunt, eventually: Any
) -> None:
    async with haunted("before", blind_to=(FENCE,)) as seen:

        async def wave_1_handled() -> bool:
            return bool(await seen.handled_by_zombie() >= 21)

        await eventually(wave_1_handled)
        assert seen.zombie.said("fenced") == 0
    for wave in range(3):
        assert await seen.waves.times(wave) == {1}


async def test_these_tests_have_teeth_for_without_both_guards_the_zombie_doubles_what_it_had_in_hand(
    haunted: Haunt, eventually: Any
) -> None:
    async with haunted("before", blind_to=(FENCE, SEEN)) as seen:

        async def doubled() -> bool:
            return bool(await seen.waves.times(1) == {2})

        await eventually(doubled)
        assert seen.zombie.said("fenced") == 0
    assert await seen.owners(1) == {"heir", "zombie"}
