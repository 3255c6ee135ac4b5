"""Answers: what a code means."""

import pytest

from services.notifier.scenarios.answer import answered
from shared.events.engagement import SurveyAnswered


@pytest.mark.parametrize(
    ("code", "event"),
    [
        ("0", SurveyAnswered("s", nps=0)),
        ("10", SurveyAnswered("s", nps=10)),
        ("nps:7", SurveyAnswered("s", nps=7)),
        ("11", SurveyAnswered("s", reason="11")),
        ("satisfaction:4", SurveyAnswered("s", satisfaction=4)),
        ("satisfaction:9", SurveyAnswered("s", reason="satisfaction:9")),
        ("again:yes", SurveyAnswered("s", again=True)),
        ("again:no", SurveyAnswered("s", again=False)),
        ("too_much_left", SurveyAnswered("s", reason="too_much_left")),
        ("", SurveyAnswered("s", reason="")),
    ],
)
def test_a_code_says_one_thing(code: str, event: SurveyAnswered) -> None:
    assert answered("s", code) == event
