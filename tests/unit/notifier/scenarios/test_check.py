"""The check of a scenario: everything that is wrong is found, with its place; what is shipped is right."""

from datetime import UTC, time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.scenarios.check import problems
from services.notifier.scenarios.problem import Problem
from services.notifier.scenarios.scenario import Condition, Creative, Delay, Reply, Scenario, Step
from services.notifier.scenarios.segment import Range, Segment
from services.notifier.scenarios.shipped import SHIPPED
from services.notifier.scenarios.trigger import OnEvent, OnRisk, OnSilence, OnSurvey
from shared.events.risk import Band

MAIL = Creative("mail", "mail", "{{ addressee }} こんにちは", "件名")
LINE = Creative("line", "line", "こんにちは")
CARD = Creative("card", "postal_dm", "こんにちは", "件名")
STEP = Step("first", ("mail",), (MAIL,))
GOOD = Scenario("good", "よい", OnEvent("order.placed"), (STEP,), "good/1")


def scenario(**changes: Any) -> Scenario:
    return msgspec.structs.replace(GOOD, **changes)


def step(**changes: Any) -> Scenario:
    return scenario(steps=(msgspec.structs.replace(STEP, **changes),))


def words(creative: Creative, **changes: Any) -> Scenario:
    changed = msgspec.structs.replace(creative, **changes)
    return step(ways=(changed.way,), creatives=(changed,))


def after(*conditions: Condition, first: Step = STEP) -> Scenario:
    return scenario(steps=(first, msgspec.structs.replace(STEP, key="second", only_if=conditions)))


def found(wrong: Scenario) -> list[tuple[str, str]]:
    return [(one.path, one.code) for one in problems(wrong)]


@pytest.mark.parametrize("key", sorted(SHIPPED))
def test_what_is_shipped_is_right(key: str) -> None:
    assert problems(SHIPPED[key]) == []
    assert SHIPPED[key].key == key


def test_a_plain_scenario_is_right() -> None:
    assert problems(GOOD) == []


REPLIES = tuple(Reply(str(number), str(number)) for number in range(14))


