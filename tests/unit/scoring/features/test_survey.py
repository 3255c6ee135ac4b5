"""Survey: the newest answer to each question."""

from collections.abc import Callable
from datetime import datetime
from math import isnan

import pytest

from services.scoring.features.survey import Survey, read, update
from shared.events.engagement import SurveyAnswered
from shared.events.envelope import Envelope

Fact = Callable[..., Envelope]
Day = Callable[[float], datetime]


def folded(*events: Envelope) -> Survey:
    state = Survey()
    for event in events:
        state = update(state, event)
    return state


def test_nothing_is_known_of_who_was_never_asked(day: Day) -> None:
    assert all(isnan(value) for value in read(Survey(), day(0)).values())


def test_the_nps_is_told_with_its_change(fact: Fact, day: Day) -> None:
    first = folded(fact(SurveyAnswered("s", nps=7), 1))
    assert read(first, day(2))["nps"] == 7
    assert isnan(read(first, day(2))["nps_change"])
    fallen = read(update(first, fact(SurveyAnswered("s", nps=3), 10)), day(12))
    assert (fallen["nps"], fallen["nps_change"], fallen["days_since_survey"]) == (3, -4, 2)


def test_a_question_left_out_leaves_the_answer_before_it(fact: Fact, day: Day) -> None:
    whole = SurveyAnswered("s", nps=8, satisfaction=2, again=False, reason="価格が高い")
    seen = read(folded(fact(whole, 1), fact(SurveyAnswered("t", satisfaction=4), 5)), day(6))
    assert (seen["nps"], seen["satisfaction"], seen["again_no"]) == (8, 4, 1)
    assert isnan(seen["nps_change"])
    assert seen["survey_too_dear"] == 1


@pytest.mark.parametrize(
    ("reason", "name"),
    [
        ("商品が余っている", "survey_too_much"),
        ("too_much", "survey_too_much"),
        ("値段が高い", "survey_too_dear"),
        ("効果を感じない", "survey_no_effect"),
        ("引っ越し", None),
    ],
)
def test_a_reason_is_one_of_a_few_or_none_of_them(
    reason: str, name: str | None, fact: Fact, day: Day
) -> None:
    seen = read(folded(fact(SurveyAnswered("s", reason=reason), 1)), day(2))
    flags = {flag for flag in seen if flag.startswith("survey_") and seen[flag] == 1}
    assert flags == ({name} if name else set())


def test_what_a_customer_wrote_is_not_kept(fact: Fact) -> None:
    state = folded(fact(SurveyAnswered("s", reason="山田と申します。量が多い"), 1))
    assert state.reason == "too_much"
