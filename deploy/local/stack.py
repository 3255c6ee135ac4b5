"""The local stack: everything started in the right order, watched, and stopped in the reverse order."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self

import httpx

from deploy.local.broker import Broker, broker
from deploy.local.layout import DATABASE, Layout
from deploy.local.offsets import reset_offsets
from deploy.local.ports import listens
from deploy.local.postgres import Postgres, ensure_database, prepare, wait_ready
from deploy.local.problem import Problem
from deploy.local.process import Command
from deploy.local.session import Interrupted, is_first
from deploy.local.supervisor import Supervisor
from shared.clock import monotonic
from shared.kafka.provision import provision
from shared.postgres.migrations import migrate
from shared.process.settings import CommonSettings

SERVICES = {"ingest": "ingest_admin", "scoring": "scoring_admin", "notifier": "desk_admin"}
SCHEMAS = ("scoring", "notifier")
STARTING_SECONDS = 60.0
MOST_DEATHS_AT_START = 3
# What ingest wrote last is read within milliseconds; this is ample.
READING_SECONDS = 0.5
_SERVICES_FOLDER = Path(__file__).parents[2] / "services"


class LocalStack:
    """A context manager: inside its block everything answers.

    :raises Problem: on entry, if something keeps the stack from starting.
    :raises Interrupted: on entry, if `stop` is set before everything answers.
    """

    supervisor: Supervisor
    dsn: str

    def __init__(self, layout: Layout, say: Callable[[str], None], stop: asyncio.Event) -> None:
        self.layout = layout
        self._say = say
        self.asked_to_stop = stop
        self._parts = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as parts:
            self.supervisor = await parts.enter_async_context(Supervisor(self.layout.data, self._say))
            parts.push_async_callback(self._stop)
            if not await is_first(self._start(), self.until_stopped()):
                raise Interrupted
            self._parts = parts.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._parts.aclose()

    async def until_stopped(self) -> None:
        """:raises Problem: if the stack can't go on."""
        failed: asyncio.Future[Any] = self.supervisor.failed
        stopped: asyncio.Future[Any] = asyncio.ensure_future(self.asked_to_stop.wait())
        try:
            await asyncio.wait([stopped, failed], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
        if failed.done():
            raise failed.result()

    async def _start(self) -> None:
        layout = self.layout
        postgres = await asyncio.to_thread(
            prepare, layout.data / "postgres", layout.ports.postgres, layout.durable
        )
        tansu = broker(layout.ports.broker)
        self.dsn = postgres.dsn(DATABASE)
        await self.supervisor.start(postgres.command())
        await self.supervisor.start(tansu.command(), essential=True)
        await asyncio.gather(make_database(postgres), make_topics(tansu))
        await reset_offsets(self.dsn, SCHEMAS)
        for outside in (_mail_catcher(layout), _line(layout), _print_house(layout)):
            await self.supervisor.start(outside)
        for name in SERVICES:
            await self.supervisor.start(_service(layout, name, self.dsn))
        await self._until_all_answer()

    async def _until_all_answer(self) -> None:
        addresses = {name: f"{self.layout.url(port)}/readyz" for name, port in SERVICES.items()}
        addresses |= {page: self.layout.url(page) for page in ("mails", "line")}
        deadline = monotonic() + STARTING_SECONDS
        async with httpx.AsyncClient(trust_env=False) as client:
            for name, address in addresses.items():
                while not await _answers(client, address):
                    self._give_up_on(name, too_late=monotonic() > deadline)
                    await asyncio.sleep(0.1)

    def _give_up_on(self, name: str, too_late: bool) -> None:
        log = self.supervisor.log_of(name)
        if self.supervisor.restarts_of(name) >= MOST_DEATHS_AT_START:
            raise Problem(f"{name} can't start: {_last_line(log)}\nSee {log}")
        if too_late:
            raise Problem(f"{name} was not ready within {STARTING_SECONDS:.0f} s. See {log}")

    async def _stop(self) -> None:
        """First who writes, then who follows; last the broker, which forgets what nobody has read."""
        await self.supervisor.stop("ingest", patience=2)
        await asyncio.sleep(READING_SECONDS)
        await self.supervisor.stop("scoring", "notifier", "mails", "line", "print-house", patience=3)
        await self.supervisor.stop("broker", "postgres", patience=3)


async def make_database(postgres: Postgres) -> None:
    await wait_ready(postgres)
    await ensure_database(postgres, DATABASE)
    await make_schemas(postgres.dsn(DATABASE))


async def make_schemas(dsn: str) -> dict[str, list[str]]:
    """Migrate every schema; give the files applied now."""
    return {
        schema: await migrate(dsn, schema, _SERVICES_FOLDER / schema / "migrations") for schema in SCHEMAS
    }


async def make_topics(tansu: Broker, patience: float = 30) -> None:
    deadline = monotonic() + patience
    while not listens(tansu.port):
        if monotonic() > deadline:
            raise Problem(f"The broker did not answer on port {tansu.port} within {patience:.0f} s.")
        await asyncio.sleep(0.05)
    await provision(CommonSettings.model_validate({"kafka_bootstrap": tansu.bootstrap}))


def _service(layout: Layout, name: str, dsn: str) -> Command:
    return Command(name, (sys.executable, "-m", f"services.{name}"), env=layout.environment(name, dsn))


def _mail_catcher(layout: Layout) -> Command:
    arguments = {
        "--file": str(layout.mails_file),
        "--smtp-port": str(layout.ports.smtp),
        "--page-port": str(layout.ports.mails),
    }
    return _outside("mails", "mail_catcher", arguments)


def _line(layout: Layout) -> Command:
    arguments = {
        "--file": str(layout.line_file),
        "--port": str(layout.ports.line),
        "--token": layout.keys.line_token,
        "--secret": layout.keys.line_secret,
        "--webhook": f"{layout.url('desk')}/line/webhook",
    }
    return _outside("line", "line_fake", arguments)


def _print_house(layout: Layout) -> Command:
    """It prints, and is the warehouse as well."""
    folders = ("--folder", str(layout.print_folder), "--folder", str(layout.insert_folder))
    return Command("print-house", (sys.executable, "-m", "deploy.local.print_house", *folders))


def _outside(name: str, module: str, arguments: Mapping[str, str]) -> Command:
    options = [word for option in arguments.items() for word in option]
    return Command(name, (sys.executable, "-m", f"deploy.local.{module}", *options))


def _last_line(log: Path) -> str:
    return (log.read_text(errors="replace").strip().splitlines() or ["it said nothing"])[-1]


async def _answers(client: httpx.AsyncClient, address: str) -> bool:
    try:
        return (await client.get(address, timeout=2)).status_code == 200
    except httpx.TransportError:
        return False
