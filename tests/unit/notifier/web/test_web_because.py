"""Every reason for which a message did not go out is told in words, those of the channels included."""

import re
from pathlib import Path
from typing import get_args

import pytest

from services.notifier import channels
from services.notifier.ledger import REASONS
from services.notifier.store import do_not_wake, never
from services.notifier.store.ledger import OUTCOMES
from services.notifier.web.because import because, named
from services.notifier.web.words import WORDS, Language
from shared.events.action import Way

SOURCES = sorted(Path(channels.__path__[0]).glob("*.py"))
SAID = re.compile(r'(?:Refused|Deferred|Unknown|Unsendable|Silent|Unanswered)\(f?"([a-z_{}.]+)"')
LANGUAGES: tuple[Language, ...] = get_args(Language)
STAGES = ("mail", "rcpt", "data")
STATES = ("planned", "claimed", "batched", "sending", "retry_at", "sent", "rejected", "unknown", "suppressed")


def said_by_channels() -> set[str]:
    """As they stand in the sources; what is filled in is a number, or a stage of SMTP."""
    found = {said for path in SOURCES for said in SAID.findall(path.read_text(encoding="utf-8"))}
    stages = {said.replace("{stage}", stage) for said in found for stage in STAGES}
    smtp = {f"smtp_550_at_{stage}" for stage in (*STAGES, "dot")}
    return {re.sub(r"\{.*?\}", "550", said) for said in stages} | smtp


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_words(language: Language) -> None:
    told = said_by_channels() | set(REASONS) | {"line_400", "mail_api_422", "webhook_410"}
    assert len(told) > 40
    assert {reason for reason in told if named(reason)[0] not in WORDS[language]} == set()


def test_the_providers_number_stands_in_the_words() -> None:
    assert because("smtp_550_at_rcpt", "ja") == "メールサーバーが宛先を断ったため（550）"
    assert because("line_400", "en") == "LINE did not take it (400)"


def test_what_nobody_has_words_for_is_told_as_it_is() -> None:
    assert because("a_new_thing", "ja") == "a_new_thing"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_outcome_state_way_and_cause_has_a_word(language: Language) -> None:
    words = WORDS[language]
    keys = {
        *(f"outcome_{one}" for one in OUTCOMES),
        *(f"became_{one}" for one in (*STATES, "expired")),
        *(f"channel_{one}" for one in get_args(Way)),
        *(f"never_because_{one}" for one in never.BECAUSES),
        *(f"sleep_because_{one}" for one in do_not_wake.BECAUSES),
    }
    assert keys - words.keys() == set()
