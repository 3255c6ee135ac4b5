"""Treatment: when something was last done about a customer; no feature: training asks who was left alone.

Source: action.sent and action.unknown (a message that may have gone out: by mail, LINE or post, put into a
parcel, or handed to another program, which may write to the customer), alert.resolved with a disposition that
means the customer was spoken to. A phone step only asks the desk to call: the alert tells what came of it.
"""

from datetime import datetime

import msgspec

from services.scoring.features.days import days_since, seconds
from shared.events.action import ActionSent, ActionUnknown, AlertResolved
from shared.events.envelope import Envelope

SPOKEN_TO = frozenset({"kept", "kept_modified", "paused", "cancelled", "callback", "dnc"})
"""The dispositions of calls that were answered by the customer; no_answer and wrong_number were not."""


class Treatment(msgspec.Struct, frozen=True, array_like=True):
    """Epoch seconds of the newest message sent and of the newest talk."""

    message: float | None = None
    talk: float | None = None


def update(state: Treatment, envelope: Envelope) -> Treatment:
    match envelope.data:
        case ActionSent(channel=channel) | ActionUnknown(channel=channel) if channel != "phone":
            return Treatment(seconds(envelope.time), state.talk)
        case AlertResolved(disposition=disposition) if disposition in SPOKEN_TO:
            return Treatment(state.message, seconds(envelope.time))
        case _:
            return state


def treated(state: Treatment, moment: datetime, within_days: float) -> bool:
    """Whether anything was done in the days before `moment`; the state must not know what came after it."""
    now = seconds(moment)
    return any(days_since(at, now) < within_days for at in (state.message, state.talk))
