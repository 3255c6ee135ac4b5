"""Who comes into a scenario: by what happened, by who they are, once, and into the highest of a group."""

from datetime import timedelta

import pytest

from services.notifier.scenarios.scenario import Delay
from services.notifier.scenarios.segment import Range, Segment
from services.notifier.scenarios.trigger import OnEvent, OnRisk, OnSurvey
from services.notifier.store import actions, facts
from services.notifier.store.facts import View
from shared.events.action import ActionSuppressed
from shared.events.commerce import OrderPaid
from shared.events.customer import ContactChanged, CustomerErased
from shared.events.engagement import SurveyAnswered
from shared.events.identity import CustomerMerged
from shared.events.payment import PaymentFailed, PaymentRecovered
from shared.events.subscription import (
    Cycle,
    SubscriptionCancelled,
    SubscriptionSkipped,
    SubscriptionStarted,
)
from shared.postgres.engine import transaction
from tests.integration.notifier.scenarios.stage import HANAKO, PLAIN, Stage, like, order, risk

OTHER = "tea-shop/shopify/1002"
CONTRACT = "tea-shop/shopify/~subscription/s1"


async def test_an_event_enrols_with_every_step_planned(stage: Stage) -> None:
    await stage.keep(PLAIN)
    await stage.tell(order())
    assert await stage.enrolled() == [("plain", None)]
    assert await stage.steps() == [("plain", "now", "planned", None), ("plain", "later", "planned", None)]


async def test_an_event_that_comes_again_enrols_nobody_again(stage: Stage) -> None:
    await stage.keep(PLAIN)
    told = await stage.tell(order())
    await stage.hear(told)
    await stage.hear(told, stage.event(order()))
    assert len(await stage.enrolled()) == 1
    assert len(await stage.steps()) == 2


async def test_a_scenario_that_is_off_or_halted_enrols_nobody(stage: Stage) -> None:
    await stage.keep(PLAIN)
    await stage.rows("UPDATE scenario SET active = false RETURNING key")
    await stage.tell(order("o1"))
    await stage.rows(
        "UPDATE scenario SET active = true, halted_at = now(), halted_because = 'blast_radius' RETURNING key"
    )
    await stage.tell(order("o2"))
    assert await stage.enrolled() == []


async def test_what_happened_long_ago_enrols_nobody(stage: Stage) -> None:
    await stage.keep(PLAIN)
    await stage.tell(order("o1"), days=-2.1)
    assert await stage.enrolled() == []
    await stage.tell(order("o2"), days=-1.9)
    assert await stage.enrolled() == [("plain", None)]


async def test_the_segment_asks_what_is_known_of_the_customer(stage: Stage) -> None:
    await stage.keep(
        like("third", segment=Segment(orders=Range(3, 3))),
        like("tea", group="tea", segment=Segment(products=frozenset({"tea"}), amount=Range(3000))),
        like("tokyo", group="tokyo", segment=Segment(prefectures=frozenset({"東京都"}))),
    )
    await stage.tell(ContactChanged(name="山田 花子", prefecture="東京都"))
    await stage.tell(order("o1", ["soap"]), days=-40)
    await stage.tell(order("o2", ["soap"]), days=-20)
    assert await stage.enrolled() == []
    await stage.tell(order("o3", ["tea"]))
    assert {key for key, _ in await stage.enrolled()} == {"third", "tea", "tokyo"}
    await stage.tell(order("o1", ["soap"]), subject=OTHER)
    assert len(await stage.enrolled()) == 3


async def test_skips_in_a_row_are_counted_though_the_cart_names_only_the_contract(stage: Stage) -> None:
    twice = Segment(skips_in_a_row=Range(2))
    await stage.keep(like("skips", trigger=OnEvent("subscription.skipped"), segment=twice))
    await stage.tell(SubscriptionStarted("s1", Cycle("month", 1), order="o1"), days=-70)
    await stage.tell(SubscriptionSkipped("s1", 1), subject=CONTRACT, days=-30)
    assert await stage.enrolled() == []
    await stage.tell(SubscriptionSkipped("s1", 2), subject=CONTRACT)
    kept = "SELECT customer_ref, subscription, CAST(facts->>'skips' AS int) FROM enrolment"
    assert await stage.rows(kept) == [(HANAKO, "s1", 2)]


