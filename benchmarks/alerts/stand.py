"""The arrangement: a database, two replicas of the desk as processes, and agents who are logged in."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from argon2 import PasswordHasher

from benchmarks.database import fresh_database
from deploy.local.ports import free_ports, listens
from services.notifier.__main__ import MIGRATIONS
from services.notifier.auth import Door, Entered, Passwords
from services.notifier.settings import AgentAccount
from services.notifier.stream import live_engine
from shared.clock import monotonic, system_clock
from shared.postgres.engine import AsyncEngine
from shared.postgres.migrations import migrate

_PASSWORD = "dashboards-only"  # noqa: S105 - of a database that is gone with the run


@dataclass(slots=True)
class Replica:
    """A desk's process, which can be killed and begun anew at the same address."""

    dsn: str
    port: int
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    async def begin_anew(self) -> None:
        self.process = _start(self.dsn, self.port)
        await _answers(self.port)


@dataclass(frozen=True, slots=True)
class Stand:
    """All that is measured, up and running."""

    engine: AsyncEngine
    replicas: Sequence[Replica]
    cookies: tuple[str, ...]


@asynccontextmanager
async def stand(dashboards: int) -> AsyncIterator[Stand]:
    async with fresh_database() as dsn:
        await migrate(dsn, "notifier", MIGRATIONS)
        engine = live_engine(dsn, 4)
        cookies = await _log_in(engine, dashboards)
        replicas = [Replica(dsn, port, _start(dsn, port)) for port in free_ports(2)]
        try:
            for replica in replicas:
                await _answers(replica.port)
            yield Stand(engine, replicas, cookies)
        finally:
            for replica in replicas:
                replica.kill()
            await engine.dispose()


async def _log_in(engine: AsyncEngine, dashboards: int) -> tuple[str, ...]:
    """A session for each; with a cheap hash, for log-ins are not what is measured."""
    door = Door(engine, Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)), system_clock)
    account = AgentAccount.model_validate({"login": "agent", "name": "担当", "password": _PASSWORD})
    await door.enrol([account])
    tokens = []
    for _ in range(dashboards):
        entered = await door.log_in("agent", _PASSWORD)
        if not isinstance(entered, Entered):
            raise SystemExit(f"no session for a dashboard: {entered}")
        tokens.append(entered.token)
    return tuple(tokens)


def _start(dsn: str, port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "benchmarks.alerts.replica", "--dsn", dsn, "--port", str(port)]
    return subprocess.Popen(command)  # noqa: S603 - our own program


async def _answers(port: int) -> None:
    deadline = monotonic() + 30
    while not listens(port):
        if monotonic() > deadline:
            raise SystemExit("a replica does not answer")
        await asyncio.sleep(0.02)
