"""From what happened to what is said: the numbers are those that somebody who reads the log would count."""

from collections.abc import Callable
from datetime import datetime

import pytest

from services.scoring.features.state import NAMES, readings, refold
from services.scoring.model.reasons import GROUPS, reasons, strengths
from shared.events.catalogue import Event
from shared.events.commerce import OrderPaid, OrderPlaced
from shared.events.engagement import (
    LineBlocked,
    MailOpened,
    PageViewed,
    ReferralMade,
    SupportContacted,
    SurveyAnswered,
)
from shared.events.envelope import Envelope
from shared.events.money import Money
from shared.events.payment import PaymentFailed
from shared.events.subscription import Cycle, SubscriptionSkipped, SubscriptionStarted

Fact = Callable[..., Envelope]
Day = Callable[[float], datetime]
Happened = tuple[tuple[float, Event], ...]

YEN = Money(1000, "JPY")
CONTRACT: Happened = (
    (0, OrderPlaced("o0", YEN)),
    (0.01, SubscriptionStarted("c", Cycle("day", 30), 3, order="o0")),
    (0.02, OrderPaid("o0", subscription="c")),
)
SECOND: Happened = ((30, OrderPlaced("o1", YEN, subscription="c")), (30.1, OrderPaid("o1", subscription="c")))
TWICE_ON_THE_PAGE: Happened = ((51.9, PageViewed("cancel")), (52.1, PageViewed("cancel")))
SURVEYS: Happened = ((10, SurveyAnswered("s", nps=7)), (40, SurveyAnswered("s", nps=3)))
SKIPS: Happened = tuple((on, SubscriptionSkipped("c")) for on in (53, 53.01))
FAILURES: Happened = tuple((on, PaymentFailed("c")) for on in (49, 52))
TOLD: Happened = ((12, SupportContacted("complaint")), (41, LineBlocked()), (50, MailOpened()))


def told(
    say: Callable[..., tuple[object, ...]], sign: float, happened: Happened, fact: Fact, now: datetime
) -> str:
    """Every true sentence, whatever it weighs: a group at a time, for only five are said."""
    seen = readings(refold(fact(event, on) for on, event in happened), now)
    return "\n".join(
        reason.text  # type: ignore[attr-defined]
        for group in GROUPS
        for reason in say(seen, [sign if name == group.features[0] else 0.0 for name in NAMES], now)
    )


@pytest.mark.parametrize(
    ("happened", "sentence"),
    [
        (TWICE_ON_THE_PAGE, "解約ページを昨日2回表示"),
        ((*CONTRACT, *SECOND, *SKIPS), "前回から2回連続でスキップ"),
        ((*CONTRACT, *SECOND), "次回お届けまであと7日：解約が多い時期"),
        ((*CONTRACT, (30.5, SECOND[0][1])), "次回発送の締切は本日"),
        ((*CONTRACT, (34, SECOND[0][1])), "次回発送の締切まであと4日"),
        ((*CONTRACT, *SECOND), "お届け2回目：離脱が多い時期"),
        ((*CONTRACT, *SECOND), "回数縛り（3回）があと1回で終わる"),
        ((*CONTRACT, *SECOND, *FAILURES), "決済が2回続けて失敗（最後は昨日）"),
        (SURVEYS, "NPS 3（前回7から低下）"),
        (TOLD, "LINEをブロック（12日前）"),
        (TOLD, "お問い合わせ（クレーム）が41日前"),
        (((1, MailOpened()),), "メールを52日開封なし"),
        (((20, OrderPlaced("o", YEN)),), "初回のご注文から33日、2回目のご注文なし"),
    ],
)
def test_what_speaks_for_leaving(happened: Happened, sentence: str, fact: Fact, day: Day) -> None:
    """Fifty-three days after new year, at ten in the morning in Tokyo."""
    assert sentence in told(reasons, 1.0, happened, fact, day(53.04)).split("\n")


@pytest.mark.parametrize(
    ("happened", "sentence"),
    [
        (TOLD, "メールを3日前に開封"),
        (((5, ReferralMade()), (9, ReferralMade())), "お友達を2名紹介"),
        ((*CONTRACT, *SECOND), "決済はこれまで2回すべて成功"),
        ((*CONTRACT, *SECOND), "回数縛り期間中（あと1回）"),
        (((1, SurveyAnswered("s", nps=9)),), "NPS 9（10点中）"),
    ],
)
def test_what_speaks_for_staying(happened: Happened, sentence: str, fact: Fact, day: Day) -> None:
    assert sentence in told(strengths, -1.0, happened, fact, day(53.04)).split("\n")
