"""Engagement: what a customer does besides ordering: reads, looks around, writes, answers, recommends."""

from typing import Annotated, Literal

import msgspec

Page = Literal["cancel", "account", "skip", "product", "faq", "other"]
"""`cancel` is the 解約 page, `skip` the page to change the next delivery, `account` マイページ."""

Topic = Literal["question", "complaint", "delivery", "payment", "cancellation", "other"]


class PageViewed(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page of the shop was shown to a customer who was logged in."""

    page: Page


class MailOpened(msgspec.Struct, frozen=True, omit_defaults=True):
    message: str | None = None


class MailClicked(msgspec.Struct, frozen=True, omit_defaults=True):
    message: str | None = None


class MailBounced(msgspec.Struct, frozen=True, omit_defaults=True):
    """`permanent`: the address is dead, not only full."""

    permanent: bool = True
    message: str | None = None


class LineFollowed(msgspec.Struct, frozen=True, omit_defaults=True):
    """友だち追加."""


class LineBlocked(msgspec.Struct, frozen=True, omit_defaults=True):
    """ブロック."""


class LineClicked(msgspec.Struct, frozen=True, omit_defaults=True):
    """A link of a message by LINE was opened; `message` is the action."""

    message: str | None = None


class SurveyAnswered(msgspec.Struct, frozen=True, omit_defaults=True):
    """An answer (アンケート): `nps` is 0 to 10, `satisfaction` 1 to 5, `again` whether they would reorder."""

    survey: str
    nps: Annotated[int, msgspec.Meta(ge=0, le=10)] | None = None
    satisfaction: Annotated[int, msgspec.Meta(ge=1, le=5)] | None = None
    again: bool | None = None
    reason: str | None = None


class SupportContacted(msgspec.Struct, frozen=True, omit_defaults=True):
    """The customer called or wrote (お問い合わせ)."""

    topic: Topic = "other"


class ReferralMade(msgspec.Struct, frozen=True, omit_defaults=True):
    """A friend was brought along (紹介)."""


class ReviewPosted(msgspec.Struct, frozen=True, omit_defaults=True):
    """A review (レビュー) of 1 to 5 stars."""

    rating: Annotated[int, msgspec.Meta(ge=1, le=5)] | None = None
