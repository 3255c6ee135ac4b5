"""Reasons and strengths: true, weighty, adding up to the score, and each feature spoken for once."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from math import fsum

import numpy as np
import pytest

from services.notifier.web.reasons import REASONS
from services.scoring.features.state import EMPTY, NAMES, readings
from services.scoring.model.reasons import FLOOR, GROUPS, MOST, UNTOLD, reasons, strengths, weights
from services.scoring.model.reasons_sentence import Sentence
from services.scoring.model.step_tables import Platt, StepTables, Table, compiled, log_odds
from shared.events.risk import Reason
from tests.unit.scoring.model.reason_examples import LOWERING, RAISING

QUIET = dict.fromkeys(NAMES, float("nan"))

NOON = datetime(2026, 6, 1, 3, tzinfo=UTC)
"""In Tokyo."""


def codes(sentences: Iterable[Sentence]) -> set[str]:
    return {sentence.code for sentence in sentences}


SENTENCES = [sentence for group in GROUPS for sentence in group.sentences]
STRENGTHS = [sentence for group in GROUPS for sentence in group.strengths]


def weighing(code: str, weight: float) -> list[float]:
    """All the weight on the group that a code belongs to."""
    group = next(group for group in GROUPS if code in codes((*group.sentences, *group.strengths)))
    return [weight if name == group.features[0] else 0.0 for name in NAMES]


def seen(facts: Mapping[str, float]) -> dict[str, float]:
    return {**QUIET, **facts}


def raising(facts: Mapping[str, float], contributions: list[float]) -> tuple[Reason, ...]:
    return reasons(seen(facts), contributions, NOON)


def lowering(facts: Mapping[str, float], contributions: list[float]) -> tuple[Reason, ...]:
    return strengths(seen(facts), contributions, NOON)


def test_every_feature_is_spoken_for_once() -> None:
    assert sorted(name for group in GROUPS for name in group.features) == sorted(NAMES)


def test_every_sentence_has_an_example_and_its_words_in_english() -> None:
    assert set(RAISING) | set(LOWERING) == codes((*SENTENCES, *STRENGTHS))
    assert codes((*SENTENCES, *STRENGTHS, UNTOLD)) == set(REASONS["en"])


def test_a_code_stands_for_one_sentence() -> None:
    texts = {sentence.code: sentence.text for sentence in (*SENTENCES, *STRENGTHS)}
    assert all(texts[sentence.code] == sentence.text for sentence in (*SENTENCES, *STRENGTHS))


@pytest.mark.parametrize("code", RAISING)
def test_a_true_sentence_with_weight_is_said(code: str) -> None:
    facts, text = RAISING[code]
    (reason,) = raising(facts, weighing(code, 0.4))
    assert (reason.code, reason.text, reason.contribution) == (code, text, 0.4)
    assert all(re.search(re.escape(str(value)), text) for key, value in reason.facts.items() if key != "d")


@pytest.mark.parametrize("code", LOWERING)
def test_what_speaks_for_staying_is_said_where_it_lowers_the_score(code: str) -> None:
    facts, text = LOWERING[code]
    (strength,) = lowering(facts, weighing(code, -0.4))
    assert (strength.code, strength.text, strength.contribution) == (code, text, -0.4)
    assert lowering(facts, weighing(code, 0.4)) == ()


@pytest.mark.parametrize("code", [*RAISING, *LOWERING])
def test_the_facts_fill_the_words_in_english(code: str) -> None:
    facts, _ = (RAISING | LOWERING)[code]
    sentence = next(each for each in (*SENTENCES, *STRENGTHS) if each.code == code)
    told = sentence.facts(seen(facts) | {"day_gone": 0.5})
    assert told is not None
    assert "{" not in REASONS["en"][code].format(**told)


@pytest.mark.parametrize("code", RAISING)
def test_no_sentence_is_said_without_weight(code: str) -> None:
    assert raising(RAISING[code][0], weighing(code, FLOOR / 2)) == ()


def test_an_untrue_sentence_is_not_said_whatever_its_weight() -> None:
    nobody = readings(EMPTY, NOON)
    raised = {each.code for code in RAISING for each in reasons(nobody, weighing(code, 1.0), NOON)}
    assert raised == {UNTOLD.code, "mail_never_opened", "survey_unanswered", "not_recommended"}
    lowered = {each.code for code in LOWERING for each in strengths(nobody, weighing(code, -1.0), NOON)}
    assert lowered == {"payment_clean"}


def test_the_weightiest_come_first_and_there_are_not_too_many() -> None:
    facts = {key: value for example, _ in RAISING.values() for key, value in example.items()}
    contributions = [0.1 + number / 1000 for number in range(len(NAMES))]
    told = [reason.contribution for reason in raising(facts, contributions)]
    assert len(told) == MOST
    assert told == sorted(told, reverse=True)
    facts = {key: value for example, _ in LOWERING.values() for key, value in example.items()}
    told = [reason.contribution for reason in lowering(facts, [-each for each in contributions])]
    assert len(told) == MOST
    assert told == sorted(told)


def test_what_only_says_how_things_are_makes_way_for_plain_signs() -> None:
    things = ("usual_gap", "spend")
    signs = ("skipped_in_a_row", "discount_only", "line_blocked")

    def told(codes: tuple[str, ...]) -> list[str]:
        facts = {name: value for code in codes for name, value in RAISING[code][0].items()}
        weight = {code: 0.5 if code in things else 0.2 for code in codes}
        contributions = np.sum([weighing(code, weight[code]) for code in codes], axis=0)
        return [reason.code for reason in raising(facts, contributions.tolist())]

    assert told(things) == [*things]
    assert set(told((*things, *signs[:2]))) & set(things) == {"usual_gap"}
    assert sorted(told((*things, *signs))) == sorted(signs)


def test_features_that_speak_of_one_thing_weigh_together() -> None:
    contributions = [{"skips_in_a_row": 0.3, "skip_share": -0.1}.get(name, 0.0) for name in NAMES]
    (reason,) = raising({"skips_in_a_row": 3}, contributions)
    assert reason.contribution == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("hour", "days", "words"),
    [
        (9, 0.3, "本日"),
        (9, 0.5, "昨日"),
        (23, 0.9, "本日"),
        (9, 1.3, "昨日"),
        (9, 1.5, "2日前に"),
        (0, 0.0, "本日"),
    ],
)
def test_days_are_counted_by_the_calendar_of_the_shop(hour: int, days: float, words: str) -> None:
    cutoff = datetime(2026, 6, 1, tzinfo=UTC) + timedelta(hours=hour - 9)
    views = seen({"cancel_views_week": 1, "cancel_views_last": 1, "days_since_cancel_page": days})
    (reason,) = reasons(views, weighing("cancel_page", 1.0), cutoff)
    assert reason.text == f"解約ページを{words}1回表示"


def test_with_the_baseline_the_groups_add_up_to_the_score_of_ten_thousand_customers() -> None:
    rng = np.random.default_rng(7)
    tables = tuple(
        Table(
            feature=name,
            thresholds=(steps := tuple(sorted(rng.normal(size=4).tolist()))),
            values=tuple(rng.normal(size=len(steps) + 1).tolist()),
            missing=float(rng.normal()),
            mean=float(rng.normal()),
        )
        for name in NAMES
    )
    plain = StepTables(bias=-2.0, tables=tables, platt=Platt(slope=0.9, intercept=0.1))
    model = compiled(plain, NAMES)
    vectors = rng.normal(size=(10_000, len(NAMES)))
    vectors[rng.random(vectors.shape) < 0.2] = np.nan
    worst = 0.0
    for vector in vectors.tolist():
        score, contributions = log_odds(model, vector)
        told = model.baseline + fsum(weight for _, weight in weights(contributions))
        raw = plain.bias + fsum(_looked_up(table, x) for table, x in zip(tables, vector, strict=True))
        worst = max(worst, abs(told - score), abs(0.9 * raw + 0.1 - score))
    assert worst < 1e-6


def _looked_up(table: Table, reading: float) -> float:
    """As the artifact says, not as it is compiled."""
    if reading != reading:
        return table.missing
    return table.values[sum(reading > threshold for threshold in table.thresholds)]
