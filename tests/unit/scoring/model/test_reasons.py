"""Reasons: true, weighty, and each feature spoken for once."""

import re
from collections.abc import Mapping

import pytest

from services.scoring.features.state import EMPTY, NAMES, readings
from services.scoring.model.reasons import FLOOR, GROUPS, MOST, UNTOLD, reasons
from shared.clock import system_clock

QUIET = dict.fromkeys(NAMES, float("nan"))

EXAMPLES: dict[str, tuple[dict[str, float], str]] = {
    "cancel_requested": ({"days_since_request": 3.2}, "3日前に解約のお申し出"),
    "skipped_in_a_row": ({"skips_in_a_row": 2}, "前回から2回連続でスキップ"),
    "skipped": ({"days_since_skip": 1.5}, "昨日にお届けをスキップ"),
    "skips_often": ({"days_since_skip": 80, "skips": 4}, "これまでに4回スキップ"),
    "payment_stopped": (
        {"failed_finally": 1, "days_since_failure": 4},
        "決済ができず停止中（最後の失敗は4日前）",
    ),
    "payment_failing": (
        {"failed_finally": 0, "failures_open": 2, "days_since_failure": 0.3},
        "決済が2回続けて失敗（最後は本日）",
    ),
    "payment_failed_before": (
        {"failed_finally": 0, "failures_open": 0, "failures": 1},
        "これまでに決済の失敗が1回",
    ),
    "delivery_overdue": ({"days_overdue": 5.9}, "お届け予定日を5日過ぎても受注なし"),
    "delivery_near": ({"days_overdue": 0, "days_to_due": 5.2}, "次回お届けまであと6日：解約が多い時期"),
    "paused": ({"paused": 1, "days_paused": 12}, "12日前から休止中"),
    "resumed": ({"paused": 0, "days_since_resume": 10}, "休止から10日前に再開したばかり"),
    "paused_before": ({"paused": 0, "pauses": 2}, "これまでに2回休止"),
    "bound_ended": ({"deliveries": 4, "deliveries_since_bound": 1}, "回数縛り（3回）が終わったばかり"),
    "bound_near": ({"deliveries": 2, "bound_left": 1}, "回数縛り（3回）があと1回で終わる"),
    "early_delivery": ({"deliveries": 2}, "お届け2回目：離脱が多い時期"),
    "long_silence": (
        {"days_since_order": 45.5, "silence_gaps": 1.52},
        "最後のご注文から45日（普段の間隔の1.5倍）",
    ),
    "no_second_order": ({"orders": 1, "days_since_order": 40}, "初回のご注文から40日、2回目のご注文なし"),
    "silence": ({"orders": 3, "days_since_order": 50}, "最後のご注文から50日"),
    "slowing": (
        {"gap_stretch": 1.5, "gap_last_days": 45, "gap_mean_days": 30},
        "ご注文の間隔が延びている（前回45日、普段は30日）",
    ),
    "few_orders": ({"orders": 2}, "ご注文はまだ2回"),
    "discount_only": ({"discounted_only": 1}, "初回割引での購入のみ"),
    "discount_mostly": ({"discount_share": 0.75}, "ご注文の75％が割引での購入"),
    "began_discounted": ({"began_discounted": 1}, "初回割引をきっかけに始めたお客様"),
    "spend_falling": ({"spend_trend": 0.5}, "前回のご購入額が普段の50％に減少"),
    "cycle_changed": ({"days_since_cycle_change": 20}, "20日前にお届け周期を変更"),
    "refunded": ({"refunds": 1}, "これまでに返金が1回"),
    "order_cancelled": ({"refunds": 0, "cancelled_orders": 2}, "これまでにご注文のキャンセルが2回"),
    "shipped_late": ({"ship_days": 7.5}, "前回のご注文の発送まで7日"),
    "ended_before": ({"contracts_ended": 1}, "過去に終了した定期が1件"),
}

CODES = {sentence.code for group in GROUPS for sentence in group.sentences}


def weights(code: str, weight: float) -> list[float]:
    """All the weight on the group that a code belongs to."""
    group = next(group for group in GROUPS if code in {sentence.code for sentence in group.sentences})
    return [weight if name == group.features[0] else 0.0 for name in NAMES]


def seen(facts: Mapping[str, float]) -> dict[str, float]:
    return {**QUIET, **facts}


def test_every_feature_is_spoken_for_once() -> None:
    assert sorted(name for group in GROUPS for name in group.features) == sorted(NAMES)


def test_every_sentence_has_an_example() -> None:
    assert set(EXAMPLES) == CODES


@pytest.mark.parametrize("code", EXAMPLES)
def test_a_true_sentence_with_weight_is_said(code: str) -> None:
    facts, text = EXAMPLES[code]
    (reason,) = reasons(seen(facts), weights(code, 0.4))
    assert (reason.code, reason.text, reason.contribution) == (code, text, 0.4)
    assert all(re.search(re.escape(str(value)), text) for key, value in reason.facts.items() if key != "d")


@pytest.mark.parametrize("code", EXAMPLES)
def test_no_sentence_is_said_without_weight(code: str) -> None:
    assert reasons(seen(EXAMPLES[code][0]), weights(code, FLOOR / 2)) == ()


def test_an_untrue_sentence_is_not_said_whatever_its_weight() -> None:
    now = system_clock()
    for code in CODES:
        told = reasons(readings(EMPTY, now), weights(code, 1.0))
        assert [reason.code for reason in told] == [UNTOLD.code]


def test_the_weightiest_come_first_and_there_are_not_too_many() -> None:
    facts = seen({key: value for code in EXAMPLES for key, value in EXAMPLES[code][0].items()})
    contributions = [0.1 + number / 100 for number in range(len(NAMES))]
    told = [reason.contribution for reason in reasons(facts, contributions)]
    assert len(told) == MOST
    assert told == sorted(told, reverse=True)


def test_features_that_speak_of_one_thing_weigh_together() -> None:
    contributions = [{"skips_in_a_row": 0.3, "skip_share": -0.1}.get(name, 0.0) for name in NAMES]
    (reason,) = reasons(seen({"skips_in_a_row": 3}), contributions)
    assert reason.contribution == pytest.approx(0.2)
