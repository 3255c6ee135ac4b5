"""Ways out that answer as a test wants, and keep what they were given."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from services.notifier.channels.base import Message, Outcome, Sent
from services.notifier.postal.piece import Form
from services.notifier.scenarios.action import Action
from services.notifier.scenarios.decide import Bar
from services.notifier.scenarios.recipient import Recipient
from services.notifier.store import actions, batches
from services.notifier.store.action_messages import Letter
from shared.events.action import Way
from shared.postgres.engine import AsyncConnection


@dataclass
class Scripted:
    """A channel; `answers` come in turn, and then everything is taken."""

    answers: deque[Outcome] = field(default_factory=deque)
    repeats_for: timedelta | None = None
    got: list[Message] = field(default_factory=list)

    def key(self, action: str) -> str:
        return f"key-of-{action}"

    def payload(self, message: Message) -> Mapping[str, Any] | None:
        return {"to": message.address, "text": message.text}

    async def send(self, message: Message) -> Outcome:
        self.got.append(message)
        return self.answers.popleft() if self.answers else Sent("provider-1")


@dataclass
class Box:
    """A tray; `bar` is why nothing fits."""

    way: Way
    cut_off: datetime
    bar: Bar | None = None
    got: list[Message] = field(default_factory=list)

    async def put(
        self,
        connection: AsyncConnection,
        action: Action,
        _recipient: Recipient,
        message: Message,
        now: datetime,
    ) -> Bar | None:
        if self.bar is not None:
            return self.bar
        form: Form = "insert" if self.way == "insert" else "postcard"
        batch = await batches.join(connection, self.way, form, self.cut_off)
        assert batch is not None
        await actions.batch(connection, action, batch, Letter(action.id, "", "", message.text), now)
        self.got.append(message)
        return None
