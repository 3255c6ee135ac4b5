"""Actions: what was done about a risk, by machine or by a person."""

from datetime import datetime
from typing import Literal

import msgspec

from shared.events.money import Money

Way = Literal["mail", "line", "postal_dm", "phone", "insert", "webhook"]
"""A way out to a customer: the channels of consent, what is put into a parcel (同梱), and another program."""


class ActionSent(msgspec.Struct, frozen=True, omit_defaults=True):
    action: str
    channel: Way
    scenario: str
    episode: str
    step: str


class ActionSuppressed(msgspec.Struct, frozen=True, omit_defaults=True):
    action: str
    channel: Way
    scenario: str
    episode: str
    step: str
    reason: str


class ActionDeferred(msgspec.Struct, frozen=True, omit_defaults=True):
    action: str
    channel: Way
    scenario: str
    episode: str
    step: str
    reason: str
    until: datetime


class ActionUnknown(msgspec.Struct, frozen=True, omit_defaults=True):
    """It may or may not have been sent; no machine sends it again."""

    action: str
    channel: Way
    scenario: str
    episode: str
    step: str
    reason: str


class AlertRaised(msgspec.Struct, frozen=True, omit_defaults=True):
    alert: str
    episode: str


class AlertClaimed(msgspec.Struct, frozen=True, omit_defaults=True):
    alert: str
    episode: str
    agent: str


class AlertResolved(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a call ended (結果).

    `disposition`: kept, kept_modified, paused, cancelled, callback, no_answer, wrong_number or dnc.
    `reason` and `reason_detail` are why the customer wanted to leave, `answer` what was said to the `offer`:
    accepted, declined or thinking. `attempt` counts the alert's calls from 1; `again`: there will be another.
    """

    alert: str
    episode: str
    agent: str
    disposition: str
    reason: str | None = None
    reason_detail: str | None = None
    offer: str | None = None
    answer: str | None = None
    attempt: int | None = None
    again: bool = False


class OfferAccepted(msgspec.Struct, frozen=True, omit_defaults=True):
    """A customer took what was offered (ご提案); `offer` begins with its kind, `detail` says how much of it.

    `subscription` is the contract it is about, `cost` what it costs the shop.
    """

    alert: str
    episode: str
    agent: str
    offer: str
    subscription: str | None = None
    reason: str | None = None
    detail: dict[str, str | int] = {}
    cost: Money | None = None
