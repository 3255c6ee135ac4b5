"""The ingest process under test: started again whenever it dies, and always on the same spool."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import httpx

from deploy.local.ports import LOOPBACK, free_ports, listens
from tests.kafka.ingest_faults.crashing_ingest import Point
from tests.kafka.ingest_faults.readings import Readings

Death = Point | Literal["random", "asked"]
"""`asked` is SIGTERM and must end well; every other is SIGKILL."""

ROOT = Path(__file__).parents[3]
PROGRAM = "tests.kafka.ingest_faults.crashing_ingest"
USUAL_SPOOL_BYTES = 64 * 1024 * 1024
_LOOK_EVERY_SECONDS = 0.05
_SCRAPE_EVERY_SECONDS = 0.3
_PATIENCE_SECONDS = 30


class Ingest:
    """Owns the process, whichever life it is in; `limit` is how many bytes its next life lets wait."""

    def __init__(self, folder: Path, settings: Mapping[str, str], flaw: str) -> None:
        self.port, self._admin_port = free_ports(2)
        self.limit = USUAL_SPOOL_BYTES
        self.deaths: Counter[Death] = Counter()
        self.surprises: list[str] = []
        self.readings = Readings()
        self._folder = folder
        self._settings = settings
        self._flaw = flaw
        self._orders = folder / "orders"
        self._process: Process | None = None
        self._ordered: Death | None = None
        self._died = asyncio.Event()
        self._over = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """At the end it is asked to stop."""
        living, watching = asyncio.create_task(self._live()), asyncio.create_task(self._watch())
        try:
            await self.answers()
            yield
            self._over = True
            await self.die("asked")
        finally:
            self._over = True
            self._signal(signal.SIGKILL)
            watching.cancel()
            await asyncio.wait({living, watching})
        living.result()

    async def die(self, death: Death, nth: int = 1) -> None:
        """Make it end so, and wait until it has; a point that is never passed is a surprise."""
        await self.answers()
        self._ordered = death
        self._died.clear()
        match death:
            case "random":
                self._signal(signal.SIGKILL)
            case "asked":
                self._signal(signal.SIGTERM)
            case point:
                written = self._orders.with_suffix(".new")
                written.write_text(f"{point} {nth}")
                written.rename(self._orders)
        try:
            await asyncio.wait_for(self._died.wait(), _PATIENCE_SECONDS)
        except TimeoutError:
            self.surprises.append(f"did not end at {death}, pass {nth}")
            self._orders.unlink(missing_ok=True)
            self._ordered = None

    async def answers(self) -> None:
        await _until(lambda: self._process is not None and listens(self.port), _PATIENCE_SECONDS)

    async def drained(self) -> None:
        """Wait until nothing is left in the spool."""
        try:
            await _until(lambda: self.readings.waiting(self._pid) == 0, 2 * _PATIENCE_SECONDS)
        except TimeoutError:
            self.surprises.append(f"{self.readings.waiting(self._pid):.0f} records stay in the spool")

    @property
    def _pid(self) -> int:
        return self._process.pid if self._process else 0

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)

    async def _live(self) -> None:
        argv = (sys.executable, "-m", PROGRAM, str(self._orders), self._flaw)
        with (self._folder / "ingest.log").open("ab") as log:
            while not self._over:
                self._process = await asyncio.create_subprocess_exec(
                    *argv, env=self._environment(), cwd=ROOT, stdout=log, stderr=log, start_new_session=True
                )
                self._mourn(await self._process.wait())

    def _mourn(self, code: int) -> None:
        """Note how it ended, and whether it should have."""
        ordered, self._ordered = self._ordered, None
        wanted = 0 if ordered == "asked" else -signal.SIGKILL
        if ordered is None or code != wanted:
            self.surprises.append(f"ended with {code} when {ordered or 'nothing'} was ordered")
        else:
            self.deaths[ordered] += 1
        self._died.set()

    def _environment(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("HIKITOME_")}
        return {
            **ours,
            **self._settings,
            "HIKITOME_PORT": str(self.port),
            "HIKITOME_ADMIN_PORT": str(self._admin_port),
            "HIKITOME_SPOOL_LIMIT_BYTES": str(self.limit),
        }

    async def _watch(self) -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
            while True:
                pid = self._pid
                try:
                    page = await client.get(f"http://{LOOPBACK}:{self._admin_port}/metrics")
                    self.readings.note(pid, page.text)
                except httpx.TransportError:
                    pass  # between two lives
                await asyncio.sleep(_SCRAPE_EVERY_SECONDS)


async def _until(holds: Callable[[], bool], patience: float) -> None:
    """:raises TimeoutError: if it does not hold within `patience` seconds."""
    async with asyncio.timeout(patience):
        while not holds():  # noqa: ASYNC110 - the condition lives in another process
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
