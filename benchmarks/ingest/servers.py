"""The arrangement: the broker and the four servers as processes, each on the core that is meant for it."""

import asyncio
import os
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.ingest.bulk import KEY
from benchmarks.ingest.orders import SECRET
from benchmarks.ingest.usual_app import TOPIC
from deploy.local.broker import broker
from deploy.local.ports import free_port, listens
from deploy.local.process import Command, start, stop
from shared.events.topics import CUSTOMER_EVENTS, DAY_MS, Topic, dead_letter
from shared.kafka.provision import provision
from shared.process.settings import CommonSettings

_TOPICS = (CUSTOMER_EVENTS, dead_letter("ingest"), Topic(TOPIC, 12, DAY_MS))
_START_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Cores:
    """Which core runs what; None where the system can't say or there is but one.

    The server under test has a core for itself. The broker shares the client's: both together need less.
    """

    server: int | None
    client: int | None

    @classmethod
    def of_this_machine(cls) -> "Cores":
        if not hasattr(os, "sched_getaffinity"):
            return cls(None, None)
        ours = sorted(os.sched_getaffinity(0))
        return cls(ours[0], ours[1]) if len(ours) > 1 else cls(None, None)


@dataclass(frozen=True, slots=True)
class Server:
    name: str
    port: int
    pid: int

    def cpu_seconds(self) -> float:
        """What its process has worked so far; nan where the system has no /proc."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            return float("nan")
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Stand:
    """All that is measured, up and running; `shop` is a shop that only this run knows."""

    floor: Server
    proved: Server
    usual: Server
    ours: Server
    broker: Server | None
    settings: CommonSettings
    shop: str
    cores: Cores


@asynccontextmanager
async def stand(bootstrap: str | None) -> AsyncIterator[Stand]:
    """A broker of our own without `bootstrap`; it is on one core with the load client."""
    cores, shop = Cores.of_this_machine(), f"bench-{secrets.token_hex(4)}"
    async with AsyncExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="hikitome-benchmark-")))
        own = None
        if bootstrap is None:
            made = broker(free_port())
            own = await running.enter_async_context(_running(made.command(), made.port, folder, cores.client))
            bootstrap = made.bootstrap
        settings = CommonSettings(kafka_bootstrap=bootstrap, kafka_idempotent=own is None)
        await provision(settings, _TOPICS)
        floor, proved, usual, ours = [
            await running.enter_async_context(_running(command, port, folder, cores.server))
            for port, command in (
                _command("floor", "benchmarks.ingest.floor_app"),
                _command("proved", "benchmarks.ingest.proved_app"),
                _command("usual", "benchmarks.ingest.usual_app", bootstrap),
                _ingest(folder, shop, settings),
            )
        ]
        yield Stand(floor, proved, usual, ours, own, settings, shop, cores)


def _command(name: str, module: str, *arguments: str) -> tuple[int, Command]:
    port = free_port()
    return port, Command(name, (sys.executable, "-m", module, str(port), *arguments))


def _ingest(folder: Path, shop: str, settings: CommonSettings) -> tuple[int, Command]:
    """The real process; only its rate limit is out of the way."""
    shops = folder / "shops.toml"
    shops.write_text(
        f'[[shops]]\nid = "{shop}"\n'
        f'[[shops.carts]]\ncart = "shopify"\nsecrets = ["{SECRET}"]\n'
        f'[shops.events]\nkeys = ["{KEY}"]\ncustomers_of = "shopify"\n'
    )
    port = free_port()
    environment = {
        "HIKITOME_PORT": str(port),
        "HIKITOME_ADMIN_PORT": str(free_port()),
        "HIKITOME_SHOPS_FILE": str(shops),
        "HIKITOME_SPOOL_FILE": str(folder / "spool.sqlite"),
        "HIKITOME_SHOP_RATE": "1000000",
        "HIKITOME_SHOP_BURST": "1000000",
        "HIKITOME_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "HIKITOME_KAFKA_IDEMPOTENT": str(settings.kafka_idempotent).lower(),
    }
    return port, Command("ours", (sys.executable, "-m", "services.ingest"), environment)


@asynccontextmanager
async def _running(command: Command, port: int, folder: Path, core: int | None) -> AsyncIterator[Server]:
    log = folder / f"{command.name}.log"
    with log.open("wb") as output:
        with _on(core):
            process = start(command, output)
        try:
            async with asyncio.timeout(_START_SECONDS):
                while not listens(port):
                    if process.poll() is not None:
                        raise RuntimeError(f"{command.name} ended at once: {log.read_text()[-2000:]}")
                    await asyncio.sleep(0.05)
            yield Server(command.name, port, process.pid)
        finally:
            stop(process, command)


@contextmanager
def _on(core: int | None) -> Iterator[None]:
    """Whoever is started meanwhile runs on this core, with all its threads."""
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
