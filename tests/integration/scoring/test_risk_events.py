"""What was told of a customer stays on record, whole: why, and by which model."""

from collections.abc import Callable
from datetime import timedelta

import msgspec
from sqlalchemy import text

from services.scoring.artifact import Artifact
from services.scoring.observe import Observer
from services.scoring.store import states
from shared.events.commerce import OrderPlaced
from shared.events.envelope import Envelope, decode
from shared.events.money import Money
from shared.events.payment import PaymentFailed
from shared.events.risk import RiskAssessed
from shared.events.subscription import Cycle, SubscriptionSkipped, SubscriptionStarted
from shared.postgres.engine import AsyncEngine, transaction

Happened = Callable[..., Envelope]


async def observe(engine: AsyncEngine, artifact: Artifact, events: list[Envelope]) -> None:
    async with transaction(engine) as connection:
        await Observer(artifact, lambda: events[-1].time).observe(connection, events)


def leaving(happened: Happened) -> list[Envelope]:
    return [
        happened(OrderPlaced("o1", Money(4980, "JPY")), 0),
        happened(SubscriptionStarted("c1", Cycle("day", 30), order="o1"), 0.1),
        happened(SubscriptionSkipped("c1", 2), 20),
        happened(SubscriptionSkipped("c1", 3), 50),
        happened(PaymentFailed("c1", code="insufficient_funds"), 80),
        happened(PaymentFailed("c1", code="insufficient_funds"), 83),
    ]


async def test_a_risk_event_is_kept_as_it_was_told_with_its_reasons_and_its_model(
    engine: AsyncEngine, artifact: Artifact, happened: Happened
) -> None:
    await observe(engine, artifact, leaving(happened))
    async with transaction(engine) as connection:
        kept = (await connection.execute(text("SELECT model, detail::text AS detail FROM risk_event"))).one()
        sent = (await connection.execute(text("SELECT value FROM outbox ORDER BY id"))).scalars()
        told = [data for each in sent if isinstance(data := decode(each).data, RiskAssessed)]
    assert [msgspec.json.decode(kept.detail, type=RiskAssessed)] == told
    assert told[0].reasons
    assert kept.model == told[0].model == artifact.version


async def test_the_kind_of_an_episode_is_remembered_for_the_next_look(
    engine: AsyncEngine, artifact: Artifact, happened: Happened
) -> None:
    events = leaving(happened)
    await observe(engine, artifact, events)
    async with transaction(engine) as connection:
        due = await states.lock_due(connection, events[-1].time + timedelta(days=8), 10)
        told = (await connection.execute(text("SELECT detail ->> 'kind' FROM risk_event"))).scalar_one()
    assert [each.previous.kind for each in due] == [told]


async def test_the_most_urgent_come_first_and_those_without_a_score_not_at_all(
    engine: AsyncEngine, artifact: Artifact, happened: Happened
) -> None:
    await observe(engine, artifact, leaving(happened))
    await observe(
        engine, artifact, [happened(OrderPlaced("o2", Money(10, "JPY")), 84, subject="demo/shopify/8")]
    )
    nobody = happened(SubscriptionSkipped("c9", 2), 85, subject="demo/shopify/9")
    await observe(engine, artifact, [nobody])
    async with transaction(engine) as connection:
        first = await states.most_urgent(connection, 2)
        everybody = await states.most_urgent(connection, None)
        newest = await states.newest_look(connection)
    assert first == ["demo/shopify/7", "demo/shopify/8"]
    assert set(everybody) == {"demo/shopify/7", "demo/shopify/8", "demo/shopify/9"}
    assert newest == nobody.time
