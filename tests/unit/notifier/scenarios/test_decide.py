"""Decide: every no has its reason, and nothing leaves against consent, at night or too often."""

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.scenarios.calendar import is_working
from services.notifier.scenarios.cap import CAPS
from services.notifier.scenarios.decide import (
    CAPPED,
    QUIET,
    Decision,
    Exit,
    Facts,
    Reason,
    Send,
    Suppress,
    Wait,
    bars,
    decide,
    repeat,
)
from services.notifier.scenarios.scenario import Delay, Step
from shared.events.action import Way
from tests.unit.notifier.scenarios.situations import (
    MORNING,
    NIGHT,
    NOON,
    RULES,
    TOKYO,
    WILLING,
    Situation,
    any_step,
    days,
    soon_after_enrolment,
    step,
)

MAIL = step("mail")
SERVICE = replace(WILLING, purpose="service", consents=frozenset())


@pytest.mark.parametrize(
    ("facts", "now", "decision"),
    [
        (WILLING, NOON, Send("mail")),
        (replace(WILLING, erased=True), NOON, Exit("erased")),
        (replace(WILLING, do_not_contact=True), NOON, Exit("do_not_contact")),
        (replace(WILLING, ended="episode_over"), NOON, Exit("episode_over")),
        (replace(WILLING, ended="cancelled"), NOON, Exit("cancelled")),
        (replace(WILLING, ended="outranked"), NOON, Exit("outranked")),
        (replace(WILLING, do_not_wake=True), NOON, Suppress("do_not_wake")),
        (replace(WILLING, consents=frozenset({"line"})), NOON, Suppress("no_consent")),
        (replace(WILLING, reachable=frozenset()), NOON, Suppress("no_address")),
        (replace(WILLING, failed=frozenset({"mail"})), NOON, Suppress("unreachable")),
        (replace(WILLING, never=frozenset({"mail"})), NOON, Suppress("never_contact")),
        (replace(WILLING, open_ways=frozenset({"line"})), NOON, Suppress("no_channel")),
        (replace(WILLING, barred={"mail": "refused"}), NOON, Suppress("refused")),
        (replace(WILLING, held=True), NOON, Suppress("holdout")),
        (WILLING, NOON + days(14), Send("mail")),
        (WILLING, NOON + days(14.01), Suppress("too_late")),
        (WILLING, NIGHT, Wait(MORNING, "quiet_hours")),
        (replace(WILLING, sends=(NOON - days(2),)), NOON, Wait(NOON + days(1), "frequency_cap")),
        (replace(WILLING, sends=(NOON - days(3),)), NOON, Send("mail")),
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
        (SERVICE, NOON, Send("mail")),
        (replace(SERVICE, do_not_wake=True), NOON, Send("mail")),
        (replace(SERVICE, sends=(NOON,)), NOON, Send("mail")),
        (SERVICE, NIGHT, Wait(MORNING, "quiet_hours")),
        (replace(SERVICE, erased=True), NOON, Exit("erased")),
        (replace(SERVICE, do_not_contact=True), NOON, Exit("do_not_contact")),
        (replace(SERVICE, never=frozenset({"mail"})), NOON, Suppress("never_contact")),
        (replace(SERVICE, failed=frozenset({"mail"})), NOON, Suppress("unreachable")),
    ],
)
def test_each_fact_leads_to_its_decision(facts: Facts, now: datetime, decision: Decision) -> None:
    assert decide(MAIL, facts, RULES, now) == decision


@pytest.mark.parametrize(
    ("way", "consent", "capped", "quiet"),
    [
        ("mail", True, True, True),
        ("line", True, True, True),
        ("postal_dm", True, True, False),
        ("insert", False, False, False),
        ("webhook", False, False, False),
    ],
)
def test_each_way_has_its_own_rules(way: Way, consent: bool, capped: bool, quiet: bool) -> None:
    one, nobody = step(way), frozenset[Way]()
    refused = decide(one, replace(WILLING, consents=frozenset()), RULES, NOON)
    assert refused == (Suppress("no_consent") if consent else Send(way))
    often = decide(one, replace(WILLING, sends=(NOON,)), RULES, NOON)
    assert isinstance(often, Wait if capped else Send)
    assert isinstance(decide(one, WILLING, RULES, NIGHT), Wait if quiet else Send)
    assert decide(one, replace(WILLING, open_ways=nobody), RULES, NOON) == Suppress("no_channel")


