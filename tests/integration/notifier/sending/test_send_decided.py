"""What is planned is decided when its time comes, by what is true then; every no is written down and told."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from services.notifier import enrol
from services.notifier.scenarios.scenario import End
from services.notifier.store import scenarios
from services.notifier.store.customers import Over
from shared.events.action import ActionDeferred, ActionSuppressed
from shared.events.customer import ConsentGranted, ConsentWithdrawn, ContactChanged
from shared.events.risk import RiskAssessed
from shared.postgres.engine import transaction

if TYPE_CHECKING:
    from tests.integration.notifier.sending.conftest import Desk

Risk = Callable[..., RiskAssessed]
CUSTOMER = "tea-shop/shopify/1001"


async def assert_suppressed(desk: "Desk", reason: str) -> None:
    assert await desk.states() == [("suppressed", reason)]
    (told,) = await desk.events()
    assert isinstance(told, ActionSuppressed)
    assert told.reason == reason
    assert desk.post.kept == []


async def test_consent_withdrawn_after_the_plan_is_respected(desk: "Desk", at_risk: Risk) -> None:
    await desk.meet()
    await desk.tell(at_risk())
    desk.later(minutes=1)
    await desk.tell(ConsentWithdrawn("mail"))
    await desk.dispatcher().turn()
    await assert_suppressed(desk, "no_consent")
    assert await desk.history() == ["planned", "claimed", "suppressed"]


async def test_what_waits_on_for_the_same_reason_is_told_once(desk: "Desk", at_risk: Risk) -> None:
    await desk.meet()
    await desk.tell(at_risk())
    for _ in range(3):
        desk.clock.now = desk.clock.now.replace(hour=13, minute=30) + timedelta(days=1)  # 22:30 in Tokyo
        assert await desk.dispatcher().turn() == 1
        assert await desk.states() == [("planned", "quiet_hours")]
    assert await desk.history() == ["planned", "claimed", "planned"]
    assert [type(event) for event in await desk.events()] == [ActionDeferred]
    desk.later(hours=12)
    await desk.dispatcher().turn()
    assert await desk.history() == ["planned", "claimed", "planned", "claimed", "sending", "sent"]


async def test_who_never_agreed_gets_nothing(desk: "Desk", at_risk: Risk) -> None:
    await desk.tell(ContactChanged(name="山田 花子", mail="hanako@example.jp"))
    await desk.tell(ConsentGranted("line"))
    await desk.tell(at_risk())
    await desk.dispatcher().turn()
    await assert_suppressed(desk, "no_consent")


async def test_a_late_word_does_not_overrule_a_newer_one(desk: "Desk", at_risk: Risk) -> None:
    await desk.meet()
    desk.later(minutes=10)
    await desk.tell(ConsentWithdrawn("mail"))
    desk.later(minutes=-5)
    await desk.tell(ConsentGranted("mail"))
    await desk.tell(at_risk())
    await desk.dispatcher().turn()
    await assert_suppressed(desk, "no_consent")
    proof = await desk.rows("SELECT granted, wording FROM consent_history ORDER BY at")
    assert proof == [(True, "お得な情報を受け取る"), (True, None), (False, None)]


async def test_of_a_yes_and_a_no_at_the_same_moment_the_no_holds(desk: "Desk", at_risk: Risk) -> None:
    await desk.meet()
    await desk.tell(ConsentWithdrawn("mail"))
    await desk.tell(ConsentGranted("mail"), part="again")
    await desk.tell(at_risk())
    await desk.dispatcher().turn()
    await assert_suppressed(desk, "no_consent")


async def test_without_an_address_there_is_no_mail(desk: "Desk", at_risk: Risk) -> None:
    await desk.tell(ConsentGranted("mail"))
    await desk.tell(at_risk())
    await desk.dispatcher().turn()
    await assert_suppressed(desk, "no_address")


async def test_the_holdout_is_left_alone_and_told(desk: "Desk", at_risk: Risk) -> None:
    await desk.meet()
    await desk.keep(desk.scenario(holdout_percent=100))
    await desk.tell(at_risk())
    await desk.dispatcher().turn()
    await assert_suppressed(desk, "holdout")


async def test_nothing_leaves_at_night_and_the_morning_sends_it(desk: "Desk", at_risk: Risk) -> None:
    desk.later(hours=11)
    await desk.meet()
    await desk.tell(at_risk())
    await desk.dispatcher().turn()
    assert await desk.states() == [("planned", "quiet_hours")]
    (told,) = await desk.events()
    assert isinstance(told, ActionDeferred)
    assert (told.until - desk.clock.now).total_seconds() == 9 * 3600
    assert await desk.dispatcher().turn() == 0
    desk.later(hours=9)
    assert await desk.dispatcher().turn() == 1
    assert len(desk.post.kept) == 1


async def test_an_episode_that_is_over_sends_nothing_more(desk: "Desk", at_risk: Risk) -> None:
    await desk.meet()
    await desk.tell(at_risk())
    desk.later(minutes=1)
    await desk.tell(at_risk(phase="left", band="medium"))
    await assert_suppressed(desk, "episode_over")
    assert await desk.dispatcher().turn() == 0


async def test_the_end_of_another_episode_changes_nothing(desk: "Desk", at_risk: Risk) -> None:
    await desk.meet()
    await desk.tell(at_risk("e1"))
    await desk.tell(at_risk("e2", phase="left", band="medium"))
    await desk.tell(at_risk("e1", phase="changed"))
    await desk.dispatcher().turn()
    assert await desk.states() == [("sent", None)]


async def test_a_low_risk_plans_nothing(desk: "Desk", at_risk: Risk) -> None:
    await desk.tell(at_risk(band="medium"))
    assert await desk.states() == []


@pytest.mark.parametrize("reason", ["erased", "cancelled", "do_not_contact"])
async def test_who_is_taken_out_gets_nothing_more(desk: "Desk", at_risk: Risk, reason: End) -> None:
    await desk.meet()
    await desk.tell(at_risk())
    async with transaction(desk.engine) as connection:
        await enrol.withdraw(connection, CUSTOMER, reason, desk.clock.now)
        await enrol.withdraw(connection, CUSTOMER, reason, desk.clock.now)
    await assert_suppressed(desk, reason)
    assert await desk.rows("SELECT ended FROM enrolment") == [(reason,)]


async def test_who_wants_to_hear_nothing_stays_unheard_in_later_episodes(desk: "Desk", at_risk: Risk) -> None:
    await desk.meet()
    async with transaction(desk.engine) as connection:
        await enrol.withdraw(connection, CUSTOMER, "do_not_contact", desk.clock.now)
    await desk.tell(at_risk())
    await desk.dispatcher().turn()
    await assert_suppressed(desk, "do_not_contact")


async def test_the_end_of_the_contract_ends_its_enrolments_only(desk: "Desk", at_risk: Risk) -> None:
    await desk.meet()
    await desk.tell(at_risk("e1", subscription="s1"))
    await desk.tell(at_risk("e2", subscription="s2"))
    async with transaction(desk.engine) as connection:
        over = [
            Over("tea-shop/shopify", "s1", desk.clock.now),
            Over("other-shop/shopify", "s2", desk.clock.now),
        ]
        await enrol.end_subscriptions(connection, over)
    assert await desk.states() == [("suppressed", "cancelled"), ("planned", None)]


async def test_a_contract_known_to_be_over_is_respected_though_nobody_ended_the_enrolment(
    desk: "Desk", at_risk: Risk
) -> None:
    await desk.meet()
    await desk.tell(at_risk())
    await desk.rows(
        "INSERT INTO ended_subscription (cart, subscription, ended_at)"
        " VALUES ('tea-shop/shopify', 's1', :at) RETURNING cart",
        at=desk.clock.now,
    )
    await desk.dispatcher().turn()
    await assert_suppressed(desk, "cancelled")


async def test_erasure_takes_the_words_of_an_unknown_mail_along(desk: "Desk", at_risk: Risk) -> None:
    await desk.meet()
    await desk.tell(at_risk())
    desk.post.answer = "333 well"
    await desk.dispatcher().turn()
    assert await desk.states() == [("unknown", "smtp_333_at_dot")]
    assert len(await desk.rows("SELECT 1 FROM action_message")) == 1
    async with transaction(desk.engine) as connection:
        await enrol.withdraw(connection, CUSTOMER, "erased", desk.clock.now)
    assert await desk.rows("SELECT 1 FROM action_message") == []
    assert await desk.states() == [("unknown", "smtp_333_at_dot")]


async def test_a_step_that_is_gone_sends_nothing(desk: "Desk", at_risk: Risk) -> None:
    await desk.meet()
    await desk.tell(at_risk())
    await desk.keep(desk.scenario(steps=()))
    await desk.dispatcher().turn()
    await assert_suppressed(desk, "scenario_gone")


async def test_a_scenario_that_is_switched_off_sends_nothing(desk: "Desk", at_risk: Risk) -> None:
    await desk.meet()
    await desk.tell(at_risk())
    async with transaction(desk.engine) as connection:
        await scenarios.switch(connection, "churn_warning", False, "marketer")
    await desk.dispatcher().turn()
    await assert_suppressed(desk, "scenario_off")


async def test_no_event_carries_anything_personal(desk: "Desk", at_risk: Risk) -> None:
    await desk.meet()
    await desk.tell(at_risk())
    desk.post.answer = "550 5.1.1 <hanako@example.jp> 山田 花子 is unknown"
    await desk.dispatcher().turn()
    told = await desk.rows("SELECT convert_from(value, 'UTF8') FROM outbox")
    written = await desk.rows("SELECT state, reason, provider_id, provider_key FROM action")
    assert "hanako" not in f"{told}{written}"
    assert "山田" not in f"{told}{written}"
