"""One episode is at most one mail, however often it is told and whoever dies on the way."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from services.notifier.store import actions
from shared.events.action import ActionDeferred, ActionSent, ActionSuppressed, ActionUnknown
from shared.events.risk import RiskAssessed
from shared.postgres.engine import transaction

if TYPE_CHECKING:
    from tests.integration.notifier.sending.conftest import Desk

Risk = Callable[..., RiskAssessed]


async def test_a_risk_becomes_one_mail_however_often_it_is_told(desk: "Desk", at_risk: Risk) -> None:
    await desk.meet()
    await desk.tell(at_risk())
    await desk.tell(at_risk())
    assert await desk.dispatcher().turn() == 1
    await desk.tell(at_risk(), part="replayed")
    assert await desk.dispatcher().turn() == 0
    assert len(desk.post.kept) == 1
    assert await desk.states() == [("sent", None)]
    assert await desk.history() == ["planned", "claimed", "sending", "sent"]


async def test_the_mail_is_written_for_the_customer_and_the_reason(desk: "Desk", at_risk: Risk) -> None:
    await desk.meet()
    await desk.tell(at_risk())
    await desk.dispatcher().turn()
    mail = desk.post.kept[0]
    body = mail.get_body(("plain",))
    assert body is not None
    assert "山田 花子 様" in body.get_content()
    assert "お届け間隔の変更" in body.get_content()
    ((action, key),) = await desk.rows("SELECT id::text, provider_key FROM action")
    assert (mail["X-Hikitome-Action"], mail["Message-ID"]) == (action, key)
    assert mail["List-Unsubscribe"].startswith("<https://desk.midori.example/unsubscribe/")


async def test_a_sent_mail_is_told_and_its_words_are_forgotten(desk: "Desk", at_risk: Risk) -> None:
    await desk.meet()
    await desk.tell(at_risk())
    await desk.dispatcher().turn()
    (told,) = await desk.events()
    assert isinstance(told, ActionSent)
    assert (told.channel, told.scenario, told.episode, told.step) == ("mail", "churn_warning", "e1", "mail")
    assert await desk.rows("SELECT 1 FROM action_message") == []


async def test_dispatchers_side_by_side_send_each_mail_once(desk: "Desk", at_risk: Risk) -> None:
    customers = [f"tea-shop/shopify/{number}" for number in range(12)]
    for customer in customers:
        await desk.meet(customer)
        await desk.tell(at_risk(f"episode of {customer}"), customer)
    dispatchers = [desk.dispatcher() for _ in range(3)]
    while any(await asyncio.gather(*(dispatcher.turn() for dispatcher in dispatchers))):
        pass
    assert len(desk.post.kept) == 12
    assert len({mail["Message-ID"] for mail in desk.post.kept}) == 12
    assert {state for state, _ in await desk.states()} == {"sent"}


async def test_two_episodes_at_once_are_one_mail_now_for_the_cap_counts_what_is_being_sent(
    desk: "Desk", at_risk: Risk
) -> None:
    await desk.meet()
    await desk.tell(at_risk("e1"))
    await desk.tell(at_risk("e2"))
    desk.post.holding = asyncio.Event()
    turns = asyncio.gather(desk.dispatcher().turn(), desk.dispatcher().turn())
    await desk.post.arrived.wait()
    desk.post.holding.set()
    await turns
    assert sorted(map(str, await desk.states())) == sorted(
        map(str, [("sent", None), ("planned", "frequency_cap")])
    )
    desk.later(days=3, minutes=1)
    await desk.dispatcher().turn()
    assert len(desk.post.kept) == 2


async def test_two_steps_of_one_customer_are_decided_one_after_the_other(desk: "Desk", at_risk: Risk) -> None:
    await desk.tell(at_risk("e1"))
    await desk.tell(at_risk("e2"))
    async with transaction(desk.engine) as connection:
        one, other = await actions.claim(connection, desk.clock.now, 60, 5)
    waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"

    async def hold_other() -> bool:
        async with transaction(desk.engine) as connection:
            return await actions.hold(connection, other) is not None

    async with asyncio.timeout(20), transaction(desk.engine) as connection:
        assert await actions.hold(connection, one)
        second = asyncio.create_task(hold_other())
        while not await desk.rows(waiting):  # noqa: ASYNC110 - the database has no event to wait for
            await asyncio.sleep(0.01)
        assert not second.done()
    assert await second


async def test_what_is_being_claimed_is_passed_over_not_waited_for(desk: "Desk", at_risk: Risk) -> None:
    await desk.tell(at_risk())
    async with asyncio.timeout(20), transaction(desk.engine) as first:
        assert len(await actions.claim(first, desk.clock.now, 60, 5)) == 1
        async with transaction(desk.engine) as second:
            assert await actions.claim(second, desk.clock.now, 60, 5) == []


async def test_a_worker_lost_before_sending_is_replaced(desk: "Desk", at_risk: Risk) -> None:
    await desk.meet()
    await desk.tell(at_risk())
    async with transaction(desk.engine) as connection:
        (lost,) = await actions.claim(connection, desk.clock.now, 60, 5)
    assert await desk.dispatcher().turn() == 0  # its lease still holds
    await desk.let_leases_end()
    assert await desk.dispatcher().turn() == 1
    assert len(desk.post.kept) == 1
    assert await desk.history() == ["planned", "claimed", "claimed", "sending", "sent"]
    assert lost.fence == 1


async def test_a_worker_that_wakes_up_too_late_does_nothing(desk: "Desk", at_risk: Risk) -> None:
    await desk.meet()
    await desk.tell(at_risk())
    async with transaction(desk.engine) as connection:
        (late,) = await actions.claim(connection, desk.clock.now, 60, 5)
    await desk.let_leases_end()
    slow = desk.dispatcher()
    await slow._attempts.take(late)  # after its lease, before anyone else
    assert desk.post.kept == []
    await desk.dispatcher().turn()
    await slow._attempts.take(late)  # after someone else
    assert len(desk.post.kept) == 1
    assert await desk.states() == [("sent", None)]


async def test_a_worker_lost_while_sending_leaves_it_unknown_and_nobody_sends_again(
    desk: "Desk", at_risk: Risk
) -> None:
    await desk.meet()
    await desk.tell(at_risk())
    desk.post.holding = asyncio.Event()
    worker = asyncio.create_task(desk.dispatcher().turn())
    await desk.post.arrived.wait()
    assert await desk.states() == [("sending", None)]  # committed before the server could answer
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker
    await desk.dispatcher().turn()
    assert await desk.states() == [("sending", None)]
    await desk.let_leases_end()
    for _ in range(3):
        assert await desk.dispatcher().turn() == 0
    assert await desk.states() == [("unknown", "worker_lost")]
    (told,) = await desk.events()
    assert isinstance(told, ActionUnknown)
    # What may have gone out is kept, for a person to look at.
    assert len(await desk.rows("SELECT 1 FROM action_message")) == 1
    desk.post.holding.set()


async def test_an_answer_that_comes_after_the_lease_changes_nothing(desk: "Desk", at_risk: Risk) -> None:
    await desk.meet()
    await desk.tell(at_risk())
    desk.post.holding = asyncio.Event()
    worker = asyncio.create_task(desk.dispatcher().turn())
    await desk.post.arrived.wait()
    await desk.let_leases_end()
    await desk.dispatcher().turn()
    desk.post.holding.set()
    await worker
    assert await desk.states() == [("unknown", "worker_lost")]
    assert [type(event) for event in await desk.events()] == [ActionUnknown]


async def test_a_server_that_is_busy_is_asked_again_later_with_the_same_message_id(
    desk: "Desk", at_risk: Risk
) -> None:
    await desk.meet()
    await desk.tell(at_risk())
    desk.post.answer = "451 4.3.0 try later"
    await desk.dispatcher().turn()
    ((key,),) = await desk.rows("SELECT provider_key FROM action")
    assert await desk.states() == [("retry_at", "smtp_451_at_dot")]
    assert await desk.rows("SELECT 1 FROM action_message") == []
    assert await desk.dispatcher().turn() == 0  # not before its time
    desk.post.answer = "250 OK"
    await desk.let_retries_come()
    assert await desk.dispatcher().turn() == 1
    assert [mail["Message-ID"] for mail in desk.post.kept] == [key]
    deferred, sent = await desk.events()
    assert isinstance(deferred, ActionDeferred)
    assert isinstance(sent, ActionSent)
    assert await desk.rows("SELECT attempt FROM action") == [(2,)]


async def test_attempts_come_to_an_end(desk: "Desk", at_risk: Risk) -> None:
    await desk.meet()
    await desk.tell(at_risk())
    desk.post.answer = "451 4.3.0 try later"
    for _ in range(3):
        await desk.dispatcher(most_attempts=3).turn()
        await desk.let_retries_come()
    assert await desk.states() == [("expired", "smtp_451_at_dot")]
    assert await desk.dispatcher(most_attempts=3).turn() == 0
    assert [type(event) for event in await desk.events()] == [
        ActionDeferred,
        ActionDeferred,
        ActionSuppressed,
    ]


async def test_a_refused_mail_is_not_tried_again(desk: "Desk", at_risk: Risk) -> None:
    await desk.meet()
    await desk.tell(at_risk())
    desk.post.answer = "554 5.7.1 no"
    await desk.dispatcher().turn()
    assert await desk.states() == [("rejected", "smtp_554_at_dot")]
    assert await desk.dispatcher().turn() == 0
    (told,) = await desk.events()
    assert isinstance(told, ActionSuppressed)
    assert await desk.rows("SELECT 1 FROM action_message") == []


async def test_a_server_that_keeps_silent_is_unknown_when_the_time_is_up(desk: "Desk", at_risk: Risk) -> None:
    await desk.meet()
    await desk.tell(at_risk())
    desk.post.holding = asyncio.Event()
    await desk.dispatcher(lease_seconds=0.5).turn()
    assert await desk.states() == [("unknown", "no_answer_in_time")]
    desk.post.holding.set()


async def test_when_it_is_time_to_stop_the_mail_under_way_is_finished(desk: "Desk", at_risk: Risk) -> None:
    await desk.meet()
    await desk.tell(at_risk())
    desk.post.holding = asyncio.Event()
    stop = asyncio.Event()
    loop = asyncio.create_task(desk.dispatcher().run(stop))
    await desk.post.arrived.wait()
    stop.set()
    desk.post.holding.set()
    await loop
    assert await desk.states() == [("sent", None)]
