"""Deaths: a worker that is gone at a chosen point, and nobody gets to tidy up after it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Literal, get_args

from services.notifier.attempt import Attempts
from services.notifier.channels.base import Channel, Message, Outcome, Tray
from services.notifier.scenarios.action import Action
from services.notifier.scenarios.decide import Bar
from services.notifier.scenarios.recipient import Recipient
from shared.postgres.engine import AsyncConnection

Point = Literal["before_claim", "after_claim", "after_begin", "mid_send", "after_send", "after_settle"]
POINTS: tuple[Point, ...] = get_args(Point)


class Died(Exception):
    """The worker is no more."""


@dataclass
class Mortal:
    """A channel whose worker dies at the point that is set for an action, once."""

    inner: Channel
    random: Random
    deaths: dict[str, Point] = field(default_factory=dict)
    repeats_for: timedelta | None = None

    def __post_init__(self) -> None:
        self.repeats_for = self.inner.repeats_for

    def key(self, action: str) -> str:
        return self.inner.key(action)

    def payload(self, message: Message) -> Mapping[str, Any] | None:
        return self.inner.payload(message)

    async def send(self, message: Message) -> Outcome:
        match self.deaths.pop(message.action, None):
            case "after_begin":
                raise Died
            case "mid_send":
                await cut_short(self.inner.send(message), self.random)
                raise Died
            case "after_send":
                await self.inner.send(message)
                raise Died
            case _:
                return await self.inner.send(message)


@dataclass
class MortalTray:
    """A tray whose worker dies before or after something was put in: then nothing is committed."""

    inner: Tray
    deaths: dict[str, Point] = field(default_factory=dict)

    async def put(
        self,
        connection: AsyncConnection,
        action: Action,
        recipient: Recipient,
        message: Message,
        now: datetime,
    ) -> Bar | None:
        death = self.deaths.pop(action.id, None)
        if death in ("after_begin", "mid_send"):
            raise Died
        reason = await self.inner.put(connection, action, recipient, message, now)
        if death == "after_send":
            raise Died
        return reason


async def cut_short(work: Any, random: Random, most: int = 250) -> None:
    """Let it run for a random number of the loop's turns, wherever it is then."""
    task = asyncio.ensure_future(work)
    for _ in range(random.randrange(most)):
        if task.done():
            break
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def live(attempts: Attempts, claimed: list[Action], points: Mapping[str, Point]) -> None:
    """One worker for each of these, until its death."""
    taken = [one for one in claimed if points.get(one.id) != "after_claim"]
    ended = await asyncio.gather(*(attempts.take(one) for one in taken), return_exceptions=True)
    for end in ended:
        if isinstance(end, BaseException) and not isinstance(end, Died):
            raise end