@pytest.mark.parametrize(
    ("wrong", "path", "code"),
    [
        (scenario(key="Not good"), "key", "bad_key"),
        (scenario(title=" "), "title", "empty"),
        (scenario(salt=""), "salt", "empty"),
        (scenario(group="定期"), "group", "bad_key"),
        (scenario(holdout_percent=101.0), "holdout_percent", "out_of_range"),
        (scenario(holdout_percent=float("nan")), "holdout_percent", "out_of_range"),
        (scenario(again_after_days=-1), "again_after_days", "out_of_range"),
        (scenario(most_per_hour=0), "most_per_hour", "out_of_range"),
        (scenario(steps=()), "steps", "no_steps"),
        (scenario(steps=(STEP, STEP)), "steps.1.key", "duplicate"),
        (scenario(about="a\x00b"), "about", "control_character"),
        (scenario(trigger=OnRisk(frozenset(), frozenset({"repeat"}))), "trigger.bands", "trigger_never"),
        (scenario(trigger=OnSilence(0)), "trigger.days", "out_of_range"),
        (scenario(trigger=OnSurvey(score=Range(9, 3))), "trigger.score", "range_empty"),
        (scenario(segment=Segment(orders=Range(3, 2))), "segment.orders", "range_empty"),
        (
            scenario(trigger=OnSilence(90), segment=Segment(contract=True)),
            "segment.contract",
            "trigger_never",
        ),
        (scenario(purpose="service", trigger=OnSilence(9)), "purpose", "service_without_order"),
        (step(ways=()), "steps.0.ways", "no_ways"),
        (step(ways=("mail", "phone")), "steps.0.ways", "way_is_phone"),
        (step(ways=("mail", "mail")), "steps.0.ways", "duplicate"),
        (step(ways=("mail", "line")), "steps.0.creatives", "way_without_creative"),
        (step(creatives=(MAIL, LINE)), "steps.0.creatives.1.way", "creative_without_way"),
        (step(creatives=(MAIL, MAIL)), "steps.0.creatives.1.key", "duplicate"),
        (step(useful_for_days=0), "steps.0.useful_for_days", "out_of_range"),
        (step(delay=Delay(days=10**12)), "steps.0.delay.days", "out_of_range"),
        (step(delay=Delay(hours=-1)), "steps.0.delay.hours", "out_of_range"),
        (step(delay=Delay(at=time(9, tzinfo=UTC))), "steps.0.delay.at", "time_with_zone"),
        (step(delay=Delay(before="cutoff")), "steps.0.delay.before", "before_without_contract"),
        (after(Condition("gone", "sent")), "steps.1.only_if.0.step", "condition_unknown_step"),
        (after(Condition("second", "sent")), "steps.1.only_if.0.step", "condition_later_step"),
        (after(Condition("first", "answered")), "steps.1.only_if.0.did", "condition_never"),
        (words(MAIL, share=0), "steps.0.creatives.0.share", "share_not_positive"),
        (words(MAIL, body=" \n"), "steps.0.creatives.0.body", "empty_words"),
        (words(MAIL, subject=""), "steps.0.creatives.0.subject", "subject_missing"),
        (words(MAIL, subject="長" * 121), "steps.0.creatives.0.subject", "subject_too_long"),
        (words(MAIL, body="{{ nmae }}"), "steps.0.creatives.0.body", "unknown_placeholder"),
        (words(MAIL, body="{{ shop_name"), "steps.0.creatives.0.body", "not_a_template"),
        (words(MAIL, body="{% for a in b %}{% endfor %}"), "steps.0.creatives.0.body", "forbidden"),
        (words(LINE, body="😀" * 2501), "steps.0.creatives.0.body", "line_too_long"),
        (words(LINE, survey="nps"), "steps.0.creatives.0.replies", "survey_without_replies"),
        (words(LINE, replies=REPLIES[:2]), "steps.0.creatives.0.replies", "replies_without_survey"),
        (words(LINE, survey="nps", replies=REPLIES), "steps.0.creatives.0.replies", "replies_too_many"),
        (
            words(LINE, survey="nps", replies=(Reply("あ" * 21, "1"),)),
            "steps.0.creatives.0.replies.0.label",
            "label_too_long",
        ),
        (
            words(LINE, survey="nps", replies=(Reply("a", "1"), Reply("b", "1"))),
            "steps.0.creatives.0.replies.1.answer",
            "duplicate",
        ),
        (words(CARD, body="長" * 2000), "steps.0.creatives.0.body", "postcard_too_long"),
        (words(CARD, body="長" * 4000, form="letter"), "steps.0.creatives.0.body", "letter_too_long"),
        (words(Creative("i", "insert", "")), "steps.0.creatives.0.item", "item_missing"),
        (words(Creative("w", "webhook", "")), "steps.0.creatives.0.endpoint", "endpoint_missing"),
        (words(Creative("w", "webhook", "", endpoint="e")), "steps.0.ways", "no_way_to_refuse"),
        (
            msgspec.structs.replace(words(MAIL, body="{{ unsubscribe_url }}"), purpose="service"),
            "steps.0.creatives.0.body",
            "unsubscribe_in_service",
        ),
    ],
)
def test_what_is_wrong_is_found_with_its_place(wrong: Scenario, path: str, code: str) -> None:
    assert (path, code) in found(wrong)


def test_a_card_before_the_cut_off_needs_a_trigger_with_a_contract() -> None:
    before = (msgspec.structs.replace(STEP, delay=Delay(days=3, before="cutoff")),)
    high: frozenset[Band] = frozenset({"high"})
    assert found(scenario(steps=before, trigger=OnEvent("subscription.skipped"))) == []
    assert found(scenario(steps=before, segment=Segment(delivery_numbers=frozenset({5})))) == []
    assert found(scenario(steps=before, trigger=OnRisk(high, frozenset({"subscription", "repeat"})))) == []
    assert found(scenario(steps=before, trigger=OnRisk(high, frozenset({"repeat"})))) != []


def test_a_branch_on_an_answer_needs_a_question() -> None:
    asking = msgspec.structs.replace(MAIL, survey="nps", replies=REPLIES[:11])
    first = msgspec.structs.replace(STEP, creatives=(asking,))
    assert found(after(Condition("first", "answered", False), first=first)) == []


@given(st.text(), st.text(), st.integers(), st.integers())
def test_whatever_is_typed_the_check_says_what_it_thinks_of_it(
    body: str, key: str, days: int, hours: int
) -> None:
    typed = msgspec.structs.replace(MAIL, key=key, body=body)
    told = problems(step(key=key, creatives=(typed,), delay=Delay(days=days, hours=hours)))
    assert all(isinstance(one, Problem) for one in told)
