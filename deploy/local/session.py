"""A session at the terminal: it goes on until a signal, or until what it runs breaks."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

# The hang-up comes when the terminal's window is closed.
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Work = Coroutine[Any, Any, None]
Result = TypeVar("Result")


class Interrupted(Exception):
    """The session was asked to end before it had really begun."""


def run_session(work: Callable[[asyncio.Event], Coroutine[Any, Any, Result]]) -> Result:
    """Run `work`; Ctrl-C sets its event, once and for all: asking again does not hurry anybody."""

    async def session() -> Result:
        stop = asyncio.Event()
        for number in _ENDING:
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        return await work(stop)

    return asyncio.run(session())


async def is_first(work: Work, rival: Work) -> bool:
    """Run both until one ends, which may raise; cancel the other; say whether it was `work` that ended."""
    ours, theirs = asyncio.ensure_future(work), asyncio.ensure_future(rival)
    try:
        finished, _ = await asyncio.wait({ours, theirs}, return_when=asyncio.FIRST_COMPLETED)
        first = ours if ours in finished else theirs
        await first
        return first is ours
    finally:
        for each in (ours, theirs):
            each.cancel()
        await asyncio.gather(ours, theirs, return_exceptions=True)
