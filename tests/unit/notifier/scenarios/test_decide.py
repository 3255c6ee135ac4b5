"""Decide: every no has its reason, and nothing leaves against consent, at night or too often."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.scenarios.cap import CAPS
from services.notifier.scenarios.decide import Decision, Exit, Facts, Rules, Send, Suppress, Wait, decide
from services.notifier.scenarios.quiet import QuietHours
from services.notifier.scenarios.scenario import End, Step
from shared.events.customer import Channel

TOKYO = ZoneInfo("Asia/Tokyo")
NOON = datetime(2026, 3, 10, 12, 0, tzinfo=TOKYO).astimezone(UTC)
NIGHT = datetime(2026, 3, 10, 23, 0, tzinfo=TOKYO).astimezone(UTC)
MORNING = datetime(2026, 3, 11, 8, 0, tzinfo=TOKYO).astimezone(UTC)
RULES = Rules(QuietHours(TOKYO))
STEP = Step("mail", "mail", "churn_warning")
WILLING = Facts(
    enrolled_at=NOON,
    ended=None,
    erased=False,
    do_not_contact=False,
    consents=frozenset({"mail"}),
    reachable=frozenset({"mail"}),
    in_holdout=False,
    sends=(),
)


def days(count: float) -> timedelta:
    return timedelta(days=count)


@pytest.mark.parametrize(
    ("facts", "now", "decision"),
    [
        (WILLING, NOON, Send()),
        (replace(WILLING, erased=True), NOON, Exit("erased")),
        (replace(WILLING, do_not_contact=True), NOON, Exit("do_not_contact")),
        (replace(WILLING, ended="episode_over"), NOON, Exit("episode_over")),
        (replace(WILLING, ended="cancelled"), NOON, Exit("cancelled")),
        (replace(WILLING, consents=frozenset({"line"})), NOON, Suppress("no_consent")),
        (replace(WILLING, reachable=frozenset()), NOON, Suppress("no_address")),
        (replace(WILLING, in_holdout=True), NOON, Suppress("holdout")),
        (WILLING, NOON + days(14), Send()),
        (WILLING, NOON + days(14.01), Suppress("too_late")),
        (WILLING, NIGHT, Wait(MORNING, "quiet_hours")),
        (replace(WILLING, sends=(NOON - days(2),)), NOON, Wait(NOON + days(1), "frequency_cap")),
        (replace(WILLING, sends=(NOON - days(3),)), NOON, Send()),
        (
            replace(WILLING, sends=tuple(NOON - days(ago) for ago in (4, 8, 12, 28))),
            NOON,
            Wait(NOON + days(2), "frequency_cap"),
        ),
        (
            replace(WILLING, sends=tuple(NOON - days(ago) for ago in (4, 5, 6, 7))),
            NOON,
            Suppress("frequency_cap"),
        ),
        (replace(WILLING, sends=(NIGHT - days(3),)), NOON, Wait(MORNING, "frequency_cap")),
        (replace(WILLING, enrolled_at=NIGHT - days(14)), NIGHT, Suppress("quiet_hours")),
    ],
)
def test_each_fact_leads_to_its_decision(facts: Facts, now: datetime, decision: Decision) -> None:
    assert decide(STEP, facts, RULES, now) == decision


def test_the_first_obstacle_in_order_is_the_reason() -> None:
    everything = replace(
        WILLING,
        erased=True,
        do_not_contact=True,
        ended="cancelled",
        consents=frozenset(),
        reachable=frozenset(),
        in_holdout=True,
    )
    assert decide(STEP, everything, RULES, NIGHT) == Exit("erased")
    assert decide(STEP, replace(everything, erased=False), RULES, NIGHT) == Exit("do_not_contact")


def test_the_holdout_is_known_only_when_the_message_would_have_left() -> None:
    left_alone = replace(WILLING, in_holdout=True)
    assert decide(STEP, left_alone, RULES, NIGHT) == Wait(MORNING, "quiet_hours")
    assert decide(STEP, left_alone, RULES, MORNING) == Suppress("holdout")


def test_a_delayed_step_stays_useful_for_its_time_after_the_delay() -> None:
    later = Step("reminder", "mail", "churn_warning", delay=days(7), useful_for=days(2))
    assert decide(later, WILLING, RULES, NOON + days(9)) == Send()
    assert decide(later, WILLING, RULES, NOON + days(9.01)) == Suppress("too_late")


moments = st.timedeltas(timedelta(), days(730)).map(lambda since: NOON + since)
channels = st.frozensets(st.sampled_from(get_args(Channel)))
anybody = st.builds(
    Facts,
    enrolled_at=moments,
    ended=st.none() | st.sampled_from(get_args(End)),
    erased=st.booleans(),
    do_not_contact=st.booleans(),
    consents=channels,
    reachable=channels,
    in_holdout=st.booleans(),
    sends=st.lists(moments, max_size=8).map(tuple),
)
any_step = st.builds(
    Step,
    key=st.just("step"),
    channel=st.sampled_from(get_args(Channel)),
    template=st.just("churn_warning"),
    delay=st.timedeltas(timedelta(), days(30)),
    useful_for=st.timedeltas(timedelta(), days(400)),
)


@st.composite
def soon_after_enrolment(draw: st.DrawFn) -> tuple[Facts, datetime]:
    """Random moments would nearly always be too late; here the other rules get their turn."""
    facts = draw(anybody)
    now = facts.enrolled_at + draw(st.timedeltas(timedelta(), days(40)))
    ago = draw(st.lists(st.timedeltas(timedelta(), days(40)), max_size=6))
    return replace(facts, sends=tuple(now - gap for gap in ago)), now


@given(any_step, soon_after_enrolment())
def test_nothing_is_sent_without_consent_whatever_else_holds(
    step: Step, situation: tuple[Facts, datetime]
) -> None:
    facts, now = situation
    refused = replace(facts, consents=facts.consents - {step.channel})
    assert not isinstance(decide(step, refused, RULES, now), Send)


@given(any_step, soon_after_enrolment())
def test_what_is_sent_breaks_no_rule(step: Step, situation: tuple[Facts, datetime]) -> None:
    facts, now = situation
    if decide(step, facts, RULES, now) != Send():
        return
    assert not RULES.quiet.covers(now)
    assert step.channel in facts.consents & facts.reachable
    assert not any((facts.erased, facts.do_not_contact, facts.ended, facts.in_holdout))
    for cap in CAPS:
        assert sum(now - sent < cap.within for sent in facts.sends) < cap.count


@given(st.times(), soon_after_enrolment())
def test_nothing_is_sent_in_quiet_hours(time_of_day: time, situation: tuple[Facts, datetime]) -> None:
    facts, _ = situation
    night = datetime.combine(facts.enrolled_at.date() + days(1), time_of_day, TOKYO).astimezone(UTC)
    willing = replace(WILLING, enrolled_at=facts.enrolled_at, sends=())
    decision = decide(STEP, willing, RULES, night)
    assert isinstance(decision, Wait if RULES.quiet.covers(night) else Send)


@given(any_step, soon_after_enrolment())
def test_waiting_leads_to_a_moment_when_time_is_no_obstacle(
    step: Step, situation: tuple[Facts, datetime]
) -> None:
    facts, now = situation
    match decide(step, facts, RULES, now):
        case Wait(until):
            assert until > now
            assert decide(step, facts, RULES, until) in (Send(), Suppress("holdout"))
        case _:
            return
