"""Announce: what happened to an alert, as an event about its customer for the other services."""

from datetime import datetime

from services.notifier.alert import Alert
from shared.events.action import AlertRaised
from shared.events.catalogue import Event
from shared.events.envelope import Envelope
from shared.events.ids import derived_id


def raised(alert: Alert, at: datetime, now: datetime) -> Envelope:
    return envelope(alert, AlertRaised(alert.id, alert.episode), at, now)


def envelope(alert: Alert, fact: Event, at: datetime, now: datetime, part: int = 0) -> Envelope:
    """`at` is business time, `now` real time; `part` tells facts apart that one change brings about."""
    shop, cart, _ = alert.customer_ref.split("/", 2)
    return Envelope(
        id=derived_id("alert", alert.id, str(alert.version), str(part)),
        source=f"/shops/{shop}/{cart}",
        subject=alert.customer_ref,
        time=at,
        shop=shop,
        receivedat=now,
        correlationid=alert.correlation_id,
        data=fact,
    )
