"""The card's words: whatever can have happened, or stand in an offer's way, is told in words."""

from typing import get_args

import pytest

from services.notifier.contract import State
from services.notifier.ledger import REASONS
from services.notifier.offers.allow import Answer, Because, Persuasion
from services.notifier.offers.check import Problem
from services.notifier.offers.offer import KINDS
from services.notifier.web.words import WORDS, Language
from shared.events.catalogue import TYPES
from shared.events.engagement import Page, Topic
from shared.events.risk import Phase

UNTOLD = ("action.", "duplicate.", "churn.")
MESSAGES = ("planned", "batched", "sent", "deferred", "suppressed", "unknown")
OURS = ("call.ended", "alert.raised", "cancellation.requested", "cancellation.done")
LANGUAGES: tuple[Language, ...] = get_args(Language)


def happenings() -> set[str]:
    events = {name.removeprefix("com.hikitome.").removesuffix(".v1") for name in TYPES}
    ours = {*OURS, *(f"message.{one}" for one in MESSAGES), *(f"risk.{one}" for one in get_args(Phase))}
    return ours | {event for event in events if not event.startswith(UNTOLD)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_can_have_happened_has_a_word(language: Language) -> None:
    assert [what for what in happenings() if f"tl_{what.replace('.', '_')}" not in WORDS[language]] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_keeps_a_message_or_an_offer_back_is_said_in_words(language: Language) -> None:
    reasons = {*get_args(Because), *REASONS}
    assert [reason for reason in reasons if f"because_{reason}" not in WORDS[language]] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_an_agent_gets_wrong_is_said_in_words(language: Language) -> None:
    assert [one for one in get_args(Problem) if f"problem_{one}" not in WORDS[language]] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_contracts_offers_answers_pages_and_topics_have_words(language: Language) -> None:
    wanted = [
        *(f"contract_{state}" for state in get_args(State)),
        *(f"contract_cancellation_{state}" for state in ("requested", "done", "taken_back")),
        *(f"parcel_{parcel}" for parcel in ("stopped", "leaves", "unknown")),
        *(f"offer_{kind}" for kind in KINDS),
        *(f"answer_{answer}" for answer in get_args(Answer)),
        *(f"persuasion_{one}" for one in get_args(Persuasion) if one != "open"),
        *(f"page_{page}" for page in get_args(Page)),
        *(f"topic_{topic}" for topic in get_args(Topic)),
        *(f"every_{unit}{s}" for unit in ("day", "week", "month", "year") for s in ("", "s")),
    ]
    assert [key for key in wanted if key not in WORDS[language]] == []
