"""The month's messages by LINE: asked of LINE seldom, counted in between, and the last ones kept back."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from services.notifier.allowance import ASK_EVERY, Allowance
from services.notifier.channels.line import Account, LineApi
from shared.postgres.engine import AsyncEngine, transaction
from tests.fake_line import FakeLine, running_line

ACTION = "6f1f0f0e-4d1c-5b7e-9a0a-000000000001"
EPISODE = "e1"


@dataclass
class Clock:
    """Real time, moved by the test."""

    now: datetime = datetime(2026, 3, 10, 3, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[FakeLine]:
    async with running_line(tmp_path, most=20) as running:
        yield running


@pytest.fixture
def allowance(engine: AsyncEngine, line: FakeLine, clock: Clock) -> Allowance:
    """Ten percent of twenty messages are kept back."""
    return Allowance(engine, LineApi(line.account()), 10.0, clock)


async def run(engine: AsyncEngine, query: str, **values: object) -> None:
    async with transaction(engine) as connection:
        await connection.execute(text(query), values)


async def plan(engine: AsyncEngine, priority: int = 50, facts: str = "{}") -> None:
    """An action of an enrolment."""
    await run(
        engine,
        "INSERT INTO enrolment (customer_ref, scenario, episode, version, kind, cart, enrolled_at, priority,"
        " facts) VALUES ('shop/cart/1', 'churn_warning', :episode, 1, 'subscription', 'shop/cart', now(),"
        " :priority, CAST(:facts AS jsonb))",
        episode=EPISODE,
        priority=priority,
        facts=facts,
    )
    await run(
        engine,
        "INSERT INTO action (id, customer_ref, scenario, episode, step, channel, shop, correlation_id,"
        " causation_id, due_at) VALUES (CAST(:id AS uuid), 'shop/cart/1', 'churn_warning', :episode, 'line',"
        " 'line', 'shop', 'c', 'c', now())",
        id=ACTION,
        episode=EPISODE,
    )


async def test_line_is_asked_once_in_ten_minutes(allowance: Allowance, line: FakeLine, clock: Clock) -> None:
    for _ in range(5):
        assert await allowance.bars(ACTION) is None
    assert line.asked_for_quota() == 1
    clock.now += ASK_EVERY
    await allowance.bars(ACTION)
    assert line.asked_for_quota() == 2


async def test_what_goes_out_is_counted_until_line_is_asked_again(
    allowance: Allowance, line: FakeLine, clock: Clock
) -> None:
    answers = [await allowance.bars(ACTION) for _ in range(19)]
    assert answers == [None] * 18 + ["quota_reserve"]
    clock.now += ASK_EVERY
    assert line.line.store.used() == 0
    assert await allowance.bars(ACTION) is None


@pytest.mark.parametrize(
    ("priority", "facts"), [(80, "{}"), (50, '{"band": "critical"}')], ids=["the scenario", "the band"]
)
async def test_what_is_kept_back_is_for_what_matters_most(
    engine: AsyncEngine, allowance: Allowance, priority: int, facts: str
) -> None:
    await plan(engine, priority, facts)
    answers = [await allowance.bars(ACTION) for _ in range(21)]
    assert answers == [None] * 20 + ["quota"]


async def test_a_critical_alert_of_the_same_episode_matters_too(
    engine: AsyncEngine, allowance: Allowance
) -> None:
    await plan(engine)
    await run(
        engine,
        "INSERT INTO alert (id, episode, customer_ref, cart, correlation_id, kind, band, probability,"
        " priority, value_amount, value_currency, reasons, model, horizon_days, assessed_at, noticed_at,"
        " raised_at, state) VALUES (gen_random_uuid(), :episode, 'shop/cart/1', 'shop/cart', 'c',"
        " 'subscription', 'critical', 0.9, 1, 1, 'JPY', '[]', 'm', 30, now(), now(), now(), 'raised')",
        episode=EPISODE,
    )
    assert [await allowance.bars(ACTION) for _ in range(19)] == [None] * 19


async def test_a_lesser_one_must_go_another_way(engine: AsyncEngine, allowance: Allowance) -> None:
    await plan(engine)
    assert [await allowance.bars(ACTION) for _ in range(20)][-2:] == ["quota_reserve"] * 2


async def test_after_line_said_it_is_over_it_is_asked_before_the_next(
    allowance: Allowance, line: FakeLine, clock: Clock
) -> None:
    await allowance.bars(ACTION)
    await allowance.reached()
    await allowance.bars(ACTION)
    assert line.asked_for_quota() == 1, "it was asked within the minute"
    clock.now += timedelta(minutes=2)
    await allowance.reached()
    await allowance.bars(ACTION)
    assert line.asked_for_quota() == 2


async def test_while_line_does_not_tell_what_was_known_holds(
    engine: AsyncEngine, allowance: Allowance, line: FakeLine, clock: Clock
) -> None:
    for _ in range(18):
        await allowance.bars(ACTION)
    clock.now += ASK_EVERY
    deaf = Allowance(engine, LineApi(Account(line.url, "wrong")), 10.0, clock)
    assert await deaf.bars(ACTION) == "quota_reserve"


async def test_a_plan_without_a_limit_never_stops(engine: AsyncEngine, tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "other").mkdir()
    async with running_line(tmp_path / "other") as line:
        free = Allowance(engine, LineApi(line.account()), 10.0, clock)
        assert {await free.bars(ACTION) for _ in range(30)} == {None}


async def test_the_quota_can_be_watched(allowance: Allowance) -> None:
    await allowance.bars(ACTION)
    await allowance.bars(ACTION)
    names = ("hikitome_line_quota_used", "hikitome_line_quota_most")
    assert [REGISTRY.get_sample_value(name) for name in names] == [1, 20]
