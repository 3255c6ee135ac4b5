"""The words: they fit the reason, name the sender, show the ways out, and nothing in a name becomes code."""

import re

import pytest
from jinja2 import UndefinedError

from services.notifier.templates.openings import ANY, OPENINGS, Opening, opening_for
from services.notifier.templates.render import Occasion, Sender, Templates
from services.scoring.model.reasons import GROUPS

TEMPLATES = Templates()
SENDER = Sender(
    shop_name="みどり茶房",
    name="みどり茶房株式会社",
    mail="shop@midori.example",
    postal_address="東京都千代田区丸の内1-1-1",
    contact="0120-000-000",
    account_url="https://midori.example/account",
)
URL = "https://desk.midori.example/unsubscribe/abc.def"
OCCASION = Occasion("subscription", "skipped", "山田 花子", URL)
# 薬機法, 景品表示法, 特定商取引法: what no mail may claim, and words that press or hide.
FORBIDDEN = re.compile("効果|効く|治|改善|必ず|絶対|最安|No\\.1|今だけ|解約できません|お早めに")


def words(occasion: Occasion, sender: Sender = SENDER) -> tuple[str, str, str]:
    made = TEMPLATES.words("churn_warning", sender, occasion)
    return made.subject, made.text, made.html


@pytest.mark.parametrize("kind", ["subscription", "repeat"])
@pytest.mark.parametrize("reason", [*OPENINGS, "something_new", None])
def test_every_reason_gets_a_whole_message(reason: str | None, kind: str) -> None:
    subject, text, html = words(Occasion(kind, reason, "山田 花子", URL))
    opening = opening_for(reason)
    assert subject == f"{opening.subject}｜みどり茶房"
    for part in (text, html):
        assert opening.sentence in part
        assert opening.offer in part
        assert "山田 花子 様" in part
        assert not re.search(r"\{[{%]|None|Undefined", part)
        assert not FORBIDDEN.search(part)


@pytest.mark.parametrize("part", [1, 2])
def test_a_message_says_who_sends_it_and_how_to_refuse(part: int) -> None:
    content = words(OCCASION)[part]
    for needed in (SENDER.name, SENDER.postal_address, SENDER.contact, URL):
        assert needed in content


def test_the_way_to_cancel_is_told_to_who_has_a_contract_only() -> None:
    assert all("解約" in part for part in words(OCCASION)[1:])
    assert not any("解約" in part for part in words(Occasion("repeat", None, None, URL))[1:])


def test_who_has_no_name_is_addressed_all_the_same() -> None:
    _, text, _ = words(Occasion("repeat", None, None, URL))
    assert text.startswith("お客様\n")


def test_without_a_page_for_customers_the_contact_takes_its_place() -> None:
    nowhere = Sender(SENDER.shop_name, SENDER.name, SENDER.mail, SENDER.postal_address, SENDER.contact, "")
    for kind in ("subscription", "repeat"):
        _, text, html = words(Occasion(kind, None, None, URL), nowhere)
        assert "マイページ" not in text + html
        assert "下記の窓口" in text
        assert 'href=""' not in html


def test_markup_in_a_name_stays_text() -> None:
    _, text, html = words(Occasion("repeat", None, "<script>alert(1)</script>&", URL))
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp; 様" in html
    assert "<script>alert(1)</script>& 様" in text


@pytest.mark.parametrize("name", ["{{ 7 * 7 }}", "{% for x in y %}", "{{ ''.__class__ }}"])
def test_a_template_in_a_name_stays_text(name: str) -> None:
    assert f"{name} 様" in words(Occasion("repeat", None, name, URL))[1]


def test_a_value_that_is_missing_is_an_error_not_a_gap() -> None:
    with pytest.raises(UndefinedError):
        TEMPLATES.page("churn_warning.txt", {"addressee": "お客様"})


def test_the_text_is_laid_out_without_stray_blank_lines() -> None:
    for kind in ("subscription", "repeat"):
        _, text, _ = words(Occasion(kind, "paused", "山田 花子", URL))
        assert "\n\n\n" not in text
        assert text.endswith(f"{URL}\n")


def test_every_opening_is_for_a_reason_that_scoring_can_give() -> None:
    known = {sentence.code for group in GROUPS for sentence in group.sentences}
    assert set(OPENINGS) <= known
    # The scenario is not for them, so no opening of ours may be.
    assert "cancel_requested" not in OPENINGS


def test_an_opening_is_chosen_by_its_reason() -> None:
    assert "お届け間隔の変更" in opening_for("skipped").offer
    assert "お支払い方法" in opening_for("payment_failing").subject
    assert opening_for("payment_failed_before") == opening_for(None) == ANY
    assert all(isinstance(opening, Opening) for opening in OPENINGS.values())


@pytest.mark.parametrize("state", ["ask", "done", "unreadable"])
def test_the_unsubscribe_page_is_escaped_and_whole(state: str) -> None:
    values = {"state": state, "channel": "メール", "shop_name": "<b>店", "contact": "0120"}
    page = TEMPLATES.page("unsubscribe.html", values)
    assert "<b>" not in page
    assert ("<form" in page) is (state == "ask")
    assert page.count("<h1>") == 1
