"""Risks that become alerts: one customer each, told as the stream of events would tell them."""

import asyncio
from datetime import timedelta
from zoneinfo import ZoneInfo

from services.notifier.enrol import Shop
from services.notifier.follow import observe
from shared.clock import monotonic, system_clock
from shared.events.envelope import Envelope
from shared.events.ids import derived_id
from shared.events.money import Money
from shared.events.risk import Reason, RiskAssessed
from shared.postgres.engine import AsyncEngine, transaction


async def raise_steadily(engine: AsyncEngine, rate: float, count: int) -> dict[str, float]:
    """`rate` a second; gives by alert the monotonic second at which its transaction began."""
    began: dict[str, float] = {}
    start = monotonic()
    for number in range(count):
        await asyncio.sleep(max(0.0, start + number / rate - monotonic()))
        envelope = _risk(number)
        began[derived_id("alert", f"episode {number}")] = monotonic()
        async with transaction(engine) as connection:
            await observe(Shop(ZoneInfo("Asia/Tokyo"), system_clock), connection, [envelope])
    return began


def _risk(number: int) -> Envelope:
    now = system_clock()
    risk = RiskAssessed(
        kind="subscription",
        probability=0.82,
        band="critical",
        previous_band="medium",
        phase="entered",
        episode=f"episode {number}",
        priority=100.0 + number % 50,
        value_at_risk=Money(12_800, "JPY"),
        reasons=(
            Reason("skipped_in_a_row", "前回から2回連続でスキップ", {"n": 2}, 1.2),
            Reason("bound_near", "回数縛り（4回）があと1回で終わる", {"m": 4}, 0.7),
            Reason("silence", "前回のご注文から41日", {"d": 41}, 0.3),
        ),
        model="benchmark",
        horizon_days=30.0,
        assessed_at=now,
        noticed_at=now,
        subscription=str(number),
        delivery_number=3,
        min_deliveries=4,
        due=now + timedelta(days=6),
        cutoff=now + timedelta(days=2),
    )
    return Envelope(
        id=derived_id("risk", str(number)),
        source="/shops/demo/shopify",
        subject=f"demo/shopify/{number}",
        time=now,
        shop="demo",
        receivedat=now,
        correlationid=f"benchmark-{number}",
        data=risk,
    )
