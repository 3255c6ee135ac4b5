"""The reasons of a call and what is said about them: complete, in both languages, and within the law."""

import re
from typing import Any

import pytest

from services.notifier.web.call_reasons import BY_CODE, EXPECTED, TREE, label_of, route_of, told
from services.notifier.web.call_script import Caller, Talk, talk
from services.notifier.web.reasons import REASONS
from services.notifier.web.script import DEFAULT, OF_KIND, SCRIPTS, Script

CALLER = Caller("みどり健康堂", "岡田 みさき")


def test_no_two_reasons_share_a_code_nor_two_details_of_one() -> None:
    assert len(BY_CODE) == len(TREE) == 12
    for reason in TREE:
        codes = [detail.code for detail in reason.details]
        assert len(codes) == len(set(codes))


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_page_is_told_the_whole_tree_in_its_language(language: Any) -> None:
    tree = told(language)
    assert [one["code"] for one in tree] == list(BY_CODE)
    assert all(one["label"] for one in tree)
    assert label_of("too_much", language) == tree[0]["label"]
    assert label_of("weather", language) is label_of(None, language) is None


def test_danger_complaint_and_farewell_lead_where_no_offer_is_made() -> None:
    routes = {reason.code: reason.route for reason in TREE if reason.route != "persuade"}
    assert routes == {
        "not_suitable": "safety",
        "competitor": "close",
        "unaware": "complaint",
        "family": "close",
        "service": "complaint",
    }
    assert route_of(None) == "persuade"


def test_what_a_risk_lets_one_expect_is_a_reason_of_the_tree() -> None:
    assert set(EXPECTED.values()) <= set(BY_CODE)
    assert set(EXPECTED) <= set(REASONS["en"])


def spoken(reason: str | None = None, language: Any = "ja", kind: str = "subscription") -> Talk:
    return talk(CALLER, kind, ["skipped_in_a_row"], reason, language)


@pytest.mark.parametrize("kind", ["subscription", "repeat", "payment"])
def test_who_calls_says_for_whom_by_name_and_why(kind: str) -> None:
    greeting = spoken(kind=kind).greeting
    assert "みどり健康堂" in greeting
    assert "岡田 みさき" in greeting
    assert "お電話いたしました" in greeting
    assert "{" not in greeting


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("reason", [None, *BY_CODE])
def test_every_reason_has_its_words_from_greeting_to_end(reason: str | None, language: Any) -> None:
    found = spoken(reason, language)
    assert all([found.opening, found.proposal, found.refused, found.closing, found.never])
    assert "解約のお手続きをいたします" in found.refused


@pytest.mark.parametrize("reason", [reason.code for reason in TREE if reason.route != "persuade"])
def test_where_no_offer_is_made_the_script_proposes_none(reason: str) -> None:
    assert not re.search(r"(お休み|間隔の変更|割引)を?(する|ご案内)", spoken(reason).proposal)
    assert spoken(reason).never != spoken().never


@pytest.mark.parametrize("reason", [None, *BY_CODE])
def test_no_part_says_what_must_never_be_said(reason: str | None) -> None:
    found = spoken(reason)
    for words in re.findall(r"「(.+?)」", found.never):
        assert words not in found.opening + found.proposal + found.refused + found.closing


@pytest.mark.parametrize("script", [DEFAULT, *OF_KIND.values(), *SCRIPTS.values()])
def test_what_an_agent_is_to_do_stands_in_english_too(script: Script) -> None:
    assert script.proposal_en
    assert not re.search(r"[ぁ-ん]", script.proposal_en)


def test_an_english_page_says_in_english_what_to_do() -> None:
    assert spoken(language="en").proposal == SCRIPTS["skipped_in_a_row"].proposal_en


def test_until_a_reason_is_heard_the_weightiest_of_the_risk_speaks() -> None:
    assert spoken().opening == SCRIPTS["skipped_in_a_row"].opening
    assert talk(CALLER, "repeat", ["nothing_known"], None, "ja").opening == DEFAULT.opening
