"""The words: they fit the reason, name the sender, show the ways out, and lead where they say."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError

from services.notifier.scenarios.link import Links, ToAnswer, ToPage, ToSurvey, read
from services.notifier.scenarios.scenario import Creative, Reply
from services.notifier.scenarios.shipped import SHIPPED
from services.notifier.templates.occasion import Occasion, Sender
from services.notifier.templates.openings import ANY, OPENINGS, Opening, opening_for
from services.notifier.templates.render import Templates, Unwritable, Words
from services.notifier.templates.sample import SAMPLES, sample
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
SECRET = b"secret of these tests"
ACTION = "8d7a3f0e-7a4b-5c1d-9e2f-000000000001"
LINKS = Links("https://desk.midori.example", SECRET, ACTION, URL)
OCCASION = Occasion("subscription", "skipped", "山田 花子", URL, links=LINKS)
# 薬機法, 景品表示法, 特定商取引法: what no mail may claim, and words that press or hide.
FORBIDDEN = re.compile("効果|効く|治|改善|必ず|絶対|最安|No\\.1|今だけ|解約できません|お早めに")
WARNING = next(
    creative
    for step in SHIPPED["churn_warning"].steps
    for creative in step.creatives
    if creative.way == "mail"
)


def words(body: str, way: Any = "mail", occasion: Occasion = OCCASION, **changes: Any) -> Words:
    return TEMPLATES.words(Creative("a", way, body, **changes), SENDER, occasion)


def warning(occasion: Occasion, sender: Sender = SENDER) -> Words:
    return TEMPLATES.words(WARNING, sender, occasion)


@pytest.mark.parametrize("kind", ["subscription", "repeat"])
@pytest.mark.parametrize("reason", [*OPENINGS, "something_new", None])
def test_every_reason_gets_a_whole_message(reason: str | None, kind: str) -> None:
    made = warning(replace(OCCASION, kind=kind, reason=reason))
    opening = opening_for(reason)
    assert opening.subject in made.subject
    for part in (made.text, made.html):
        assert opening.sentence in part
        assert opening.offer in part
        assert "山田 花子 様" in part
        assert not re.search(r"\{[{%]|None|Undefined|[\ue000\ue001]", part)
        assert not FORBIDDEN.search(part)


def test_the_way_to_cancel_is_told_to_who_has_a_contract_only() -> None:
    assert "解約" in warning(OCCASION).text
    assert "解約" not in warning(replace(OCCASION, kind="repeat")).text


def test_who_has_no_name_is_addressed_all_the_same() -> None:
    for name in (None, "", "　"):
        assert warning(replace(OCCASION, name=name)).text.startswith("お客様\n")


def test_without_a_page_for_customers_nothing_leads_there() -> None:
    for kind in ("subscription", "repeat"):
        made = warning(replace(OCCASION, kind=kind), replace(SENDER, account_url=""))
        assert "マイページ" not in made.text + made.html
        assert 'href=""' not in made.html


@pytest.mark.parametrize("body", ["", "ごあいさつだけです。"])
def test_advertising_says_who_sends_it_and_how_to_refuse_whatever_its_words(body: str) -> None:
    made = words(body)
    for part in (made.text, made.html):
        for needed in (SENDER.name, SENDER.postal_address, SENDER.contact, URL, "同意された方"):
            assert needed in part


def test_a_message_of_service_says_who_sends_it_and_claims_no_consent() -> None:
    made = words(
        "カードをご確認ください。", occasion=replace(OCCASION, purpose="service", unsubscribe_url="")
    )
    for part in (made.text, made.html):
        for needed in (SENDER.name, SENDER.postal_address, SENDER.contact):
            assert needed in part
        assert "同意" not in part
        assert "配信を止める" not in part


def test_links_lead_by_way_of_us_and_our_own_lead_straight() -> None:
    made = words("詳しくは https://midori.example/a?b=c&d=1 へ。\n停止: {{ unsubscribe_url }}")
    (token,) = set(re.findall(r"/go/([\w-]+)", made.text + made.html))
    assert read([SECRET], token) == ToPage(ACTION, "https://midori.example/a?b=c&d=1")
    assert made.text.count(URL) == made.html.count(URL) == 2


def test_a_link_alone_on_its_line_is_a_button() -> None:
    made = words("マイページを開く: {{ account_url }}")
    found = re.search(r'<a class="go" href="([^"]+)"[^>]*>マイページを開く</a>', made.html)
    assert found is not None
    assert f"マイページを開く: {found[1]}" in made.text


def test_lines_with_a_dot_are_a_list() -> None:
    made = words("次のとおりです。\n・お届け日の変更\n・解約\n以上です。")
    assert "<li>お届け日の変更</li><li>解約</li></ul>" in made.html
    assert "・お届け日の変更\n・解約\n" in made.text


def test_the_answers_of_a_survey_are_buttons_below_the_words_or_where_they_say() -> None:
    replies = (Reply("ちょうどよい", "good"), Reply("量が多い", "too_much"))
    for body, before in (("いかがですか。", True), ("{{ survey_links }}\n\nいかがですか。", False)):
        made = words(body, survey="pace", replies=replies)
        tokens = re.findall(r'class="go" href="[^"]+/go/([\w-]+)"', made.html)
        assert [read([SECRET], token) for token in tokens] == [
            ToAnswer(ACTION, "pace", "good", "ちょうどよい"),
            ToAnswer(ACTION, "pace", "too_much", "量が多い"),
        ]
        assert (made.text.index("いかが") < made.text.index("量が多い")) is before


def test_line_gets_the_words_alone_and_a_postcard_what_its_code_says() -> None:
    line = words("{{ addressee }}\n{{ account_url }}", "line")
    assert (line.subject, line.html, line.link) == ("", "", None)
    assert line.text.startswith("山田 花子 様\nhttps://desk.midori.example/go/")
    card = words("こちら https://midori.example/winter へ。", "postal_dm", subject="{{ shop_name }}より")
    assert card.subject == "みどり茶房より"
    assert card.text == "こちら https://midori.example/winter へ。"
    assert card.link is not None
    assert read([SECRET], card.link.rpartition("/")[2]) == ToPage(ACTION, "https://midori.example/winter")
    plain = words("ごあいさつ", "postal_dm").link
    assert plain is not None
    assert read([SECRET], plain.rpartition("/")[2]) == ToPage(ACTION, SENDER.account_url)


def test_what_a_customer_is_told_is_in_the_shops_time_and_money() -> None:
    facts = {
        "product_title": "緑茶ティーバッグ",
        "delivery_number": 3,
        "due": "2026-06-11T16:00:00+00:00",
        "cutoff": "2026-06-09T03:00:00Z",
        "amount": 13980,
    }
    body = "{{ product_title }} {{ delivery_number }}回目 {{ next_delivery }} {{ cutoff }} {{ amount }}"
    made = words(body, "line", replace(OCCASION, facts=facts))
    assert made.text == "緑茶ティーバッグ 3回目 6月12日（金） 6月9日（火） 13,980円"


@pytest.mark.parametrize("asked", ["product_title", "next_delivery", "delivery_number", "score"])
def test_a_message_with_a_gap_is_not_written(asked: str) -> None:
    with pytest.raises(Unwritable, match="missing_value"):
        words(f"次は{{{{ {asked} }}}}です。")
    assert "次は未定です。" in words(f'次は{{{{ {asked}|default("未定") }}}}です。').text
    assert "次は" not in words(f"{{% if {asked} %}}次は{{{{ {asked} }}}}です。{{% endif %}}").text


def test_conditions_know_numbers() -> None:
    body = "{% if score >= 9 %}紹介{% elif score >= 7 %}お礼{% else %}おわび{% endif %}"
    for score, said in ((10, "紹介"), (9, "紹介"), (7, "お礼"), (0, "おわび")):
        assert words(body, "line", replace(OCCASION, facts={"score": score})).text == said


def test_a_value_that_is_missing_in_our_own_pages_is_an_error_not_a_gap() -> None:
    with pytest.raises(UndefinedError):
        TEMPLATES.page("mail.txt", {"body": "お客様"})


def test_the_text_is_laid_out_without_stray_blank_lines() -> None:
    for kind in ("subscription", "repeat"):
        made = warning(replace(OCCASION, kind=kind))
        assert "\n\n\n" not in made.text
        assert made.text.endswith(f"{URL}\n")


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("key", SHIPPED)
def test_every_shipped_scenario_can_be_previewed(key: str, name: str) -> None:
    scenario = SHIPPED[key]
    for step in scenario.steps:
        for creative in step.creatives:
            try:
                made = TEMPLATES.words(creative, SENDER, sample(name, scenario.purpose))
            except Unwritable as error:
                assert (name, error.reason) == ("bare", "missing_value")  # noqa: PT017 - only where it may
                continue
            assert not FORBIDDEN.search(made.subject + made.text)


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


def test_the_code_of_a_postcard_that_asks_leads_to_all_the_answers() -> None:
    replies = (Reply("ちょうどよい", "good"),)
    link = words("いかがですか。", "postal_dm", survey="pace", replies=replies).link
    assert link is not None
    assert read([SECRET], link.rpartition("/")[2]) == ToSurvey(ACTION, "pace")


@pytest.mark.parametrize("page", ["unsubscribe.html", "answer.html"])
@pytest.mark.parametrize("state", ["ask", "done", "unreadable"])
def test_the_pages_for_customers_are_escaped_and_whole(page: str, state: str) -> None:
    told = {"state": state, "channel": "メール", "label": "<i>多い", "shop_name": "<b>店", "contact": "0120"}
    told["choices"] = ""
    made = TEMPLATES.page(page, told)
    assert "<b>" not in made
    assert "<i>" not in made
    assert ("<form" in made) is (state == "ask")
    assert made.count("<h1>") == 1


def test_no_page_asks_for_anything_from_elsewhere() -> None:
    folder = Path(TEMPLATES.__class__.words.__code__.co_filename).parent
    for page in folder.glob("*.html"):
        assert not re.search(r'(src|href)="http', page.read_text(encoding="utf-8"))
