"""Engagement: what a customer reads and looks at: the shop's pages, its mails, its LINE account.

Source: page.viewed (told by the shop's own site), mail.opened, mail.clicked, mail.bounced, line.followed,
line.blocked. Nothing is known of a customer of whom a source never told: a shop without the site's tag sends
no page views, and their absence is nan there, never 0.
"""

from datetime import datetime
from math import nan

import msgspec

from services.scoring.features.days import calendar_day, days_since, seconds
from services.scoring.features.decay import NEVER, Decayed, bumped, worth
from shared.events.engagement import (
    LineBlocked,
    LineFollowed,
    MailBounced,
    MailClicked,
    MailOpened,
    Page,
    PageViewed,
)
from shared.events.envelope import Envelope

WEEK, MONTH = 7.0, 30.0
"""Half-lives, days."""

REMEMBERED_DAYS = 7
"""Calendar days of which the views of the 解約 page are counted one by one, today among them."""


class Pages(msgspec.Struct, frozen=True, array_like=True):
    """`cancel_days`: calendar day and views of the 解約 page on it, newest last."""

    all_30: Decayed = NEVER
    cancel_7: Decayed = NEVER
    cancel_30: Decayed = NEVER
    skip_30: Decayed = NEVER
    account_30: Decayed = NEVER
    faq_30: Decayed = NEVER
    last: float | None = None
    last_cancel: float | None = None
    last_skip: float | None = None
    cancel_days: tuple[tuple[int, int], ...] = ()


class Mail(msgspec.Struct, frozen=True, array_like=True):
    """`dead`: the address bounced for good, and nothing was opened since."""

    opens_30: Decayed = NEVER
    clicks_30: Decayed = NEVER
    last_open: float | None = None
    last_click: float | None = None
    dead: bool = False


class Line(msgspec.Struct, frozen=True, array_like=True):
    blocked: bool
    since: float


class Engagement(msgspec.Struct, frozen=True, array_like=True):
    """None: this source never told of the customer."""

    pages: Pages | None = None
    mail: Mail | None = None
    line: Line | None = None


_with = msgspec.structs.replace


def update(state: Engagement, envelope: Envelope) -> Engagement:
    match envelope.data:
        case PageViewed(page=page):
            return _with(state, pages=_viewed(state.pages or Pages(), page, seconds(envelope.time)))
        case MailOpened():
            return _with(state, mail=_opened(state.mail or Mail(), seconds(envelope.time)))
        case MailClicked():
            return _with(state, mail=_clicked(state.mail or Mail(), seconds(envelope.time)))
        case MailBounced(permanent=permanent):
            mail = state.mail or Mail()
            return _with(state, mail=_with(mail, dead=mail.dead or permanent))
        case LineFollowed():
            return _with(state, line=_line(state.line, False, seconds(envelope.time)))
        case LineBlocked():
            return _with(state, line=_line(state.line, True, seconds(envelope.time)))
        case _:
            return state


def _viewed(pages: Pages, page: Page, at: float) -> Pages:
    seen = _with(pages, all_30=bumped(pages.all_30, at, MONTH), last=at)
    match page:
        case "cancel":
            return _cancel_viewed(seen, at)
        case "skip":
            return _with(seen, skip_30=bumped(pages.skip_30, at, MONTH), last_skip=at)
        case "account":
            return _with(seen, account_30=bumped(pages.account_30, at, MONTH))
        case "faq":
            return _with(seen, faq_30=bumped(pages.faq_30, at, MONTH))
        case _:
            return seen


def _cancel_viewed(pages: Pages, at: float) -> Pages:
    today = calendar_day(at)
    views = sum(count for day, count in pages.cancel_days if day == today)
    before = (day for day in pages.cancel_days if today - REMEMBERED_DAYS < day[0] < today)
    return _with(
        pages,
        cancel_7=bumped(pages.cancel_7, at, WEEK),
        cancel_30=bumped(pages.cancel_30, at, MONTH),
        last_cancel=at,
        cancel_days=(*before, (today, views + 1)),
    )


def _opened(mail: Mail, at: float) -> Mail:
    return _with(mail, opens_30=bumped(mail.opens_30, at, MONTH), last_open=at, dead=False)


def _clicked(mail: Mail, at: float) -> Mail:
    return _with(mail, clicks_30=bumped(mail.clicks_30, at, MONTH), last_click=at, dead=False)


def _line(line: Line | None, blocked: bool, at: float) -> Line:
    return line if line is not None and line.blocked == blocked else Line(blocked, at)


def read(state: Engagement, cutoff: datetime) -> dict[str, float]:
    """Counts, days, and flags of 0 or 1.

    knows_engagement: 1 when any source ever told of this customer. Names that end in _7 or _30 are counters
    of which each occurrence is worth half after so many days. cancel_views_week: views of the 解約 page on
    the last 7 calendar days (Asia/Tokyo, today among them), cancel_views_last: on the day it was seen last.
    mail_dead: the address bounced for good. line_blocked: 0 while followed, 1 once blocked.
    """
    now = seconds(cutoff)
    known = any(source is not None for source in (state.pages, state.mail, state.line))
    return (
        {"knows_engagement": float(known)}
        | (dict.fromkeys(PAGE_NAMES, nan) if state.pages is None else _pages(state.pages, now))
        | (dict.fromkeys(MAIL_NAMES, nan) if state.mail is None else _mail(state.mail, now))
        | _on_line(state.line, now)
    )


def _pages(pages: Pages, now: float) -> dict[str, float]:
    week = calendar_day(now) - REMEMBERED_DAYS
    return {
        "pages_30": worth(pages.all_30, now, MONTH),
        "days_since_page": days_since(pages.last, now),
        "cancel_pages_7": worth(pages.cancel_7, now, WEEK),
        "cancel_pages_30": worth(pages.cancel_30, now, MONTH),
        "days_since_cancel_page": days_since(pages.last_cancel, now),
        "cancel_views_week": float(sum(count for day, count in pages.cancel_days if day > week)),
        "cancel_views_last": float(pages.cancel_days[-1][1]) if pages.cancel_days else 0.0,
        "skip_pages_30": worth(pages.skip_30, now, MONTH),
        "days_since_skip_page": days_since(pages.last_skip, now),
        "account_pages_30": worth(pages.account_30, now, MONTH),
        "faq_pages_30": worth(pages.faq_30, now, MONTH),
    }


def _mail(mail: Mail, now: float) -> dict[str, float]:
    return {
        "mail_opens_30": worth(mail.opens_30, now, MONTH),
        "mail_clicks_30": worth(mail.clicks_30, now, MONTH),
        "days_since_mail_open": days_since(mail.last_open, now),
        "days_since_mail_click": days_since(mail.last_click, now),
        "mail_dead": float(mail.dead),
    }


def _on_line(line: Line | None, now: float) -> dict[str, float]:
    blocked = line is not None and line.blocked
    return {
        "line_blocked": nan if line is None else float(blocked),
        "days_since_line_block": days_since(line.since, now) if line and blocked else nan,
    }


PAGE_NAMES = tuple(_pages(Pages(), 0.0))
MAIL_NAMES = tuple(_mail(Mail(), 0.0))