@pytest.mark.parametrize(
    ("facts", "decision"),
    [
        (WILLING, Send("line")),
        (replace(WILLING, consents=frozenset({"mail", "postal_dm"})), Send("mail")),
        (replace(WILLING, failed=frozenset({"line"})), Send("mail")),
        (replace(WILLING, barred={"line": "quota"}), Send("mail")),
        (replace(WILLING, barred={"line": "quota"}, reachable=frozenset({"postal_dm"})), Send("postal_dm")),
        (replace(WILLING, barred={"line": "quota"}, consents=frozenset({"line"})), Suppress("quota")),
        (replace(WILLING, consents=frozenset()), Suppress("no_consent")),
        (replace(WILLING, consents=frozenset(), held=True), Suppress("no_consent")),
    ],
)
def test_the_first_way_that_reaches_the_customer_is_taken(facts: Facts, decision: Decision) -> None:
    assert decide(step("line", "mail", "postal_dm"), facts, RULES, NOON) == decision


def test_a_way_that_only_has_to_wait_is_waited_for() -> None:
    assert decide(step("mail", "postal_dm"), WILLING, RULES, NIGHT) == Wait(MORNING, "quiet_hours")


def test_a_way_without_words_is_passed_over() -> None:
    unwritten = Step("step", ("line", "mail"), MAIL.creatives)
    assert decide(unwritten, WILLING, RULES, NOON) == Send("mail")
    assert decide(Step("step", ("line",), ()), WILLING, RULES, NOON) == Suppress("no_words")


def test_the_first_obstacle_in_order_is_the_reason() -> None:
    everything = replace(
        WILLING,
        erased=True,
        do_not_contact=True,
        ended="cancelled",
        do_not_wake=True,
        consents=frozenset(),
        reachable=frozenset(),
        held=True,
    )
    assert decide(MAIL, everything, RULES, NIGHT) == Exit("erased")
    assert decide(MAIL, replace(everything, erased=False), RULES, NIGHT) == Exit("do_not_contact")


def test_the_holdout_is_known_only_when_the_message_would_have_left() -> None:
    left_alone = replace(WILLING, held=True)
    assert decide(MAIL, left_alone, RULES, NIGHT) == Wait(MORNING, "quiet_hours")
    assert decide(MAIL, left_alone, RULES, MORNING) == Suppress("holdout")


def test_a_delayed_step_stays_useful_for_its_time_after_the_delay() -> None:
    later = step("mail", delay=Delay(days=7), useful_for_days=2)
    assert decide(later, WILLING, RULES, NOON + days(9)) == Send("mail")
    assert decide(later, WILLING, RULES, NOON + days(9.01)) == Suppress("too_late")


def test_a_step_before_the_cut_off_is_pointless_after_it() -> None:
    before = step("mail", delay=Delay(days=2, before="cutoff"))
    facts = replace(WILLING, cutoff=NOON + days(5), due=NOON + days(9))
    assert decide(before, facts, RULES, NOON + days(5)) == Send("mail")
    assert decide(before, facts, RULES, NOON + days(5.01)) == Suppress("too_late")
    often = replace(facts, sends=(NOON + days(2.5),))
    assert decide(before, often, RULES, NOON + days(3)) == Suppress("frequency_cap")
    assert decide(before, WILLING, RULES, NOON) == Suppress("no_deadline")


def test_a_step_for_working_days_waits_over_a_holiday() -> None:
    # 20 March 2026 is the equinox, a Friday.
    holiday = datetime(2026, 3, 20, 12, 0, tzinfo=TOKYO).astimezone(UTC)
    monday = datetime(2026, 3, 23, 12, 0, tzinfo=TOKYO).astimezone(UTC)
    working = step("postal_dm", delay=Delay(days=10, working_day=True))
    assert decide(working, WILLING, RULES, holiday) == Wait(monday, "holiday")
    assert decide(step("postal_dm", delay=Delay(days=10)), WILLING, RULES, holiday) == Send("postal_dm")


