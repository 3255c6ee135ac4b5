"""The schedule: which faults follow one another, drawn from a seed; and how one of them is played."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from shared.clock import monotonic
from tests.kafka.ingest_faults.broker import Broker, Trouble
from tests.kafka.ingest_faults.disks import Disks, filled
from tests.kafka.ingest_faults.ingest import USUAL_SPOOL_BYTES, Death, Ingest

SMALL_SPOOL_BYTES = 400_000
"""Full within seconds, so that 503 is the only honest answer."""

# A drain and a sync serve many records at once: there are few of them to be passed.
_LATEST_PASS = {
    "spool_before_commit": 20,
    "spool_after_commit": 20,
    "drain_after_produce_before_mark": 1,
}
_USUAL_LATEST_PASS = 80
_LATEST_RANDOM_SECONDS = 2.0
_STILL_FULL_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Fault:
    """The broker is in trouble for at least `seconds`; ingest dies `meanwhile` and when that is `over`.

    The spool may be `small`, so that it is soon full by its own limit, or its disk fills up halfway and stays
    full until the broker is back.
    """

    broker: Trouble
    seconds: float
    meanwhile: tuple[Death, ...] = ()
    over: tuple[Death, ...] = ()
    spool: Literal["roomy", "small", "disk full"] = "roomy"

    @property
    def name(self) -> str:
        deaths = ", ".join((*self.meanwhile, *self.over)) or "nobody"
        return f"broker {self.broker}, spool {self.spool}; dies: {deaths}"

    @property
    def needs_small_disks(self) -> bool:
        return "disk full" in (self.broker, self.spool)


ROUND = (
    Fault("none", 0, ("after_read", "after_verify", "before_produce", "after_produce_before_reply")),
    Fault("frozen", 11, ("spool_before_commit", "spool_after_commit"), ("drain_after_produce_before_mark",)),
    Fault("stopped", 4, ("asked",)),
    Fault("killed", 4, ("random",), ("random",)),
    Fault("killed", 4, spool="small"),
    Fault("frozen", 3, spool="disk full"),
    Fault("disk full", 4, ("spool_after_commit",)),
    Fault("stuttering", 6, ("random",)),
)
"""Every fault and every point at least once."""


def rounds(seed: int) -> Iterator[Sequence[Fault]]:
    """Without end: the first as it stands, then each time in another order and of another length."""
    draw = Random(seed)
    yield ROUND
    while True:
        yield [
            replace(fault, seconds=fault.seconds * draw.uniform(0.5, 3))
            for fault in draw.sample(ROUND, len(ROUND))
        ]


@dataclass(frozen=True, slots=True)
class Stage:
    """What faults befall, and the dice."""

    broker: Broker
    ingest: Ingest
    disks: Disks
    draw: Random

    async def play(self, fault: Fault) -> float:
        """Give the seconds from the broker's recovery until the spool was empty."""
        if fault.spool == "small":
            await self._restart(SMALL_SPOOL_BYTES)
        async with asyncio.TaskGroup() as group:
            with ExitStack() as troubles:
                async with self.broker.suffering(fault.broker):
                    began = monotonic()
                    await self._die(fault.meanwhile)
                    await _rest_until(began + fault.seconds / 2)
                    if fault.spool == "disk full":
                        troubles.enter_context(filled(self.disks.spool))
                    await _rest_until(began + fault.seconds)
                    # Ordered now: as soon as the broker is back, it may be too late.
                    group.create_task(self._die(fault.over))
                recovered = monotonic()
                await asyncio.sleep(_STILL_FULL_SECONDS if fault.spool == "disk full" else 0)
        await self.ingest.drained()
        seconds = monotonic() - recovered
        if fault.spool == "small":
            await self._restart(USUAL_SPOOL_BYTES)
        return seconds

    async def _die(self, deaths: Sequence[Death]) -> None:
        for death in deaths:
            if death == "random":
                await asyncio.sleep(self.draw.uniform(0, _LATEST_RANDOM_SECONDS))
            latest = _LATEST_PASS.get(death, _USUAL_LATEST_PASS)
            await self.ingest.die(death, self.draw.randint(1, latest))

    async def _restart(self, limit: int) -> None:
        self.ingest.limit = limit
        await self.ingest.die("asked")


async def _rest_until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - monotonic()))
