"""A fault run: a shop sends to an ingest that dies, over a broker in trouble; then the checker looks."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from shared.clock import system_clock
from shared.kafka.provision import provision
from shared.process.settings import CommonSettings
from tests.kafka.apache_kafka import Kafka
from tests.kafka.ingest_faults.broker import Broker
from tests.kafka.ingest_faults.checker import judge, told
from tests.kafka.ingest_faults.crashing_ingest import Flaw
from tests.kafka.ingest_faults.deliveries import Shop
from tests.kafka.ingest_faults.disks import Disks, small_disks
from tests.kafka.ingest_faults.history import entries, written
from tests.kafka.ingest_faults.ingest import Ingest
from tests.kafka.ingest_faults.load import Load
from tests.kafka.ingest_faults.log import read_log
from tests.kafka.ingest_faults.places import TOPICS
from tests.kafka.ingest_faults.report import Played, Report, report
from tests.kafka.ingest_faults.schedule import Fault, Stage

CALM_SECONDS = 1.5
"""Between two faults, so that Kafka itself is seen to take some again."""
_PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Ground:
    """A broker that may be hurt, and the disks that may be filled."""

    node: Kafka
    disks: Disks

    def bears(self, fault: Fault) -> bool:
        return self.disks.small or not fault.needs_small_disks


@contextmanager
def prepared(folder: Path, jars: str) -> Iterator[Ground]:
    with small_disks(folder) as disks, Kafka(folder, jars, disks.broker / "data") as node:
        yield Ground(node, disks)


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is sent: `rate` a second, about so many customers."""

    rate: float = 200.0
    customers: int = 1000


async def fault_run(
    folder: Path,
    ground: Ground,
    faults: Iterable[Fault],
    seed: int,
    scale: Scale = Scale(),
    flaw: Flaw = "none",
) -> Report:
    """Play the faults one after the other under load; give what the checker finds."""
    node, disks = ground.node, ground.disks
    await provision(CommonSettings(kafka_bootstrap=node.bootstrap), TOPICS)
    shop, draw = Shop(folder, seed, scale.customers), Random(seed)
    settings = {
        "HIKITOME_KAFKA_BOOTSTRAP": node.bootstrap,
        "HIKITOME_SHOPS_FILE": str(shop.file),
        "HIKITOME_SPOOL_FILE": str(disks.spool / f"{shop.id}.sqlite"),
    }
    ingest = Ingest(folder, settings, flaw)
    stage = Stage(Broker(node, disks.broker, draw), ingest, disks, draw)
    played = []
    async with ingest.running(), written(folder / "history.jsonl") as history:
        stop = asyncio.Event()
        sending = asyncio.create_task(
            Load(shop, ingest.port, history, scale.rate, seed).run(stop, _PATIENCE_SECONDS)
        )
        for fault in faults:
            await asyncio.sleep(CALM_SECONDS)
            began = system_clock().timestamp()
            recovery = await stage.play(fault)
            played.append(Played(fault.name, began, system_clock().timestamp(), recovery))
        stop.set()
        await sending
        await ingest.drained()
    known = list(entries(folder / "history.jsonl"))
    verdict = judge(told(known), await read_log(node.bootstrap, shop.id))
    return report(verdict, known, ingest, played)
