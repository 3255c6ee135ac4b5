"""Triggers (きっかけ): what must happen for a customer to come into a scenario."""

from typing import Literal

import msgspec

from services.notifier.scenarios.segment import Range
from shared.events.risk import Band, RiskAssessed, RiskKind

Happened = Literal[
    "order.placed",
    "order.delivered",
    "subscription.started",
    "subscription.skipped",
    "subscription.paused",
    "subscription.cancelled",
    "payment.failed",
    "referral.made",
    "review.posted",
]


class OnRisk(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="risk", tag_field="on"):
    """A risk that enters such a band; an empty `reasons` means any, `unless` names reasons that bar it."""

    bands: frozenset[Band]
    kinds: frozenset[RiskKind]
    reasons: frozenset[str] = frozenset()
    unless: frozenset[str] = frozenset()

    def is_for(self, risk: RiskAssessed) -> bool:
        codes = {reason.code for reason in risk.reasons}
        return (
            risk.band in self.bands
            and risk.kind in self.kinds
            and (not self.reasons or bool(codes & self.reasons))
            and not codes & self.unless
        )


class OnEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="event", tag_field="on"):
    """Something that the customer or the cart did."""

    event: Happened


class OnSurvey(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="survey", tag_field="on"):
    """An answer to a survey (アンケート): its score (NPS 0 to 10), or one of these codes."""

    survey: str | None = None
    score: Range = Range()
    answers: frozenset[str] = frozenset()


class OnSilence(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="silence", tag_field="on"):
    """No order for so many days, and no contract that would bring one (休眠)."""

    days: int


class OnBirthday(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="birthday", tag_field="on"):
    """So many days before the customer's birthday (誕生日), by the shop's calendar."""

    days_before: int = 7


Trigger = OnRisk | OnEvent | OnSurvey | OnSilence | OnBirthday
