"""Actions: what was done about a risk, by machine or by a person."""

from datetime import datetime

import msgspec

from shared.events.customer import Channel


class ActionSent(msgspec.Struct, frozen=True, omit_defaults=True):
    action: str
    channel: Channel
    scenario: str
    episode: str
    step: str


class ActionSuppressed(msgspec.Struct, frozen=True, omit_defaults=True):
    action: str
    channel: Channel
    scenario: str
    episode: str
    step: str
    reason: str


class ActionDeferred(msgspec.Struct, frozen=True, omit_defaults=True):
    action: str
    channel: Channel
    scenario: str
    episode: str
    step: str
    reason: str
    until: datetime


class ActionUnknown(msgspec.Struct, frozen=True, omit_defaults=True):
    """It may or may not have been sent; no machine sends it again."""

    action: str
    channel: Channel
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
    """

    alert: str
    episode: str
    agent: str
    disposition: str
