"""Outgoing webhooks: everything that happens, once, signed, and naming nobody who should not be named."""

from collections.abc import Awaitable, Callable

import httpx
from sqlalchemy import TextClause, text
from standardwebhooks import Webhook

from services.notifier.endpoints import BOTH_SIGN, Endpoints
from services.notifier.resolution import Resolution
from services.notifier.store.audit import Entry
from shared.events.customer import ContactChanged, CustomerErased
from shared.events.envelope import Envelope
from shared.postgres.engine import AsyncEngine, transaction
from tests.integration.notifier.desk.conftest import Office
from tests.integration.notifier.desk.programs.conftest import Clock
from tests.integration.notifier.desk.programs.receiver import Receiver

Make = Callable[..., Awaitable[tuple[str, str]]]
Send = Callable[[], Awaitable[int]]
Raise = Callable[..., Awaitable[str]]
Follow = Callable[..., Awaitable[None]]
ADMIN = Entry("root", "admin", "endpoint.changed")


async def test_what_happens_to_an_alert_is_told_in_order_and_once(
    office: Office, receiver: Receiver, make_endpoint: Make, send: Send, raise_alert: Raise
) -> None:
    await make_endpoint(receiver.url)
    alert = await raise_alert()
    await office.desk.claim(alert, "misaki")
    await office.desk.release(alert, "misaki")
    await office.desk.claim(alert, "misaki")
    await office.desk.resolve(alert, "misaki", Resolution("kept"))

    assert await send() == 5
    assert await send() == 0
    assert [one.said["type"] for one in receiver.received] == [
        "alert.raised",
        "alert.claimed",
        "alert.released",
        "alert.claimed",
        "alert.resolved",
    ]
    seqs = [one.said["data"]["seq"] for one in receiver.received]
    assert seqs == sorted(set(seqs))
    assert receiver.received[-1].said["data"]["alert"]["disposition"] == "kept"
    assert len({one.id for one in receiver.received}) == 5


async def test_who_wants_only_some_hears_only_those_and_nothing_from_before(
    office: Office, receiver: Receiver, make_endpoint: Make, send: Send, raise_alert: Raise
) -> None:
    await raise_alert("before")
    await send()
    await make_endpoint(receiver.url, "alert.claimed")
    alert = await raise_alert("after", "demo/shopify/8")
    await office.desk.claim(alert, "misaki")

    assert await send() == 1
    assert [one.said["type"] for one in receiver.received] == ["alert.claimed"]


async def test_anyone_can_verify_it_with_the_library_and_both_secrets_count_for_a_day(
    office: Office,
    receiver: Receiver,
    make_endpoint: Make,
    send: Send,
    raise_alert: Raise,
    engine: AsyncEngine,
    clock: Clock,
) -> None:
    endpoint, former = await make_endpoint(receiver.url, "alert.raised")
    rotated = await Endpoints(engine, clock).rotate(endpoint, ADMIN)
    secret: str = rotated.secret  # type: ignore[union-attr]
    await raise_alert("e1")
    await send()
    clock.turn(seconds=BOTH_SIGN.total_seconds() + 1)
    await raise_alert("e2", "demo/shopify/8")
    await send()

    first, second = receiver.received
    for key in (former, secret):
        assert Webhook(key).verify(first.body, first.headers)["type"] == "alert.raised"
    assert first.headers["content-type"] == "application/json"
    assert second.headers["webhook-signature"].count("v1,") == 1


async def test_without_the_right_to_contacts_nobody_is_named(
    receiver: Receiver,
    make_endpoint: Make,
    send: Send,
    raise_alert: Raise,
    follow: Follow,
    happened: Callable[..., Envelope],
) -> None:
    contact = ContactChanged(name="山田 花子", kana="ヤマダ ハナコ", mail="h@example.jp", phone="09012345678")
    await follow(happened(contact))
    await make_endpoint(receiver.url, "alert.raised")
    await make_endpoint(receiver.url, "alert.raised", contacts=True)
    await raise_alert()
    await send()

    shown = sorted(
        (one.said["data"]["alert"] for one in receiver.received), key=lambda one: one["kana"] or ""
    )
    assert (shown[0]["name"], shown[0]["kana"], shown[0]["mail"], shown[0]["phone"]) == (
        "山•••",
        None,
        None,
        None,
    )
    assert (shown[1]["name"], shown[1]["phone"]) == ("山田 花子", "•••-••••-5678")
    assert b"h@example.jp" not in receiver.received[0].body + receiver.received[1].body


async def test_who_is_erased_before_it_is_sent_is_not_in_it(
    receiver: Receiver,
    make_endpoint: Make,
    send: Send,
    raise_alert: Raise,
    follow: Follow,
    happened: Callable[..., Envelope],
) -> None:
    await follow(happened(ContactChanged(name="山田 花子")))
    await make_endpoint(receiver.url, contacts=True)
    await raise_alert()
    await follow(happened(CustomerErased("demo/shopify/7"), 1))
    await send()

    raised, withdrawn = (one.said for one in receiver.received)
    assert (raised["data"]["alert"]["name"], raised["data"]["alert"]["state"]) == (None, "withdrawn")
    assert (withdrawn["type"], withdrawn["data"]["cause"]) == ("alert.withdrawn", "customer_erased")


async def test_a_request_to_leave_is_told_even_if_it_was_committed_after_later_ones(
    receiver: Receiver, make_endpoint: Make, send: Send, engine: AsyncEngine
) -> None:
    await make_endpoint(receiver.url, "cancellation.requested")
    late = await engine.connect()
    await late.execute(*_cancelling("1", "00000000-0000-0000-0000-000000000001"))
    async with transaction(engine) as connection:
        await connection.execute(*_cancelling("2", "00000000-0000-0000-0000-000000000002"))
    assert await send() == 1
    await late.commit()
    await late.close()
    assert await send() == 1

    told = [one.said["data"]["cancellation"]["number"] for one in receiver.received]
    assert told == ["K-2", "K-1"]
    assert await send() == 0


def _cancelling(name: str, key: str) -> tuple[TextClause, dict[str, str]]:
    statement = text(
        "INSERT INTO cancellation (id, number, customer_ref, cart, subscription, source, requested_at,"
        " recorded_at, next_parcel, state) VALUES (CAST(:id AS uuid), :number, 'demo/shopify/7',"
        " 'demo/shopify', :name, 'cart', now(), now(), 'stopped', 'requested')"
    )
    return statement, {"id": key, "number": f"K-{name}", "name": name}


async def test_a_test_message_says_nothing(
    admin: httpx.AsyncClient, receiver: Receiver, make_endpoint: Make, send: Send, clock: Clock
) -> None:
    endpoint, _ = await make_endpoint(receiver.url)
    clock.turn(minutes=1)
    answer = await admin.post(f"/api/integrations/endpoints/{endpoint}/test")
    assert answer.status_code == 200
    await send()

    assert [(one.said["type"], one.said["data"]) for one in receiver.received] == [("endpoint.test", {})]
