"""Support: what a customer calls or writes about (お問い合わせ), complaints above all.

Source: support.contacted.
"""

from datetime import datetime

import msgspec

from services.scoring.features.days import days_since, seconds
from services.scoring.features.decay import NEVER, Decayed, bumped, worth
from shared.events.engagement import SupportContacted
from shared.events.envelope import Envelope

HALF_LIFE_DAYS = 30.0


class Support(msgspec.Struct, frozen=True, array_like=True):
    """Moments are epoch seconds, each of the newest contact about that topic."""

    contacts: int = 0
    complaints: int = 0
    lately: Decayed = NEVER
    last: float | None = None
    complained: float | None = None
    about_leaving: float | None = None
    about_delivery: float | None = None
    about_payment: float | None = None


_with = msgspec.structs.replace


def update(state: Support, envelope: Envelope) -> Support:
    match envelope.data:
        case SupportContacted(topic=topic):
            return _about(_contacted(state, seconds(envelope.time)), topic, seconds(envelope.time))
        case _:
            return state


def _contacted(state: Support, at: float) -> Support:
    return _with(state, contacts=state.contacts + 1, lately=bumped(state.lately, at, HALF_LIFE_DAYS), last=at)


def _about(state: Support, topic: str, at: float) -> Support:
    match topic:
        case "complaint":
            return _with(state, complaints=state.complaints + 1, complained=at)
        case "cancellation":
            return _with(state, about_leaving=at)
        case "delivery":
            return _with(state, about_delivery=at)
        case "payment":
            return _with(state, about_payment=at)
        case _:
            return state


def read(state: Support, cutoff: datetime) -> dict[str, float]:
    """Counts ever, 0 if none; days since the newest contact of each kind, nan if there was none.

    contacts_30: contacts, each worth half after 30 days.
    """
    now = seconds(cutoff)
    return {
        "contacts": float(state.contacts),
        "contacts_30": worth(state.lately, now, HALF_LIFE_DAYS),
        "days_since_contact": days_since(state.last, now),
        "complaints": float(state.complaints),
        "days_since_complaint": days_since(state.complained, now),
        "days_since_leaving_contact": days_since(state.about_leaving, now),
        "days_since_delivery_contact": days_since(state.about_delivery, now),
        "days_since_payment_contact": days_since(state.about_payment, now),
    }
