"""What may have left is sent again only where the provider knows a repeat, and it is the very same."""

import asyncio
from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from services.notifier import enrol
from services.notifier.channels.base import Message, Outcome, Sent, Unknown
from services.notifier.store import actions
from services.notifier.store.actions import Judged
from shared.events.action import ActionDeferred, ActionSent, ActionUnknown
from shared.events.customer import ConsentWithdrawn
from shared.postgres.engine import transaction
from tests.integration.notifier.sending.conftest import TOKYO
from tests.integration.notifier.sending.planned import Enrolled, one_step, plan
from tests.integration.notifier.sending.ways import Scripted

if TYPE_CHECKING:
    from tests.integration.notifier.sending.conftest import Desk

CUSTOMER = "tea-shop/shopify/1001"
LINE = one_step("line")


async def once_unknown(desk: "Desk", *after: Outcome) -> Scripted:
    """Sent by LINE once, without an answer."""
    line = Scripted(deque([Unknown("timeout"), *after]), timedelta(hours=20))
    await desk.keep(LINE)
    await desk.know([CUSTOMER])
    await plan(desk.engine, LINE, [Enrolled(CUSTOMER, desk.clock.now)], TOKYO)
    await desk.dispatcher({"line": line}).turn()
    assert await desk.states() == [("retry_at", "timeout")]
    await desk.let_retries_come()
    return line


async def test_a_repeat_is_the_very_same_whatever_has_changed(desk: "Desk") -> None:
    line = await once_unknown(desk)
    await desk.rows("UPDATE contact SET name = '別の 名前', line = 'U1' RETURNING name")
    await desk.keep(one_step("line", title="別の文面"))
    await desk.dispatcher({"line": line}).turn()
    first, second = line.got
    assert (second.key, second.payload, second.address) == (first.key, first.payload, first.address)
    assert (first.repeat, second.repeat) == (False, True)
    assert await desk.states() == [("sent", None)]
    assert [type(event) for event in await desk.events()] == [ActionDeferred, ActionSent]
    assert await desk.rows("SELECT 1 FROM action_message") == []


async def test_after_the_time_that_the_key_is_good_for_nobody_repeats(desk: "Desk") -> None:
    line = await once_unknown(desk)
    await desk.rows("UPDATE action SET first_sent_at = now() - interval '20 hours' RETURNING id")
    await desk.dispatcher({"line": line}).turn()
    assert await desk.states() == [("unknown", "repeats_over")]
    assert len(line.got) == 1
    assert isinstance((await desk.events())[-1], ActionUnknown)


async def test_a_repeat_keeps_quiet_hours_but_no_cap(desk: "Desk") -> None:
    line = await once_unknown(desk)
    desk.later(hours=10)
    await desk.dispatcher({"line": line}).turn()
    assert await desk.states() == [("retry_at", "quiet_hours")]
    await desk.dispatcher({"line": line}).turn()
    assert len(line.got) == 1
    desk.later(hours=10)
    await desk.dispatcher({"line": line}).turn()
    assert await desk.states() == [("sent", None)]


async def test_who_withdraws_meanwhile_gets_no_repeat_and_it_stays_unknown(desk: "Desk") -> None:
    line = await once_unknown(desk)
    desk.later(minutes=1)
    await desk.tell(ConsentWithdrawn("line"), CUSTOMER)
    await desk.dispatcher({"line": line}).turn()
    assert await desk.states() == [("unknown", "no_consent")]
    assert len(line.got) == 1


async def test_who_is_erased_meanwhile_leaves_no_words_and_gets_no_repeat(desk: "Desk") -> None:
    line = await once_unknown(desk)
    async with transaction(desk.engine) as connection:
        await enrol.withdraw(connection, CUSTOMER, "erased", desk.clock.now)
    assert await desk.rows("SELECT 1 FROM action_message") == []
    await desk.dispatcher({"line": line}).turn()
    assert await desk.states() == [("unknown", "repeats_over")]
    assert len(line.got) == 1


async def test_what_is_on_its_way_again_counts_for_the_cap(desk: "Desk") -> None:
    line = await once_unknown(desk)
    other = one_step("mail", key="other")
    await desk.keep(other)
    await plan(desk.engine, other, [Enrolled(CUSTOMER, desk.clock.now)], TOKYO)
    await desk.rows(
        "UPDATE action SET retry_from = now() + interval '1 hour' WHERE state = 'retry_at' RETURNING id"
    )
    await desk.dispatcher({"line": line, "mail": Scripted()}).turn()
    assert await desk.rows("SELECT state, reason FROM action WHERE scenario = 'other'") == [
        ("planned", "frequency_cap")
    ]


class Lost(Scripted):
    """Its first sending never comes back."""

    def __init__(self, repeats_for: timedelta | None) -> None:
        super().__init__(repeats_for=repeats_for)
        self.begun = asyncio.Event()

    async def send(self, message: Message) -> Outcome:
        self.got.append(message)
        self.begun.set()
        if len(self.got) == 1:
            await asyncio.Event().wait()
        return Sent()


@pytest.mark.parametrize(("hours", "ended"), [(20, ("sent", None)), (None, ("unknown", "worker_lost"))])
async def test_a_lost_workers_message_is_repeated_where_that_is_known(
    desk: "Desk", hours: int | None, ended: tuple[object, ...]
) -> None:
    line = Lost(timedelta(hours=hours) if hours else None)
    await desk.keep(LINE)
    await desk.know([CUSTOMER])
    await plan(desk.engine, LINE, [Enrolled(CUSTOMER, desk.clock.now)], TOKYO)
    worker = asyncio.create_task(desk.dispatcher({"line": line}).turn())
    await line.begun.wait()
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    await desk.let_leases_end()
    await desk.dispatcher({"line": line}).turn()
    assert await desk.states() == [ended]
    assert len({message.key for message in line.got}) == 1


@pytest.mark.parametrize(
    ("judged", "ended"),
    [("sent", ("sent", None)), ("not_sent", ("rejected", "not_sent")), ("again", ("planned", "again"))],
)
async def test_a_person_settles_what_is_unknown(
    desk: "Desk", judged: Judged, ended: tuple[str, str | None]
) -> None:
    line = await once_unknown(desk)
    await desk.rows("UPDATE action SET first_sent_at = now() - interval '20 hours' RETURNING id")
    await desk.dispatcher({"line": line}).turn()
    ((id_,),) = await desk.rows("SELECT id::text FROM action")
    async with transaction(desk.engine) as connection:
        settled = await actions.settle_unknown(connection, str(id_), judged, desk.clock.now)
        twice = await actions.settle_unknown(connection, str(id_), judged, desk.clock.now)
    assert settled is not None
    assert twice is None
    assert await desk.states() == [ended]
    assert await desk.rows("SELECT 1 FROM action_message") == []
    await desk.dispatcher({"line": line}).turn()
    assert len(line.got) == (2 if judged == "again" else 1)
