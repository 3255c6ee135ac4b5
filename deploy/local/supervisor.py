"""The supervisor: starts children, shows how they end, starts them again, and leaves none behind."""

import asyncio
import random
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from deploy.local.leftovers import Child, ChildrenFile
from deploy.local.problem import Problem
from deploy.local.process import Command, birth_of, signal_group
from deploy.local.reaper import dismiss, watch_over
from shared.backoff import Backoff
from shared.clock import monotonic

RESTART = Backoff(first=0.2, limit=10)
# A child that lived this long was well; its next death begins the backoff anew.
WELL_AFTER = 20.0


@dataclass(slots=True)
class Running:
    """A child and how often it was started again; `process` is None while it waits for its next start."""

    command: Command
    essential: bool
    restarts: int = 0
    process: asyncio.subprocess.Process | None = None
    life: asyncio.Task[None] | None = None
    stopping: asyncio.Event = field(default_factory=asyncio.Event)


class Supervisor:
    """A context manager. `failed` ends when the stack can't go on: an essential child ended."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self._say = say
        self._logs = folder / "logs"
        self._noted = ChildrenFile(folder)
        self._running: dict[str, Running] = {}
        self._reaper: subprocess.Popen[bytes] | None = None
        self.failed: asyncio.Future[Problem] = asyncio.get_running_loop().create_future()

    async def __aenter__(self) -> Self:
        self._logs.mkdir(parents=True, exist_ok=True)
        self._reaper = watch_over(self._noted.path)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop(*self._running)
        self._noted.close()
        if self._reaper is not None:
            await asyncio.to_thread(dismiss, self._reaper)
        self.failed.cancel()

    async def start(self, command: Command, essential: bool = False) -> None:
        """Start a child and keep it running; the death of an essential one ends everything."""
        keep_one_earlier_log(self.log_of(command.name))
        running = Running(command, essential)
        self._running[command.name] = running
        await self._spawn(running)
        running.life = asyncio.create_task(self._live(running), name=command.name)

    def log_of(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def restarts(self) -> int:
        return sum(running.restarts for running in self._running.values())

    def restarts_of(self, name: str) -> int:
        return self._running[name].restarts

    def pid_of(self, name: str) -> int | None:
        process = self._running[name].process
        return None if process is None else process.pid

    async def stop(self, *names: str, patience: float = 8) -> None:
        """Ask those of these children that run to end, all at once; kill those that take too long."""
        known = [self._running[name] for name in names if name in self._running]
        chosen = [running for running in known if not running.stopping.is_set()]
        for running in chosen:
            running.stopping.set()
            if running.process is not None:
                signal_group(running.process.pid, running.command.stop_signal)
        await asyncio.gather(*(self._see_off(running, patience) for running in chosen))

    async def _see_off(self, running: Running, patience: float) -> None:
        if running.life is None:
            return
        done, _ = await asyncio.wait({running.life}, timeout=patience)
        if not done and running.process is not None:
            self._say(f"{running.command.name} did not end within {patience:g} s and was killed.")
            signal_group(running.process.pid, signal.SIGKILL)
        await running.life

    async def _spawn(self, running: Running) -> None:
        command = running.command
        with self.log_of(command.name).open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *command.argv, stdout=log, stderr=log, **command.options()
            )
        self._noted.add(Child(command.name, process.pid, birth_of(process.pid), command.stop_signal))
        running.process = process

    async def _live(self, running: Running) -> None:
        attempt = 0
        while running.process is not None:
            began = monotonic()
            pid, code = running.process.pid, await running.process.wait()
            # Whatever it started itself must not outlive it.
            signal_group(pid, signal.SIGKILL)
            self._noted.remove(pid)
            running.process = None
            if running.stopping.is_set():
                return
            if running.essential:
                self._fail(running.command.name, code)
                return
            attempt = 1 if monotonic() - began > WELL_AFTER else attempt + 1
            await self._start_again(running, attempt, code)

    async def _start_again(self, running: Running, attempt: int, code: int) -> None:
        name, delay = running.command.name, RESTART.delay(attempt, random.random)
        self._say(f"{name} ended ({_how(code)}); it starts again in {delay:.1f} s. See {self.log_of(name)}")
        try:
            await asyncio.wait_for(running.stopping.wait(), delay)
        except TimeoutError:
            running.restarts += 1
            await self._spawn(running)
            if running.stopping.is_set() and running.process is not None:  # asked to stop while it was born
                signal_group(running.process.pid, running.command.stop_signal)

    def _fail(self, name: str, code: int) -> None:
        if not self.failed.done():
            why = f"The {name} ended ({_how(code)}), and what it held in memory went with it: the stack ends."
            self.failed.set_result(Problem(f"{why} See {self.log_of(name)}"))


def _how(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


def keep_one_earlier_log(log: Path) -> None:
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
