"""The first way that reaches the customer is used, and only one of them ever."""

from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from services.notifier.channels.base import Deferred, Outcome, Refused, Unknown
from services.notifier.scenarios.scenario import Scenario
from shared.events.action import ActionSent, Way
from tests.integration.notifier.sending.conftest import TOKYO
from tests.integration.notifier.sending.planned import Enrolled, one_step, plan
from tests.integration.notifier.sending.ways import Box, Scripted

if TYPE_CHECKING:
    from tests.integration.notifier.sending.conftest import Desk

CUSTOMER = "tea-shop/shopify/1001"


async def begin(desk: "Desk", scenario: Scenario, customer: str = CUSTOMER) -> None:
    await desk.keep(scenario)
    await desk.know([customer])
    await plan(desk.engine, scenario, [Enrolled(customer, desk.clock.now)], TOKYO)


async def used(desk: "Desk") -> tuple[object, ...]:
    (row,) = await desk.rows("SELECT state, reason, channel, creative, cost_amount FROM action")
    return row


@pytest.mark.parametrize("answer", [Deferred("quota", 3600), Deferred("quota_reserve"), Refused("line_400")])
async def test_what_one_way_surely_did_not_take_goes_by_the_next(desk: "Desk", answer: Outcome) -> None:
    line, mail = Scripted(deque([answer])), Scripted()
    await begin(desk, one_step("line", "mail"))
    await desk.dispatcher({"line": line, "mail": mail}).turn()
    assert (len(line.got), len(mail.got)) == (1, 1)
    assert await used(desk) == ("sent", None, "mail", "mail", 1)
    assert await desk.history() == ["planned", "claimed", "sending", "claimed", "sending", "sent"]
    (told,) = await desk.events()
    assert isinstance(told, ActionSent)
    assert told.channel == "mail"


@pytest.mark.parametrize(
    ("answer", "ended"),
    [(Deferred("quota", 3600), ("retry_at", "quota")), (Refused("line_400"), ("rejected", "line_400"))],
)
async def test_without_another_way_it_waits_or_ends(
    desk: "Desk", answer: Outcome, ended: tuple[str, str]
) -> None:
    line, mail = Scripted(deque([answer])), Scripted()
    await begin(desk, one_step("line", "mail"))
    await desk.rows("UPDATE consent SET granted = false WHERE channel = 'mail' RETURNING channel")
    await desk.dispatcher({"line": line, "mail": mail}).turn()
    assert (await used(desk))[:2] == ended
    assert mail.got == []


async def test_a_moments_refusal_is_no_reason_to_go_another_way(desk: "Desk") -> None:
    line, mail = Scripted(deque([Deferred("rate_limit", 5)])), Scripted()
    await begin(desk, one_step("line", "mail"))
    await desk.dispatcher({"line": line, "mail": mail}).turn()
    assert (await used(desk))[:3] == ("retry_at", "rate_limit", "line")
    await desk.let_retries_come()
    await desk.dispatcher({"line": line, "mail": mail}).turn()
    assert (await used(desk))[:3] == ("sent", None, "line")


@pytest.mark.parametrize("answer", [Deferred("quota"), Refused("line_400")])
async def test_what_may_have_left_goes_by_no_other_way(desk: "Desk", answer: Outcome) -> None:
    line = Scripted(deque([Unknown("timeout"), answer]), timedelta(hours=20))
    mail = Scripted()
    await begin(desk, one_step("line", "mail"))
    await desk.dispatcher({"line": line, "mail": mail}).turn()
    await desk.let_retries_come()
    await desk.dispatcher({"line": line, "mail": mail}).turn()
    assert (await used(desk))[:3] in [("retry_at", "quota", "line"), ("unknown", "line_400", "line")]
    assert mail.got == []


