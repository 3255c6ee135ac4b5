"""The desk's words: complete in both languages, and harmless whatever a customer or an agent is called."""

import re
from pathlib import Path
from typing import get_args

import pytest

from services.notifier.alert import DISPOSITIONS, Cause, What
from services.notifier.web.agreement import Field
from services.notifier.web.places import places_of
from services.notifier.web.render import render
from services.notifier.web.script import DEFAULT, OF_KIND, SCRIPTS
from services.notifier.web.words import PAGES, WORDS, Language, language_of
from shared.events.identity import Evidence
from shared.events.risk import RiskKind, Rung

STATIC = Path(__file__).parents[4] / "services" / "notifier" / "web" / "static"
INSIDE = sorted(
    {page.name for page in (STATIC.parent / "pages").glob("*.html")}
    - {"base.html", "shell.html", "login.html"}
)
SILENT: set[str] = {"renewed", "refreshed", "contact_changed"}


def test_no_two_pages_share_a_word() -> None:
    keys = [key for page in PAGES for key in page.JA]
    assert len(keys) == len(set(keys))


def test_both_languages_have_the_same_words_with_the_same_gaps() -> None:
    japanese, english = WORDS["ja"], WORDS["en"]
    assert japanese.keys() == english.keys()
    gaps = {key: set(re.findall(r"\{(\w+)\}", text)) for key, text in japanese.items()}
    assert {key: set(re.findall(r"\{(\w+)\}", text)) for key, text in english.items()} == gaps


@pytest.mark.parametrize("language", ["ja", "en"])
def test_everything_that_can_happen_to_an_alert_has_a_word(language: Language) -> None:
    words = WORDS[language]
    assert all(f"disposition_{disposition}" in words for disposition in DISPOSITIONS)
    assert all(f"cause_{cause}" in words for cause in get_args(Cause))
    assert all(f"what_{what}" in words for what in set(get_args(What)) - SILENT)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_kind_rung_and_evidence_has_a_word(language: Language) -> None:
    words = WORDS[language]
    assert all(f"kind_{kind}" in words for kind in get_args(RiskKind))
    assert all(f"rung_{rung}" in words for rung in set(get_args(Rung)) - {"full"})
    assert all(f"evidence_{evidence}" in words for evidence in get_args(Evidence))
    assert all(f"field_{field}" in words for field in get_args(Field))


def test_a_payment_at_risk_has_a_script_that_is_true_before_anything_failed() -> None:
    assert "お支払い方法" in OF_KIND["payment"].opening
    assert "済んでいない" not in OF_KIND["payment"].opening


def test_the_page_shows_the_dispositions_by_their_own_names() -> None:
    shown = {disposition: WORDS["ja"][f"disposition_{disposition}"] for disposition in DISPOSITIONS}
    assert shown == DISPOSITIONS


def test_every_word_that_the_page_says_exists() -> None:
    said = {
        key
        for script in STATIC.glob("*.js")
        for key in re.findall(r'say\("(\w+)"', script.read_text(encoding="utf-8"))
    }
    assert said <= WORDS["ja"].keys()


def test_no_script_says_what_it_tells_an_agent_never_to_say() -> None:
    for script in (DEFAULT, *OF_KIND.values(), *SCRIPTS.values()):
        forbidden = re.findall(r"「(.+?)」", script.never)
        assert not any(words in script.opening + script.proposal for words in forbidden)


def test_an_unknown_language_is_japanese() -> None:
    assert [language_of(asked) for asked in (None, "", "fr", "ja", "en")] == ["ja", "ja", "ja", "ja", "en"]


@pytest.mark.parametrize("template", INSIDE)
def test_no_name_becomes_markup_or_leaves_its_place_in_the_page(template: str) -> None:
    hostile = "</script><script>alert(1)</script>\"'&"

    class Hostile:
        name = hostile
        role = "supervisor"

    page = render(
        template,
        language="ja",
        words=WORDS["ja"],
        shop_name=hostile,
        agent=Hostile(),
        csrf="token",
        here="desk",
        places=places_of("admin"),
        mails_url=None,
        told={"login": hostile},
    )
    assert "<script>alert" not in page
    assert page.count("</script>") == 3


@pytest.mark.parametrize("page", [*INSIDE, "login.html"])
def test_pages_hold_nothing_that_the_content_security_policy_would_refuse(page: str) -> None:
    source = (STATIC.parent / "pages" / page).read_text(encoding="utf-8")
    assert "style=" not in source
    assert not re.search(r"\son\w+=", source)
    assert not re.search(r"(src|href)=\"https?:", source)
