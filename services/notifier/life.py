"""An alert's life: claimed under a lease, handed on, put off for a later call, resolved, or withdrawn."""

from dataclasses import replace
from datetime import datetime, timedelta

from services.notifier.alert import (
    Alert,
    Because,
    Cause,
    Changed,
    Held,
    NotYours,
    Over,
    Promised,
    TakenBy,
    TooEarly,
    What,
)
from services.notifier.resolution import Resolution
from services.notifier.scenarios.calling import Calls

# What changes only in our own eyes; a customer who was told that we call waits for the call all the same.
YIELDS_TO_PROMISES: frozenset[Cause] = frozenset({"risk_left", "holdout"})


def claim(
    alert: Alert, agent: str, now: datetime, lease: timedelta, *, early: bool = False
) -> Changed | TakenBy | TooEarly | Over:
    """Take it, take it over after the lease, or prolong one's own lease.

    Before the time of the next call only who promised it may, or who does so knowingly (`early`).
    """
    if not alert.open:
        return Over(alert.state)
    if alert.agent == agent:
        return _held(alert, agent, now + lease, "renewed", agent)
    until = alert.lease_until
    if alert.agent is not None and until is not None and until > now:
        return TakenBy(alert.agent, until)
    if alert.call_from is not None and now < alert.call_from and not (early or alert.promised_by == agent):
        return TooEarly(alert.call_from)
    return _held(alert, agent, now + lease, "claimed", agent)


def prolong(alert: Alert, agent: str, now: datetime, lease: timedelta) -> Changed | NotYours | Over:
    """The heartbeat of a page at work: prolongs one's own lease, and never takes what is not one's own."""
    if not alert.open:
        return Over(alert.state)
    return _held(alert, agent, now + lease, "renewed", agent) if alert.agent == agent else NotYours()


def hold(alert: Alert, agent: str, now: datetime) -> Held | NotYours | Over:
    """Who may call this customer: one agent at a time, and not after the lease, for then another may."""
    if not alert.open:
        return Over(alert.state)
    held = alert.agent == agent and alert.lease_until is not None and alert.lease_until > now
    return Held() if held else NotYours()


def release(alert: Alert, agent: str) -> Changed | NotYours | Over:
    """Give it back to the queue; what was promised stays promised."""
    if not alert.open:
        return Over(alert.state)
    return _released(alert, agent) if alert.agent == agent else NotYours()


def take_back(alert: Alert, by: str) -> Changed | NotYours | Over:
    """Put it back into the queue for whoever has it."""
    if not alert.open:
        return Over(alert.state)
    return _released(alert, by) if alert.agent is not None else NotYours()


def _released(alert: Alert, by: str) -> Changed:
    released = replace(alert, state="raised", agent=None, lease_until=None, version=alert.version + 1)
    return Changed(released, "released", by)


def transfer(
    alert: Alert, agent: str, to: str, note: str | None, now: datetime, lease: timedelta
) -> Changed | NotYours | Over:
    """Who holds it hands it on, with a word for whoever has it then."""
    if not alert.open:
        return Over(alert.state)
    if alert.agent != agent:
        return NotYours()
    return assign(replace(alert, note=note or alert.note), agent, to, now, lease)


def assign(alert: Alert, by: str, to: str, now: datetime, lease: timedelta) -> Changed | Over:
    """Give it to an agent from whoever has it, along with the call-back that was promised."""
    if not alert.open:
        return Over(alert.state)
    promised_by = to if alert.call_because == "callback" else None
    return _held(replace(alert, promised_by=promised_by), to, now + lease, "transferred", by)


def _held(alert: Alert, agent: str, until: datetime, what: What, by: str) -> Changed:
    held = replace(
        alert, state="claimed", agent=agent, lease_until=until, parked=False, version=alert.version + 1
    )
    return Changed(held, what, by, agent if what == "transferred" else None)


def resolve(
    alert: Alert, agent: str, resolution: Resolution, now: datetime, calls: Calls
) -> Changed | NotYours | Over:
    """Say how the call ended: it is over, or the next one is due later.

    A call that is under way when the alert is withdrawn has an outcome all the same, so its agent may still
    record it; but it leads to no other call.
    """
    if alert.state == "resolved":
        return Over(alert.state)
    if alert.agent != agent:
        return NotYours() if alert.open else Over(alert.state)
    if alert.state == "withdrawn" and resolution.disposition == "callback":
        return Over(alert.state)
    ended = replace(
        alert,
        attempts=alert.attempts + 1,
        lease_until=None,
        call_from=None,
        call_because=None,
        promised_by=None,
        parked=False,
        version=alert.version + 1,
    )
    match resolution.disposition:
        case "callback":
            return _deferred(ended, agent, resolution, "callback", _promised(resolution))
        case "no_answer" if alert.open and ended.attempts < calls.attempts:
            return _deferred(ended, agent, resolution, "no_answer", calls.again(now))
    closed = replace(
        ended,
        state="resolved",
        disposition=resolution.disposition,
        note=resolution.note,
        closed_at=now,
    )
    return Changed(closed, "resolved", agent, resolution.disposition)


def _deferred(
    ended: Alert, agent: str, resolution: Resolution, because: Because, call_from: datetime
) -> Changed:
    deferred = replace(
        ended,
        state="raised",
        agent=None,
        note=resolution.note or ended.note,
        call_from=call_from,
        call_because=because,
        promised_by=agent if because == "callback" else None,
    )
    return Changed(deferred, "deferred", agent, because)


def _promised(resolution: Resolution) -> datetime:
    if resolution.callback_at is None:
        raise ValueError("a call-back without its time")
    return resolution.callback_at


def withdraw(alert: Alert, cause: Cause, now: datetime) -> Changed | Promised | Over:
    """Its cause is gone: it leaves the queue at once, even while an agent has it open."""
    if not alert.open:
        return Over(alert.state)
    if alert.call_because == "callback" and cause in YIELDS_TO_PROMISES:
        return Promised()
    withdrawn = replace(
        alert,
        state="withdrawn",
        lease_until=None,
        closed_at=now,
        call_from=None,
        call_because=None,
        promised_by=None,
        parked=False,
        version=alert.version + 1,
    )
    return Changed(withdrawn, "withdrawn", detail=cause)


def is_same(alert: Alert, recorded: Resolution, said: Resolution) -> bool:
    """Whether this was recorded of the newest call already; a deferred alert remembers the promised time."""
    kept = replace(
        said, offer_detail=recorded.offer_detail, callback_at=recorded.callback_at, cost=recorded.cost
    )
    return kept == recorded and (alert.call_because != "callback" or alert.call_from == said.callback_at)
