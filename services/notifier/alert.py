"""An alert: a request that a person act, and what may come of wanting to do something with it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

State = Literal["raised", "claimed", "resolved", "withdrawn"]
What = Literal[
    "raised",
    "refreshed",
    "claimed",
    "renewed",
    "released",
    "transferred",
    "deferred",
    "resolved",
    "withdrawn",
    "parked",
    "unparked",
    "contact_changed",
]
Disposition = Literal[
    "kept", "kept_modified", "paused", "cancelled", "callback", "no_answer", "wrong_number", "dnc"
]
Because = Literal["callback", "no_answer"]
Cause = Literal[
    "risk_left", "subscription_ended", "customer_erased", "phone_refused", "cancel_requested", "holdout"
]

DISPOSITIONS: dict[Disposition, str] = {
    "kept": "継続",
    "kept_modified": "変更して継続",
    "paused": "休止",
    "cancelled": "解約",
    "callback": "かけ直し",
    "no_answer": "不在",
    "wrong_number": "番号違い",
    "dnc": "連絡不要",
}
# The service goes on: what the desk counts as kept.
KEPT: frozenset[Disposition] = frozenset({"kept", "kept_modified", "paused"})


@dataclass(frozen=True, slots=True)
class Alert:
    """`version` grows with each change of state, so that one of many wins.

    `attempts` are the calls that have ended. The next is not to be made before `call_from` (real time): the
    customer was promised a call-back then, by `promised_by`, or nobody answered. `parked` is what the desk
    lacks the hands for.
    """

    id: str
    episode: str
    customer_ref: str
    correlation_id: str
    state: State = "raised"
    version: int = 1
    agent: str | None = None
    lease_until: datetime | None = None
    disposition: Disposition | None = None
    note: str | None = None
    closed_at: datetime | None = None
    attempts: int = 0
    call_from: datetime | None = None
    call_because: Because | None = None
    promised_by: str | None = None
    parked: bool = False

    @property
    def open(self) -> bool:
        return self.state in ("raised", "claimed")


@dataclass(frozen=True, slots=True)
class Changed:
    """The alert as it shall be, and what was done to it; `detail` of a transfer is who has it now."""

    alert: Alert
    what: What
    agent: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class TakenBy:
    """Another agent has it until the lease ends."""

    agent: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Engaged:
    """Another agent has another alert of the same person."""

    agent: str


@dataclass(frozen=True, slots=True)
class TooEarly:
    """It is not to be called before `until`, unless one says that one means it."""

    until: datetime


@dataclass(frozen=True, slots=True)
class NotYours:
    """Only who holds it may do this."""


@dataclass(frozen=True, slots=True)
class Held:
    """It is this agent's, and nobody else may take it for now."""


@dataclass(frozen=True, slots=True)
class Promised:
    """A call-back was promised, and what withdraws the alert does not undo the promise."""


@dataclass(frozen=True, slots=True)
class Over:
    """It is closed already."""

    state: State