async def test_what_words_may_tell_is_kept_with_the_enrolment(stage: Stage) -> None:
    await stage.keep(PLAIN)
    await stage.tell(SubscriptionStarted("s1", Cycle("month", 1), 4), days=-1)
    await stage.tell(order("o1", subscription="s1", delivery_number=3))
    [(facts, number, due)] = await stage.rows("SELECT facts, delivery_number, due FROM enrolment")
    told = {name: facts[name] for name in ("product", "product_title", "delivery_number", "min_deliveries")}
    assert told == {"product": "tea", "product_title": "teaセット", "delivery_number": 3, "min_deliveries": 4}
    assert number == 3
    assert (due - stage.now).days == 30


@pytest.mark.parametrize(("again", "times"), [(0, 2), (None, 1), (60, 1)])
async def test_whether_one_comes_in_again(stage: Stage, again: int | None, times: int) -> None:
    await stage.keep(like("again", again_after_days=again))
    await stage.tell(order("o1"))
    stage.later(days=30)
    await stage.tell(order("o2"))
    assert len(await stage.enrolled()) == times


async def test_a_higher_scenario_of_the_group_takes_over(stage: Stage) -> None:
    paying = like("high", priority=90, trigger=OnEvent("payment.failed"))
    await stage.keep(like("low", priority=10), paying)
    await stage.tell(order())
    await stage.tell(PaymentFailed("s1"))
    assert sorted(await stage.enrolled()) == [("high", None), ("low", "outranked")]
    low = [step for step in await stage.steps() if step[0] == "low"]
    assert low == [("low", "now", "suppressed", "outranked"), ("low", "later", "suppressed", "outranked")]
    reasons = [one.reason for one in await stage.told() if isinstance(one, ActionSuppressed)]
    assert reasons == ["outranked", "outranked"]
    await stage.tell(order("o2"), days=1)
    assert [key for key, ended in await stage.enrolled() if ended is None] == ["high"]


async def test_two_accounts_of_a_person_are_one_customer(stage: Stage) -> None:
    await stage.keep(like("once", again_after_days=None))
    await stage.tell(CustomerMerged(accounts=(HANAKO, OTHER), because=("mail",)))
    await stage.tell(order("o1"))
    await stage.tell(order("o2"), subject=OTHER)
    assert len(await stage.enrolled()) == 1


async def test_the_arm_is_drawn_once_and_stays(stage: Stage) -> None:
    await stage.keep(like("measured", holdout_percent=100.0))
    await stage.tell(order("o1"))
    await stage.keep(like("measured", holdout_percent=0.0))
    await stage.tell(order("o1"), subject=OTHER)
    drawn = await stage.rows("SELECT held, version FROM enrolment ORDER BY customer_ref")
    assert drawn == [(True, 1), (False, 2)]


async def test_who_is_erased_comes_into_nothing(stage: Stage) -> None:
    await stage.keep(PLAIN)
    await stage.tell(CustomerErased("1001"))
    await stage.tell(order())
    assert await stage.enrolled() == []


async def test_an_order_ends_what_waits_for_one_but_not_what_it_begins(stage: Stage) -> None:
    await stage.keep(like("follow_up", ends=frozenset({"ordered"}), again_after_days=0))
    await stage.tell(order("o1"))
    await stage.tell(order("o2"), days=1)
    assert await stage.enrolled() == [("follow_up", "ordered"), ("follow_up", None)]


