"""The occasion: who writes, to whom and why; and what every placeholder stands for then."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from services.notifier.scenarios.link import Links
from services.notifier.scenarios.scenario import Creative
from services.notifier.templates.openings import opening_for

_WEEKDAYS = "月火水木金土日"
_TOKYO = ZoneInfo("Asia/Tokyo")

Value = str | int | None
Purpose = Literal["marketing", "service"]


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes, as the law wants it shown (特定電子メール法); `account_url` is the customers' own page."""

    shop_name: str
    name: str
    mail: str
    postal_address: str
    contact: str
    account_url: str


@dataclass(frozen=True, slots=True)
class Occasion:
    """What differs from message to message.

    `facts` are those of the enrolment, `links` how clicks are counted: without them links lead straight on.
    Dates are told in `zone`.
    """

    kind: str
    reason: str | None
    name: str | None
    unsubscribe_url: str
    purpose: Purpose = "marketing"
    facts: Mapping[str, Any] = field(default_factory=dict)
    links: Links | None = None
    zone: ZoneInfo = _TOKYO

    def follow(self, url: str) -> str:
        """Where a link in the words leads; our own links lead where they say."""
        own = self.links is None or url == self.unsubscribe_url or url.startswith(f"{self.links.base}/go/")
        return url if own or self.links is None else self.links.to(url)


class Address(str):
    """A link that we made or were told by the shop: it may become a link or a button in the words."""

    __slots__ = ()


def survey_links(creative: Creative, occasion: Occasion) -> Address | None:
    """A line for each answer, which the layout makes a button of."""
    links, survey = occasion.links, creative.survey
    if links is None or survey is None or not creative.replies:
        return None
    lines = [f"{one.label}: {links.answer(survey, one.answer, one.label)}" for one in creative.replies]
    return Address("\n".join(lines))


def values(sender: Sender, occasion: Occasion) -> dict[str, Value]:
    """By placeholder; None for what is not known, which a template may ask but not show."""
    facts, opening = occasion.facts, opening_for(occasion.reason)
    numbers = ("delivery_number", "min_deliveries", "deliveries", "skips", "days_silent", "score")
    return {
        "addressee": f"{occasion.name} 様" if (occasion.name or "").strip() else "お客様",
        "shop_name": sender.shop_name,
        "opening_subject": opening.subject,
        "opening": opening.sentence,
        "offer": opening.offer,
        "kind": occasion.kind,
        "product_title": facts.get("product_title") or None,
        **{name: facts.get(name) for name in numbers},
        "next_delivery": _day(facts.get("due"), occasion.zone),
        "cutoff": _day(facts.get("cutoff"), occasion.zone),
        "amount": _money(facts.get("amount")),
        "answer": facts.get("answer"),
        "account_url": Address(sender.account_url) if sender.account_url else None,
        "contact": sender.contact or None,
        "unsubscribe_url": Address(occasion.unsubscribe_url) if occasion.unsubscribe_url else None,
    }


def _day(at: object, zone: ZoneInfo) -> str | None:
    if not isinstance(at, (str, datetime)):
        return None
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    local = moment.astimezone(zone)
    return f"{local.month}月{local.day}日（{_WEEKDAYS[local.weekday()]}）"


def _money(amount: object) -> str | None:
    return f"{amount:,.0f}円" if isinstance(amount, (int, float)) else None
