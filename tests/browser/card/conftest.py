"""A customer whose life fills the card: contracts, skips, a failed payment, pages, a rising risk."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.notifier.enrol import Shop
from services.notifier.follow import observe
from shared.clock import system_clock
from shared.events.catalogue import Event
from shared.events.commerce import Line, OrderDelivered, OrderPlaced
from shared.events.customer import ConsentWithdrawn, ContactChanged
from shared.events.engagement import PageViewed, SupportContacted, SurveyAnswered
from shared.events.envelope import Envelope
from shared.events.ids import derived_id
from shared.events.money import Money
from shared.events.payment import PaymentFailed, PaymentRecovered
from shared.events.risk import Band, Reason, RiskAssessed
from shared.events.subscription import Cycle, SubscriptionPaused, SubscriptionSkipped, SubscriptionStarted
from shared.postgres.engine import AsyncEngine, transaction

NOW = datetime.fromisoformat("2026-06-10T12:00:00+09:00")
Live = Callable[..., Awaitable[None]]
SCORES: tuple[tuple[int, float, Band], ...] = (
    (60, 0.22, "low"),
    (30, 0.48, "medium"),
    (3, 0.7, "high"),
    (0, 0.82, "critical"),
)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


@pytest.fixture
def live(engine: AsyncEngine) -> Live:
    """Facts about one customer, each with the days that have gone by since."""

    async def put(name: str, *facts: tuple[float, Event]) -> None:
        told = [_told(f"demo/shopify/{name}", days, fact) for days, fact in facts]
        async with transaction(engine) as connection:
            await observe(Shop(ZoneInfo("Asia/Tokyo"), system_clock), connection, told)

    return put


@pytest.fixture
def live_fully(live: Live) -> Callable[[str], Awaitable[str]]:
    """Gives the id of the alert that comes of it."""

    async def put(name: str) -> str:
        await live(name, *_life(name))
        await live(name, *_risks(name))
        return derived_id("alert", f"episode {name}")

    return put


def _told(customer: str, days: float, fact: Event) -> Envelope:
    return Envelope(
        id=derived_id(customer, type(fact).__name__, str(days)),
        source="/shops/demo/shopify",
        subject=customer,
        time=ago(days),
        shop="demo",
        receivedat=system_clock(),
        correlationid="browser",
        data=fact,
    )


def _life(name: str) -> list[tuple[float, Event]]:
    return sorted([*_orders(name), *_signs(name)], key=lambda dated: -dated[0])


def _orders(name: str) -> list[tuple[float, Event]]:
    lines = (Line("p1", 1, Money(5980, "JPY"), "すこやか青汁 30包"),)
    placed = [
        (days, OrderPlaced(f"{name} {n}", Money(5980, "JPY"), lines, subscription="88", delivery_number=n))
        for n, days in ((1, 200.0), (2, 168.0), (3, 120.0))
    ]
    cream = (Line("p3", 1, Money(2480, "JPY"), "薬用ハンドクリーム"),)
    return [
        (200.1, SubscriptionStarted("88", Cycle("month", 1), 4)),
        *placed,
        (197.0, OrderDelivered(f"{name} 1")),
        (150.1, SubscriptionStarted("91", Cycle("day", 45))),
        (150.0, OrderPlaced(f"{name} 4", Money(2480, "JPY"), cream, subscription="91", delivery_number=1)),
        (20.0, SubscriptionPaused("91")),
        (90.0, SubscriptionSkipped("88", 4, ago(88))),
        (58.0, SubscriptionSkipped("88", 5, ago(56))),
    ]


def _signs(name: str) -> list[tuple[float, Event]]:
    return [
        (
            300.0,
            ContactChanged(
                name=name, kana="ヤマダ ハナコ", mail="hanako+shop@example.jp", phone="090-1234-5678"
            ),
        ),
        (40.0, SurveyAnswered("nps", nps=4, satisfaction=2, again=False)),
        (30.0, PaymentFailed("88", f"{name} 5", "card_declined")),
        (29.0, PaymentRecovered("88", f"{name} 5")),
        (12.0, SupportContacted("delivery")),
        (5.0, ConsentWithdrawn("mail")),
        (1.1, PageViewed("cancel")),
        (1.0, PageViewed("faq")),
    ]


def _risks(name: str) -> list[tuple[float, Event]]:
    before: Band = "low"
    told: list[tuple[float, Event]] = []
    for days, probability, band in SCORES:
        told.append((days, _risk(name, days, probability, band, before)))
        before = band
    return told


def _risk(name: str, days: float, probability: float, band: Band, before: Band) -> RiskAssessed:
    return RiskAssessed(
        kind="subscription",
        probability=probability,
        band=band,
        previous_band=before,
        phase="entered" if before == "low" and band == "low" else "changed",
        episode=f"episode {name}",
        priority=100.0,
        value_at_risk=Money(12_800, "JPY"),
        reasons=(
            Reason("skipped_in_a_row", "前回から2回連続でスキップ", {"n": 2}, 1.2),
            Reason("bound_near", "回数縛り（4回）があと1回で終わる", {"m": 4}, 0.7),
        ),
        strengths=(Reason("long_customer", "1年以上ご継続", {"y": 1}, -0.4),),
        model="m1",
        horizon_days=30.0,
        assessed_at=ago(days),
        noticed_at=system_clock(),
        subscription="88",
        delivery_number=3,
        min_deliveries=4,
        due=ago(-6),
        cutoff=ago(-2.2),
    )
