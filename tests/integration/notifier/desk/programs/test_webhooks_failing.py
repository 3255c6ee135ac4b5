"""Receivers that answer badly: tried again by the schedule with the same id, given up at last."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from services.notifier.endpoints import Endpoints
from services.notifier.hooks import LOG_KEPT
from services.notifier.retries import JITTER, SCHEDULE
from services.notifier.store import audit, deliveries
from services.notifier.store.audit import Entry
from services.notifier.store.endpoints import Endpoint
from shared.postgres.engine import AsyncEngine, transaction
from tests.integration.notifier.desk.programs.conftest import Clock
from tests.integration.notifier.desk.programs.receiver import Behaviour, Receiver

Make = Callable[..., Awaitable[tuple[str, str]]]
Send = Callable[[], Awaitable[int]]
Raise = Callable[..., Awaitable[str]]
BY = Entry("root", "admin", "delivery.resent")
LONGEST = 1 + JITTER


@pytest.fixture
def endpoints(engine: AsyncEngine, clock: Clock) -> Endpoints:
    return Endpoints(engine, clock)


async def states(endpoints: Endpoints, endpoint: str) -> list[str]:
    return [one.state for one in await endpoints.log(endpoint)]


@pytest.mark.parametrize(
    ("behaviour", "status", "reason"),
    [
        (500, 500, "status_500"),
        (404, 404, "status_404"),
        ("redirect", 302, "status_302"),
        ("slow", None, "timeout"),
        ("cut", None, "cut"),
    ],
)
async def test_whatever_goes_wrong_it_is_sent_again_with_the_same_id(
    receiver: Receiver,
    make_endpoint: Make,
    send: Send,
    raise_alert: Raise,
    endpoints: Endpoints,
    clock: Clock,
    behaviour: Behaviour,
    status: int | None,
    reason: str,
) -> None:
    receiver.next.append(behaviour)
    endpoint, _ = await make_endpoint(receiver.url)
    await raise_alert()
    assert await send() == 1
    assert await send() == 0
    clock.turn(seconds=SCHEDULE[0] * LONGEST)
    assert await send() == 1

    assert len({one.id for one in receiver.received}) == 1
    assert len(receiver.received) == 2
    (logged,) = await endpoints.log(endpoint)
    assert logged.state == "delivered"
    assert [(one.status, one.reason) for one in logged.attempts] == [(status, reason), (200, None)]


async def test_an_endless_body_is_not_read(
    receiver: Receiver, make_endpoint: Make, send: Send, raise_alert: Raise, endpoints: Endpoints
) -> None:
    receiver.usual = "endless"
    endpoint, _ = await make_endpoint(receiver.url)
    await raise_alert()
    await send()

    assert await states(endpoints, endpoint) == ["delivered"]


async def test_after_the_whole_schedule_it_has_failed_and_a_person_may_send_it_again(
    receiver: Receiver,
    make_endpoint: Make,
    send: Send,
    raise_alert: Raise,
    endpoints: Endpoints,
    clock: Clock,
) -> None:
    receiver.usual = 503
    endpoint, _ = await make_endpoint(receiver.url)
    await raise_alert()
    for wait in SCHEDULE:
        assert await send() == 1
        clock.turn(seconds=wait * LONGEST)
    assert await send() == 1
    clock.turn(days=2)
    assert await send() == 0
    (logged,) = await endpoints.log(endpoint)
    assert (logged.state, len(logged.attempts)) == ("failed", len(SCHEDULE) + 1)

    receiver.usual = 200
    assert await endpoints.ask(logged.id, BY)
    assert await send() == 1
    assert await states(endpoints, endpoint) == ["delivered"]
    assert len({one.id for one in receiver.received}) == 1


async def test_the_receiver_may_ask_for_more_time(
    receiver: Receiver, make_endpoint: Make, send: Send, raise_alert: Raise, clock: Clock
) -> None:
    receiver.usual, receiver.more["retry-after"] = 503, "120"
    await make_endpoint(receiver.url)
    await raise_alert()
    await send()
    clock.turn(seconds=119)
    assert await send() == 0
    clock.turn(seconds=2)
    assert await send() == 1


async def test_who_is_gone_is_switched_off_at_once_and_what_happens_meanwhile_is_held_for_him(
    receiver: Receiver,
    make_endpoint: Make,
    send: Send,
    raise_alert: Raise,
    endpoints: Endpoints,
    clock: Clock,
    engine: AsyncEngine,
) -> None:
    receiver.usual = 410
    endpoint, _ = await make_endpoint(receiver.url)
    since = clock()
    await raise_alert()
    await send()
    await raise_alert("e2", "demo/shopify/8")
    await send()
    (listed,) = await endpoints.listed()
    assert listed.off_because == "gone"
    assert await states(endpoints, endpoint) == ["held", "failed"]
    async with transaction(engine) as connection:
        last = (await audit.read(connection, 0, 100))[-1].entry
    assert (last.who, last.what, last.detail) == ("hikitome", "endpoint.switched_off", "CTI: gone")

    receiver.usual = 200
    assert isinstance(await endpoints.switch(endpoint, True, BY), Endpoint)
    assert await send() == 0
    assert await endpoints.ask_all(endpoint, since, BY) == 2
    assert await send() == 2
    assert await states(endpoints, endpoint) == ["delivered", "delivered"]


async def test_five_days_of_failing_only_switch_it_off_and_a_good_answer_begins_them_anew(
    receiver: Receiver,
    make_endpoint: Make,
    send: Send,
    raise_alert: Raise,
    endpoints: Endpoints,
    clock: Clock,
) -> None:
    await make_endpoint(receiver.url)
    for day, behaviour in enumerate([500, 500, 200, 500, 500, 500, 500, 500]):
        receiver.usual = behaviour
        await raise_alert(f"e{day}", f"demo/shopify/{day}")
        await send()
        clock.turn(days=1)
        (listed,) = await endpoints.listed()
        assert listed.off_because is None
    await raise_alert("last", "demo/shopify/99")
    await send()

    (listed,) = await endpoints.listed()
    assert listed.off_because == "failing"


async def test_the_log_is_kept_for_a_month(
    receiver: Receiver,
    make_endpoint: Make,
    send: Send,
    raise_alert: Raise,
    endpoints: Endpoints,
    clock: Clock,
    engine: AsyncEngine,
) -> None:
    endpoint, _ = await make_endpoint(receiver.url)
    await raise_alert()
    await send()
    for kept, at in ((1, timedelta(0)), (0, timedelta(seconds=1))):
        async with transaction(engine) as connection:
            await deliveries.prune(connection, clock() + at)
        assert len(await endpoints.log(endpoint)) == kept
    assert timedelta(days=30) == LOG_KEPT