async def test_a_batch_is_followed_in_its_order(stage: Stage) -> None:
    await stage.keep(like("follow_up", ends=frozenset({"ordered"}), again_after_days=0))
    await stage.hear(stage.event(order("o1")), stage.event(order("o2"), days=1))
    assert await stage.enrolled() == [("follow_up", "ordered"), ("follow_up", None)]


async def test_what_begins_and_is_cancelled_in_one_batch_is_over(stage: Stage) -> None:
    await stage.keep(like("dunning", trigger=OnEvent("payment.failed")))
    failed, cancelled = stage.event(PaymentFailed("s1")), stage.event(SubscriptionCancelled("s1"), days=0.1)
    await stage.hear(failed, cancelled)
    assert await stage.enrolled() == [("dunning", "cancelled")]


async def test_a_paid_debt_ends_the_reminders(stage: Stage) -> None:
    reminders = like("dunning", trigger=OnEvent("payment.failed"), ends=frozenset({"recovered"}))
    await stage.keep(reminders)
    await stage.tell(PaymentFailed("s1"))
    await stage.tell(OrderPaid("o9"), days=0.1)
    await stage.tell(PaymentRecovered("s2"), days=0.2)
    assert await stage.enrolled() == [("dunning", None)]
    await stage.tell(OrderPaid("o8", subscription="s1"), days=0.3)
    assert await stage.enrolled() == [("dunning", "recovered")]


async def test_an_answer_ends_the_question_and_begins_what_follows(stage: Stage) -> None:
    asking = like("ask", ends=frozenset({"answered"}))
    await stage.keep(asking, like("thank", group="voice", trigger=OnSurvey("nps", Range(9, 10))))
    await stage.tell(order())
    await stage.tell(SurveyAnswered("nps", nps=10), days=0.1)
    assert await stage.enrolled() == [("ask", "answered"), ("thank", None)]
    [(score,)] = await stage.rows(
        "SELECT CAST(facts->>'score' AS int) FROM enrolment WHERE scenario = 'thank'"
    )
    assert score == 10


async def test_the_end_of_the_contract_ends_even_what_is_switched_off(stage: Stage) -> None:
    skipping = like("skips", trigger=OnEvent("subscription.skipped"))
    await stage.keep(skipping)
    await stage.tell(SubscriptionSkipped("s1"))
    await stage.rows("UPDATE scenario SET active = false RETURNING key")
    await stage.tell(SubscriptionCancelled("s1"), days=0.1)
    assert await stage.enrolled() == [("skips", "cancelled")]


async def test_a_risk_brings_its_shipment_and_its_steps_before_the_cut_off(stage: Stage) -> None:
    before = PLAIN.steps[0].__class__(
        "card", ("mail",), PLAIN.steps[0].creatives, delay=Delay(days=2, before="cutoff")
    )
    trigger = OnRisk(frozenset({"high"}), frozenset({"subscription"}))
    await stage.keep(like("warning", trigger=trigger, steps=(before,)))
    cutoff = stage.event(order(), days=9).time
    await stage.tell(risk(cutoff=cutoff, due=cutoff))
    [(due, kept)] = await stage.rows(
        "SELECT a.due_at, e.cutoff FROM action AS a"
        " JOIN enrolment AS e USING (customer_ref, scenario, episode)"
    )
    assert (kept - due).days == 2


async def test_whom_the_end_of_a_contract_brings_in_is_not_sent_away_by_it(stage: Stage) -> None:
    winning = like("win_back", trigger=OnEvent("subscription.cancelled"), ends=frozenset({"ordered"}))
    await stage.keep(winning)
    await stage.tell(SubscriptionStarted("s1", Cycle("month", 1)), days=-9)
    await stage.tell(SubscriptionCancelled("s1"))
    assert await stage.enrolled() == [("win_back", None)]
    async with transaction(stage.engine) as connection:
        [action] = await actions.claim(connection, stage.now, 60.0, 1)
        view = View(stage.now, timedelta(days=30), frozenset({"mail"}))
        found = await facts.look(connection, action, winning, view)
    assert found.facts.ended is None
