"""What every way out has in common: the message, and the four things that can become of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from services.notifier.scenarios.action import Action
from services.notifier.scenarios.decide import Bar
from services.notifier.scenarios.recipient import Recipient
from services.notifier.scenarios.scenario import Creative
from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Message:
    """One message, rendered, to one address; `key` is the provider key that was committed before sending.

    `payload` is what `Channel.payload` made of it, frozen with the key. `purpose` is the
    scenario's, `creative` the words as the scenario has them; `link` is where a QR code leads.
    `repeat`: an attempt before, with the same key, may have been taken.
    """

    action: str
    key: str
    address: str
    name: str | None
    subject: str
    text: str
    html: str
    unsubscribe_url: str
    at: datetime
    purpose: Literal["marketing", "service"] = "marketing"
    creative: Creative | None = None
    payload: Mapping[str, Any] | None = None
    link: str | None = None
    repeat: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider has taken it over; `provider_id` is its word for it, if it gave one."""

    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class Deferred:
    """Certainly not sent, and worth another try; `retry_after` is the provider's wish in seconds."""

    reason: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Certainly not sent, and never will be."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been sent; only a person may send it again."""

    reason: str


Outcome = Sent | Deferred | Refused | Unknown


class Channel(Protocol):
    """When to try again is the dispatcher's business; reasons are short words without personal data.

    `repeats_for`: so long after the first attempt the provider tells a repeat with the same key from another
    message, so that what is unknown may be tried again; None where it never can.
    """

    repeats_for: timedelta | None

    def key(self, action: str) -> str:
        """The provider key: the same for every attempt of one action."""
        ...

    def payload(self, message: Message) -> Mapping[str, Any] | None:
        """What the provider gets, made once; None where a message is rendered anew at each attempt."""
        ...

    async def send(self, message: Message) -> Outcome:
        """Try once, and end well within the dispatcher's lease."""
        ...


class Tray(Protocol):
    """A way out by batches (郵送DM, 同梱): what is put in leaves at the cut-off and can be taken back."""

    async def put(
        self,
        connection: AsyncConnection,
        action: Action,
        recipient: Recipient,
        message: Message,
        now: datetime,
    ) -> Bar | None:
        """Into the open batch, by `actions.batch`, in the transaction that decides; `now` is business time.

        Or why it can't be: nothing was done then, and the step's next way is tried.
        """
        ...
