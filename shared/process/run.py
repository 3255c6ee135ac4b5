"""Run: loops and servers live and die together, and drain on SIGTERM."""

import asyncio
import gc
import signal
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, cast

import structlog
import uvicorn
import uvloop

from shared.clock import monotonic
from shared.process.deadline import USUAL, Deadline, Patience, sweep
from shared.process.metrics import event_loop_lag_seconds

Loop = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
"""Runs until `stop` is set, then finishes what it holds and returns; returning earlier ends the process."""

log = structlog.get_logger(__name__)


Speak = Callable[..., Deadline]
"""Makes the protocol of one connection, of a patience and what uvicorn gives, with names."""


def serve(
    app: Any,
    host: str,
    port: int,
    drain_seconds: int = 5,
    patience: Patience = USUAL,
    speak: Speak = Deadline,
) -> Loop:
    """An ASGI application as a loop; open requests get `drain_seconds` at the end."""
    config = _config(app, host, port, drain_seconds, partial(speak, patience))

    async def loop(stop: asyncio.Event) -> None:
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        stopping = asyncio.create_task(stop.wait())
        sweeping = asyncio.create_task(sweep(server.server_state.connections, patience.sweep_every))
        await asyncio.wait({serving, stopping, sweeping}, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        stopping.cancel()
        await serving
        if sweeping.done():
            sweeping.result()
        sweeping.cancel()

    return loop


def _config(app: Any, host: str, port: int, drain_seconds: int, http: Speak) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        # uvicorn only ever calls it; a class it need not be.
        http=cast(type[asyncio.Protocol], http),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        # Nobody here asks who the client is, and a layer less is a webhook a little cheaper.
        proxy_headers=False,
        timeout_graceful_shutdown=drain_seconds,
    )


async def run(*loops: tuple[str, Loop]) -> int:
    """Run all until SIGTERM, SIGINT or the first that ends; give the exit code.

    uvicorn takes the signals for itself and raises them again when it returns; our own callbacks, installed
    first, turn that second signal into a mere `stop.set()`.
    """
    stop = asyncio.Event()
    running_loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        running_loop.add_signal_handler(number, stop.set)
    tasks: set[asyncio.Task[None]] = {asyncio.create_task(loop(stop), name=name) for name, loop in loops}
    tasks.add(asyncio.create_task(_measure_lag(stop), name="lag"))
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    asked = stop.is_set()
    stop.set()
    if pending:
        late, _ = await asyncio.wait(pending, timeout=8)
        done |= late
    return 0 if _report(tasks, done, asked) else 1


def _report(tasks: set[asyncio.Task[None]], done: set[asyncio.Task[None]], asked: bool) -> bool:
    """Log what ended badly; true if all ended well and because we asked."""
    well = asked
    for task in tasks - done:
        log.error("loop did not drain in time", loop=task.get_name())
        task.cancel()
        well = False
    for task in done:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("loop died", loop=task.get_name(), error=type(error).__name__, exc_info=error)
            well = False
    return well


def start(main: Coroutine[Any, Any, int]) -> int:
    """Run a process's main coroutine on uvloop and give its exit code."""
    # What is there now stays; to look through it again and again would stop the loop for 60 ms each time.
    gc.collect()
    gc.freeze()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


async def _measure_lag(stop: asyncio.Event) -> None:
    while not stop.is_set():
        before = monotonic()
        await pause(stop, 0.5)
        event_loop_lag_seconds.set(max(0.0, monotonic() - before - 0.5) if not stop.is_set() else 0.0)


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Sleep, but wake at once when it is time to stop."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
