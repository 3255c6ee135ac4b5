"""An alert's life: raised, claimed under a lease, resolved with a disposition, or withdrawn."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

State = Literal["raised", "claimed", "resolved", "withdrawn"]
What = Literal[
    "raised", "refreshed", "claimed", "renewed", "released", "resolved", "withdrawn", "contact_changed"
]
Disposition = Literal[
    "kept", "kept_modified", "paused", "cancelled", "callback", "no_answer", "wrong_number", "dnc"
]
Cause = Literal["risk_left", "subscription_ended", "customer_erased", "phone_refused"]

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
    """A request that a person act; `version` grows with each change of state, so that one of many wins."""

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

    @property
    def open(self) -> bool:
        return self.state in ("raised", "claimed")


@dataclass(frozen=True, slots=True)
class Changed:
    """The alert as it shall be, and what was done to it."""

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
class NotYours:
    """Only who holds it may do this."""


@dataclass(frozen=True, slots=True)
class Held:
    """It is this agent's, and nobody else may take it for now."""


@dataclass(frozen=True, slots=True)
class Over:
    """It is closed already."""

    state: State


def claim(alert: Alert, agent: str, now: datetime, lease: timedelta) -> Changed | TakenBy | Over:
    """Take it, take it over after the lease, or prolong one's own lease."""
    if not alert.open:
        return Over(alert.state)
    until = alert.lease_until
    if alert.agent is not None and until is not None and alert.agent != agent and until > now:
        return TakenBy(alert.agent, until)
    what: What = "renewed" if alert.agent == agent else "claimed"
    claimed = replace(alert, state="claimed", agent=agent, lease_until=now + lease, version=alert.version + 1)
    return Changed(claimed, what, agent)


def hold(alert: Alert, agent: str, now: datetime) -> Held | NotYours | Over:
    """Who may call this customer: one agent at a time, and not after the lease, for then another may."""
    if not alert.open:
        return Over(alert.state)
    held = alert.agent == agent and alert.lease_until is not None and alert.lease_until > now
    return Held() if held else NotYours()


def release(alert: Alert, agent: str) -> Changed | NotYours | Over:
    """Give it back to the queue."""
    if not alert.open:
        return Over(alert.state)
    if alert.agent != agent:
        return NotYours()
    released = replace(alert, state="raised", agent=None, lease_until=None, version=alert.version + 1)
    return Changed(released, "released", agent)


def resolve(
    alert: Alert, agent: str, disposition: Disposition, note: str | None, now: datetime
) -> Changed | NotYours | Over:
    """Say how it ended.

    A call that is under way when the alert is withdrawn has an outcome all the same, so its agent may still
    record it.
    """
    if alert.state == "resolved":
        return Over(alert.state)
    if alert.agent != agent:
        return NotYours() if alert.open else Over(alert.state)
    resolved = replace(
        alert,
        state="resolved",
        disposition=disposition,
        note=note,
        lease_until=None,
        closed_at=now,
        version=alert.version + 1,
    )
    return Changed(resolved, "resolved", agent, disposition)


def withdraw(alert: Alert, cause: Cause, now: datetime) -> Changed | Over:
    """Its cause is gone: it leaves the queue at once, even while an agent has it open."""
    if not alert.open:
        return Over(alert.state)
    withdrawn = replace(alert, state="withdrawn", lease_until=None, closed_at=now, version=alert.version + 1)
    return Changed(withdrawn, "withdrawn", detail=cause)
