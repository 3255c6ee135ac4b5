"""A subscription: one open stream's queue of frames; bounded, so that a slow reader harms only itself."""

import asyncio
from dataclasses import dataclass
from typing import Literal

QUEUE = 1_000


@dataclass(frozen=True, slots=True)
class Frame:
    """Bytes for the stream; `seq` None is no change, so it moves no cursor and is never replayed.

    `masked` says the same to who may not read names; None where there are no names in it.
    """

    data: bytes
    seq: int | None = None
    masked: bytes | None = None


class Subscription:
    """`owner` is whose it is; what is offered to a `masked` one names nobody."""

    def __init__(self, owner: str, seq: int, masked: bool = False) -> None:
        self.owner = owner
        self.began_at = seq
        self.masked = masked
        self._frames: list[Frame] = []
        self._news = asyncio.Event()
        self._ended = False

    def offer(self, frame: Frame) -> bool:
        """False when it is full: it must be dropped, and its client comes back with its last id."""
        if len(self._frames) >= QUEUE:
            return False
        self._frames.append(frame)
        self._news.set()
        return True

    def end(self) -> None:
        """What is queued is dropped too: the client replays it when it comes back."""
        self._ended = True
        self._frames.clear()
        self._news.set()

    async def take(self, patience: float) -> list[Frame] | Literal["ended", "silence"]:
        """All that is there, as soon as there is something; `patience` in seconds."""
        try:
            async with asyncio.timeout(patience):
                await self._news.wait()
        except TimeoutError:
            return "silence"
        if self._ended:
            return "ended"
        self._news.clear()
        taken, self._frames = self._frames, []
        return taken

    def text_of(self, frame: Frame) -> bytes:
        return frame.masked if self.masked and frame.masked is not None else frame.data
