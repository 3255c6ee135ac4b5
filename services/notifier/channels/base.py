"""What every way out has in common: the message, and the four things that can become of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """One message, rendered, to one address; `key` is the provider key that was committed before sending."""

    action: str
    key: str
    address: str
    name: str | None
    subject: str
    text: str
    html: str
    unsubscribe_url: str
    at: datetime


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
    """When to try again is the dispatcher's business; reasons are short words without personal data."""

    def key(self, action: str) -> str:
        """The provider key: the same for every attempt of one action."""
        ...

    async def send(self, message: Message) -> Outcome:
        """Try once, and end well within the dispatcher's lease."""
        ...