def test_what_is_batched_is_asked_about_by_its_own_way() -> None:
    refused = replace(WILLING, consents=frozenset({"mail"}))
    both = step("mail", "postal_dm")
    assert bars(both, refused) is None
    assert bars(both, refused, "postal_dm") == Suppress("no_consent")
    assert bars(both, replace(refused, ended="ordered"), "mail") == Exit("ordered")


@pytest.mark.parametrize(
    ("facts", "now", "decision"),
    [
        (replace(WILLING, sends=(NOON,), held=True), NOON + days(100), Send("line")),
        (WILLING, NIGHT, Wait(MORNING, "quiet_hours")),
        (replace(WILLING, consents=frozenset({"mail"})), NOON, Suppress("no_consent")),
        (replace(WILLING, erased=True), NOON, Exit("erased")),
    ],
)
def test_a_repeat_asks_only_what_forbids_it_now(facts: Facts, now: datetime, decision: Decision) -> None:
    assert repeat(step("line", "mail"), "line", facts, RULES, now) == decision


@given(any_step, soon_after_enrolment())
def test_no_advertising_is_sent_without_consent_whatever_else_holds(one: Step, situation: Situation) -> None:
    facts, now = situation
    refused = replace(facts, consents=frozenset(), purpose="marketing")
    decision = decide(one, refused, RULES, now)
    assert not isinstance(decision, Send) or decision.way in {"insert", "webhook"}


@given(any_step, soon_after_enrolment())
def test_what_is_sent_breaks_no_rule(one: Step, situation: Situation) -> None:
    facts, now = situation
    decision = decide(one, facts, RULES, now)
    if not isinstance(decision, Send):
        return
    way = decision.way
    assert way in one.ways
    assert way in facts.open_ways & facts.reachable - facts.failed - facts.never
    assert not any((facts.erased, facts.do_not_contact, facts.ended, facts.held))
    assert way not in QUIET or not RULES.quiet.covers(now)
    assert not one.delay.working_day or is_working(now.astimezone(TOKYO).date())
    if facts.purpose == "marketing":
        assert not facts.do_not_wake
        for cap in CAPS if way in CAPPED else ():
            assert sum(now - sent < cap.within for sent in facts.sends) < cap.count


@given(any_step, soon_after_enrolment())
def test_no_way_before_the_one_taken_was_open(one: Step, situation: Situation) -> None:
    facts, now = situation
    decision = decide(one, facts, RULES, now)
    if isinstance(decision, Send):
        for earlier in one.ways[: one.ways.index(decision.way)]:
            assert bars(one, facts, earlier) is not None


@given(st.times(), soon_after_enrolment())
def test_nothing_is_sent_in_quiet_hours(time_of_day: time, situation: Situation) -> None:
    facts, _ = situation
    night = datetime.combine(facts.enrolled_at.date() + days(1), time_of_day, TOKYO).astimezone(UTC)
    decision = decide(MAIL, replace(WILLING, enrolled_at=facts.enrolled_at), RULES, night)
    assert isinstance(decision, Wait if RULES.quiet.covers(night) else Send)


@given(any_step, soon_after_enrolment())
def test_waiting_leads_to_a_moment_when_time_is_no_obstacle(one: Step, situation: Situation) -> None:
    facts, now = situation
    match decide(one, facts, RULES, now):
        case Wait(until):
            assert until > now
            assert isinstance(decide(one, facts, RULES, until), Send) or facts.held
        case _:
            return


@given(any_step, soon_after_enrolment())
def test_every_no_has_a_reason_of_the_closed_list(one: Step, situation: Situation) -> None:
    facts, now = situation
    match decide(one, facts, RULES, now):
        case Wait(reason=reason) | Suppress(reason) | Exit(reason):
            assert reason in _flat(Reason)
        case Send():
            return


def _flat(union: object) -> set[object]:
    """The words of a union of literals."""
    return {word for part in get_args(union) for word in (_flat(part) if get_args(part) else {part})}
