"""An occasion (きっかけ): what happened to a customer that may set a scenario off."""

from calendar import isleap
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.notifier.scenarios.trigger import (
    Happened,
    OnBirthday,
    OnEvent,
    OnRisk,
    OnSilence,
    OnSurvey,
    Trigger,
)
from shared.events.commerce import OrderDelivered, OrderPaid, OrderPlaced
from shared.events.engagement import ReferralMade, ReviewPosted, SurveyAnswered
from shared.events.envelope import Envelope
from shared.events.ids import derived_id
from shared.events.payment import PaymentFailed, PaymentRecovered
from shared.events.risk import RiskAssessed
from shared.events.subscription import (
    SubscriptionCancelled,
    SubscriptionExpired,
    SubscriptionPaused,
    SubscriptionSkipped,
    SubscriptionStarted,
)

Deed = (
    OrderPlaced
    | OrderDelivered
    | SubscriptionStarted
    | SubscriptionSkipped
    | SubscriptionPaused
    | SubscriptionCancelled
    | PaymentFailed
    | ReferralMade
    | ReviewPosted
    | SurveyAnswered
)
"""What a customer or a cart did that a scenario may be set off by."""

HEARD = (*Deed.__args__, OrderPaid, PaymentRecovered, SubscriptionExpired)
"""Deeds, and what ends scenarios beside them."""

_NAMES: dict[type, Happened] = {
    OrderPlaced: "order.placed",
    OrderDelivered: "order.delivered",
    SubscriptionStarted: "subscription.started",
    SubscriptionSkipped: "subscription.skipped",
    SubscriptionPaused: "subscription.paused",
    SubscriptionCancelled: "subscription.cancelled",
    PaymentFailed: "payment.failed",
    ReferralMade: "referral.made",
    ReviewPosted: "review.posted",
}


@dataclass(frozen=True, slots=True)
class Silent:
    """No order for so many days."""

    days: int


@dataclass(frozen=True, slots=True)
class Birthday:
    """The customer's birthday comes in so many days."""

    days: int


What = RiskAssessed | Deed | Silent | Birthday


@dataclass(frozen=True, slots=True)
class Occasion:
    """`episode` is the same however often we hear of it; `at` is business time. `subscription` and `order`
    name what it is about, where that is known.
    """

    customer_ref: str
    episode: str
    at: datetime
    what: What
    correlation_id: str
    causation_id: str
    subscription: str | None = None
    order: str | None = None

    @property
    def kind(self) -> str:
        """A risk's kind, or the name of what happened."""
        match self.what:
            case RiskAssessed(kind=kind):
                return kind
            case SurveyAnswered():
                return "survey.answered"
            case Silent():
                return "silence"
            case Birthday():
                return "birthday"
            case _:
                return _NAMES[type(self.what)]

    @property
    def reason(self) -> str | None:
        """A risk's first."""
        risk = self.what
        return risk.reasons[0].code if isinstance(risk, RiskAssessed) and risk.reasons else None


def of_risk(envelope: Envelope, risk: RiskAssessed) -> Occasion:
    return _occasion(envelope, envelope.subject, risk, risk.episode)


def of_deed(envelope: Envelope, customer_ref: str) -> Occasion | None:
    """None for what sets nothing off. `customer_ref` is who did it: some events name only the contract."""
    deed = envelope.data
    if not isinstance(deed, Deed):
        return None
    cart = envelope.source.removeprefix("/shops/")
    match deed:
        case OrderPlaced(order=order) | OrderDelivered(order=order):
            # Carts may tell of one order in several events.
            key = derived_id("occasion", _NAMES[type(deed)], cart, order)
        case _:
            key = derived_id("occasion", envelope.id)
    return _occasion(envelope, customer_ref, deed, key)


def of_silence(customer_ref: str, last_order: datetime, event_id: str, days: int) -> Occasion:
    """So long after the last order, of which that event told."""
    episode = derived_id("occasion", "silence", str(days), event_id)
    return Occasion(
        customer_ref, episode, last_order + timedelta(days=days), Silent(days), event_id, event_id
    )


def of_birthday(customer_ref: str, person: str, day: date, days: int, zone: ZoneInfo) -> Occasion:
    """On the morning of `day`, so many days before; `person` is the same on all accounts."""
    episode = derived_id("occasion", "birthday", person, str((day + timedelta(days=days)).year))
    morning = datetime.combine(day, time(), zone).astimezone(UTC)
    return Occasion(customer_ref, episode, morning, Birthday(days), episode, episode)


def birthdays_on(day: date) -> list[str]:
    """Birthdays (MM-DD) that fall on this day: those of a leap day have theirs a day early in other years."""
    leapless = (day.month, day.day) == (2, 28) and not isleap(day.year)
    return [f"{day:%m-%d}", *(["02-29"] if leapless else [])]


def _occasion(envelope: Envelope, customer_ref: str, what: RiskAssessed | Deed, episode: str) -> Occasion:
    return Occasion(
        customer_ref=customer_ref,
        episode=episode,
        at=envelope.time,
        what=what,
        correlation_id=envelope.correlationid,
        causation_id=envelope.id,
        subscription=getattr(what, "subscription", None),
        order=getattr(what, "order", None),
    )


def sets_off(trigger: Trigger, what: What) -> bool:
    """Whether this is what the scenario waits for, whoever it happened to."""
    match trigger, what:
        case OnRisk(), RiskAssessed(phase="entered"):
            return trigger.is_for(what)
        case OnEvent(event), _:
            return _NAMES.get(type(what)) == event
        case OnSurvey(survey, score, answers), SurveyAnswered(survey=asked, nps=nps):
            fits = survey in (None, asked) and score.holds(nps)
            return fits and (not answers or bool(answers & codes_of(what)))
        case OnSilence(days), Silent(reached):
            return days == reached
        case OnBirthday(before), Birthday(left):
            return before == left
        case _:
            return False


def codes_of(answered: SurveyAnswered) -> frozenset[str]:
    """The codes of the quick replies that say the same."""
    again = None if answered.again is None else "again:yes" if answered.again else "again:no"
    satisfaction = None if answered.satisfaction is None else f"satisfaction:{answered.satisfaction}"
    nps = None if answered.nps is None else str(answered.nps)
    return frozenset(code for code in (nps, satisfaction, again, answered.reason) if code is not None)
