"""Whether a record of a call holds together."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from services.notifier.alert import DISPOSITIONS
from services.notifier.offers.allow import Because, Facts, allowed
from services.notifier.offers.check import Problem, check
from services.notifier.offers.effect import Contract
from services.notifier.offers.file import read
from services.notifier.resolution import Resolution
from services.notifier.web.call_reasons import TREE
from services.notifier.web.words import WORDS
from shared.events.money import Money

NOW = datetime(2026, 6, 10, 3, 0, tzinfo=UTC)
CATALOGUE = read('[[offer]]\nkey = "discount_500"\ntitle = "500円引き"\ncost = 500\nreasons = ["too_dear"]\n')
SOON = NOW + timedelta(hours=1)


def problem(disposition: Any, **said: Any) -> Problem | None:
    resolution = Resolution(disposition, **said)
    facts = Facts(Money(9_000, "JPY"), Contract("88"), reason=resolution.reason)
    return check(resolution, CATALOGUE, allowed(facts, CATALOGUE, NOW), NOW)


@pytest.mark.parametrize(
    ("disposition", "said", "wrong"),
    [
        ("kept", {}, None),
        ("cancelled", {}, "needs_reason"),
        ("cancelled", {"reason": "no_reason"}, None),
        ("cancelled", {"reason": "too_dear", "reason_detail": "budget"}, None),
        ("kept", {"reason": "weather"}, "unknown_reason"),
        ("kept", {"reason": "too_dear", "reason_detail": "skin"}, "unknown_detail"),
        ("kept", {"reason_detail": "budget"}, "needs_reason"),
        ("callback", {}, "needs_callback"),
        ("callback", {"callback_at": SOON}, None),
        ("callback", {"callback_at": NOW}, "callback_past"),
        ("callback", {"callback_at": NOW + timedelta(days=60)}, None),
        ("callback", {"callback_at": NOW + timedelta(days=60, seconds=1)}, "callback_far"),
        ("kept", {"callback_at": SOON}, "unexpected_callback"),
        ("kept", {"answer": "accepted"}, "needs_offer"),
        ("kept", {"offer_detail": {"times": 1}}, "needs_offer"),
        ("kept", {"offer": "skip"}, "needs_answer"),
        ("kept", {"offer": "bribe", "answer": "declined"}, "unknown_offer"),
        ("kept", {"offer": "skip", "answer": "declined", "reason": "family"}, "offer_barred"),
        ("cancelled", {"offer": "skip", "answer": "declined", "reason": "not_suitable"}, "offer_barred"),
        ("kept_modified", {"offer": "skip", "answer": "accepted"}, None),
        ("kept", {"offer": "skip", "answer": "accepted"}, "answer_disagrees"),
        ("paused", {"offer": "skip", "answer": "accepted"}, "answer_disagrees"),
        ("paused", {"offer": "pause", "answer": "accepted"}, None),
        ("kept_modified", {"offer": "pause", "answer": "accepted"}, "answer_disagrees"),
        ("paused", {}, None),
        ("kept", {"offer": "discount_500", "answer": "accepted"}, None),
        ("kept_modified", {"offer": "discount_500", "answer": "accepted"}, None),
        ("kept", {"offer": "discount_500", "answer": "accepted", "reason": "timing"}, "offer_barred"),
        ("cancelled", {"offer": "skip", "answer": "accepted", "reason": "timing"}, "answer_disagrees"),
        ("cancelled", {"offer": "skip", "answer": "declined", "reason": "timing"}, None),
        ("callback", {"offer": "skip", "answer": "thinking", "callback_at": SOON}, None),
        ("dnc", {"offer": "skip", "answer": "declined"}, None),
        ("no_answer", {}, None),
        ("no_answer", {"reason": "timing"}, "nobody_spoken_to"),
        ("wrong_number", {"offer": "skip", "answer": "declined"}, "nobody_spoken_to"),
    ],
)
def test_a_record_is_whole_or_says_what_is_missing(
    disposition: str, said: dict[str, Any], wrong: str | None
) -> None:
    assert problem(disposition, **said) == wrong


@pytest.mark.parametrize("reason", [reason.code for reason in TREE])
def test_whatever_the_reason_a_call_may_end_in_a_cancellation(reason: str) -> None:
    assert problem("cancelled", reason=reason) is None


@pytest.mark.parametrize("disposition", sorted(set(DISPOSITIONS) - {"cancelled", "callback"}))
def test_no_other_result_needs_more_than_itself(disposition: str) -> None:
    assert problem(disposition) is None


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_problem_and_every_bar_has_its_words(language: Any) -> None:
    words = WORDS[language]
    assert all(f"problem_{code}" in words for code in get_args(Problem))
    assert all(f"because_{code}" in words for code in get_args(Because))
