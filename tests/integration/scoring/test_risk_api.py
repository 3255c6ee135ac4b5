"""`GET /v1/customers/{ref}/risk`."""

from collections.abc import Callable

import httpx
from pydantic import SecretStr

from services.scoring.app import scoring_app
from services.scoring.artifact import Artifact
from services.scoring.observe import Observer
from shared.events.commerce import OrderPlaced
from shared.events.customer import CustomerSeen, Identifiers
from shared.events.envelope import Envelope
from shared.events.money import Money
from shared.postgres.engine import AsyncEngine, transaction

TOKEN = SecretStr("a-token")


async def get(engine: AsyncEngine, token: SecretStr | None, ref: str, **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(scoring_app(engine, token))
    async with httpx.AsyncClient(transport=transport, base_url="http://scoring") as client:
        return await client.get(f"/v1/customers/{ref}/risk", headers=headers)


async def test_a_scored_customers_risk_is_told_with_its_reasons(
    engine: AsyncEngine, artifact: Artifact, happened: Callable[..., Envelope]
) -> None:
    order = happened(OrderPlaced("o1", Money(4980, "JPY")), 0)
    async with transaction(engine) as connection:
        await Observer(artifact, lambda: order.time).observe(connection, [order])
    answer = await get(engine, TOKEN, "demo/shopify/7", authorization="Bearer a-token")
    assert answer.status_code == 200
    assert answer.json()["customer"] == "demo/shopify/7"
    assert 0 <= answer.json()["probability"] <= 1
    assert answer.json()["model"] == artifact.version
    assert isinstance(answer.json()["reasons"], list)


async def test_any_account_of_a_customer_will_do(
    engine: AsyncEngine, artifact: Artifact, happened: Callable[..., Envelope]
) -> None:
    one, other = "demo/shopify/7", "demo/shopify/8"
    events = [happened(OrderPlaced(f"o{ref}", Money(4980, "JPY")), 1, subject=ref) for ref in (one, other)]
    events += [happened(CustomerSeen("-", Identifiers(mail="m")), 0, subject=ref) for ref in (one, other)]
    async with transaction(engine) as connection:
        await Observer(artifact, lambda: events[0].time).observe(connection, events)
    answers = [await get(engine, TOKEN, ref, authorization="Bearer a-token") for ref in (one, other)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [answer.json()["customer"] for answer in answers] == [one, one]


async def test_an_unknown_customer_is_not_found(engine: AsyncEngine) -> None:
    answer = await get(engine, TOKEN, "demo/shopify/8", authorization="Bearer a-token")
    assert answer.status_code == 404


async def test_nobody_is_answered_without_the_token(engine: AsyncEngine) -> None:
    assert (await get(engine, TOKEN, "demo/shopify/7")).status_code == 401
    assert (await get(engine, TOKEN, "demo/shopify/7", authorization="Bearer wrong")).status_code == 401
    assert (await get(engine, None, "demo/shopify/7", authorization="Bearer ")).status_code == 401