async def test_a_tray_that_cannot_take_it_leaves_it_to_the_next_way(desk: "Desk") -> None:
    post, mail = Box("postal_dm", desk.clock.now + timedelta(hours=3), "bad_address"), Scripted()
    await begin(desk, one_step("postal_dm", "mail"))
    await desk.dispatcher({"mail": mail}, {"postal_dm": post}).turn()
    assert (await used(desk))[:3] == ("sent", None, "mail")
    assert await desk.rows("SELECT 1 FROM batch") == []


async def test_what_lies_in_a_tray_says_which_way_and_what_it_costs(desk: "Desk") -> None:
    post = Box("postal_dm", desk.clock.now + timedelta(hours=3))
    await begin(desk, one_step("postal_dm", "mail"))
    await desk.dispatcher({"mail": Scripted()}, {"postal_dm": post}).turn()
    assert await used(desk) == ("batched", None, "postal_dm", "postal_dm", 110)
    assert await desk.events() == []
    assert len(await desk.rows("SELECT 1 FROM action_message")) == 1


@pytest.mark.parametrize(
    ("way", "counts"), [("mail", True), ("postal_dm", True), ("insert", False), ("webhook", False)]
)
async def test_the_cap_counts_messages_and_what_lies_in_a_batch(desk: "Desk", way: Way, counts: bool) -> None:
    hold = desk.clock.now + timedelta(hours=3)
    mail, hook = Scripted(), Scripted()
    dispatcher = desk.dispatcher(
        {"mail": mail, "webhook": hook}, {"postal_dm": Box("postal_dm", hold), "insert": Box("insert", hold)}
    )
    await begin(desk, one_step(way, key="first"))
    await dispatcher.turn()
    await plan_more(desk, one_step("mail", key="second"))
    await dispatcher.turn()
    ((state, reason),) = await desk.rows("SELECT state, reason FROM action WHERE scenario = 'second'")
    assert (state, reason) == (("planned", "frequency_cap") if counts else ("sent", None))


async def plan_more(desk: "Desk", scenario: Scenario) -> None:
    await desk.keep(scenario)
    await plan(desk.engine, scenario, [Enrolled(CUSTOMER, desk.clock.now)], TOKYO)


@pytest.mark.parametrize(("disposition", "counts"), [("kept", True), ("no_answer", False)])
async def test_the_cap_counts_a_call_that_was_answered(desk: "Desk", disposition: str, counts: bool) -> None:
    await begin(desk, one_step("mail"))
    await desk.rows(_AGENT)
    await desk.rows(_ALERT, at=desk.clock.now)
    await desk.rows(_CALL, at=desk.clock.now - timedelta(days=1), disposition=disposition)
    await desk.dispatcher({"mail": Scripted()}).turn()
    assert (await used(desk))[:2] == (("planned", "frequency_cap") if counts else ("sent", None))


_AGENT = (
    "INSERT INTO agent (login, name, role, password_hash, active)"
    " VALUES ('mari', 'Mari', 'agent', '', true) RETURNING login"
)
_ALERT = (
    "INSERT INTO alert (id, episode, customer_ref, cart, correlation_id, kind, band, probability, priority,"
    " value_amount, value_currency, reasons, model, horizon_days, assessed_at, noticed_at, raised_at, state)"
    " VALUES ('00000000-0000-4000-8000-000000000001', 'e9', 'tea-shop/shopify/1001', 'tea-shop/shopify',"
    " 'c', 'subscription', 'high', 0.9, 1, 1, 'JPY', '[]', 'm', 30, :at, :at, :at, 'raised') RETURNING id"
)
_CALL = (
    "INSERT INTO disposition (id, alert, attempt, customer_ref, cart, kind, band, value_amount,"
    " value_currency, agent, claimed_at, at, business_at, disposition)"
    " VALUES ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001', 1,"
    " 'tea-shop/shopify/1001', 'tea-shop/shopify', 'subscription', 'high', 1, 'JPY', 'mari', :at, :at, :at,"
    " :disposition) RETURNING id"
)
