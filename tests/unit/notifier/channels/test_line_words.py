"""The words of a LINE message: as LINE takes them, and with answers that come back."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.line_rules import problems, units
from services.notifier.channels.base import Message
from services.notifier.channels.line_words import Answer, data_of, pieces, read_data, request_of, unfit
from services.notifier.scenarios.scenario import Creative, Reply

USER = "U" + "0a" * 16
ACTION = "6f1f0f0e-4d1c-5b7e-9a0a-000000000001"


def message(text: str = "いつもありがとうございます。", address: str = USER, **creative: object) -> Message:
    words = Creative("c1", "line", text, **creative)  # type: ignore[arg-type]
    return Message(
        *(ACTION, "key", address, "山田 花子", "", text, "", ""),
        at=datetime(2026, 3, 10, tzinfo=UTC),
        creative=words,
    )


def test_a_text_goes_out_as_it_is() -> None:
    assert request_of(message("山田 花子 様\n\nこんにちは。")) == {
        "to": USER,
        "messages": [{"type": "text", "text": "山田 花子 様\n\nこんにちは。"}],
    }


def test_a_link_on_a_line_of_its_own_becomes_a_button_with_its_label() -> None:
    words = "次回のお届けはこちらで変更できます。\n\nマイページ: https://shop.example/go/a\nhttps://shop.example/go/b"
    text, buttons = request_of(message(words))["messages"]
    assert text["text"] == "次回のお届けはこちらで変更できます。"
    assert buttons["template"]["actions"] == [
        {"type": "uri", "label": "マイページ", "uri": "https://shop.example/go/a"},
        {"type": "uri", "label": "くわしく見る", "uri": "https://shop.example/go/b"},
    ]


@pytest.mark.parametrize(
    ("before", "label", "left"),
    [
        ("配信の停止はこちら", "配信の停止はこちら", None),
        ("マイページ：", "マイページ", None),
        (
            "お届けの変更もお休みも解約も、いつでも承ります。",
            "くわしく見る",
            "お届けの変更もお休みも解約も、いつでも承ります。",
        ),
        ("ご覧ください。", "くわしく見る", "ご覧ください。"),
        ("", "くわしく見る", None),
    ],
)
def test_a_link_alone_is_called_as_the_line_before_it_says(before: str, label: str, left: str | None) -> None:
    *texts, buttons = request_of(message(f"{before}\nhttps://shop.example/go/a"))["messages"]
    assert buttons["template"]["actions"][0]["label"] == label
    assert [text["text"] for text in texts] == ([left] if left else [])


@pytest.mark.parametrize(
    "line",
    [
        "くわしくは https://shop.example/ をご覧ください。",
        "二十文字より長い名前はボタンに入らないので文のまま: https://shop.example/",
        "javascript:alert(1)",
        "お電話: 0120-000-000",
    ],
)
def test_what_is_more_than_a_link_stays_text(line: str) -> None:
    assert request_of(message(line))["messages"] == [{"type": "text", "text": line}]


def test_there_are_at_most_four_buttons() -> None:
    words = "\n".join(f"https://shop.example/{number}" for number in range(6))
    text, buttons = request_of(message(words))["messages"]
    assert text["text"] == "https://shop.example/4\nhttps://shop.example/5"
    assert len(buttons["template"]["actions"]) == 4


def test_a_reply_says_which_message_it_answers_and_how() -> None:
    replies = tuple(Reply(f"{score}点", str(score)) for score in range(11))
    (sent,) = request_of(message(replies=replies, survey="nps"))["messages"]
    actions = [item["action"] for item in sent["quickReply"]["items"]]
    assert [action["displayText"] for action in actions][:2] == ["0点", "1点"]
    assert read_data(actions[9]["data"]) == Answer(ACTION, "nps", "9")


def test_replies_stand_below_the_last_part() -> None:
    words = "ご回答ください。\nマイページ: https://shop.example/"
    first, last = request_of(message(words, replies=(Reply("はい", "again:yes"),)))["messages"]
    assert "quickReply" not in first
    assert len(last["quickReply"]["items"]) == 1


def test_more_replies_and_longer_labels_than_line_takes_are_cut() -> None:
    replies = tuple(
        Reply("二十文字を超える長いラベルはそのままでは受け取られない", f"r{n}") for n in range(20)
    )
    (sent,) = request_of(message(replies=replies))["messages"]
    assert len(sent["quickReply"]["items"]) == 13
    assert {len(item["action"]["label"]) for item in sent["quickReply"]["items"]} == {20}


def test_the_same_message_is_the_same_at_every_attempt() -> None:
    words = message("こんにちは。", replies=(Reply("はい", "yes"),))
    assert request_of(words) == request_of(words)


TEXTS = st.text(st.sampled_from("あ\n 🍵a"), max_size=40).map(lambda text: text * 400)


@given(TEXTS)
def test_no_piece_is_too_long_and_no_word_is_lost(text: str) -> None:
    parts = list(pieces(text))
    assert all(units(part) <= 5000 for part in parts)
    assert "".join(parts).replace("\n", "") == text.replace("\n", "")


@given(
    st.text(max_size=400),
    st.lists(st.tuples(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30)), max_size=15),
)
def test_line_takes_whatever_we_find_fit(text: str, replies: list[tuple[str, str]]) -> None:
    words = message(text, replies=tuple(Reply(label, answer) for label, answer in replies))
    request = request_of(words)
    if unfit(request) is None and all(label.strip() for label, _ in replies):
        assert problems(request) == []


@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30))
def test_what_an_answer_says_comes_back_as_it_was(survey: str, code: str) -> None:
    answer = Answer(ACTION, survey, code)
    assert read_data(data_of(answer)) == answer


@pytest.mark.parametrize(
    "data",
    [
        "",
        "action=buy&item=1",
        "hikitome=1&survey=nps&answer=9",
        f"hikitome={ACTION}&survey=nps",
        "%ff&&=",
        "a" * 300,
    ],
)
def test_what_is_not_ours_is_no_answer(data: str) -> None:
    assert read_data(data) is None


@pytest.mark.parametrize(
    ("address", "text", "why"),
    [
        ("", "あ", "bad_address"),
        ("hanako", "あ", "bad_address"),
        ("U" + "0A" * 16, "あ", "bad_address"),
        (USER, " \n ", "empty"),
        (USER, "あ" * 25_001, "too_long"),
        (USER, "あ" * 25_000, None),
    ],
)
def test_what_line_would_refuse_is_not_sent(address: str, text: str, why: str | None) -> None:
    assert unfit(request_of(message(text, address))) == why
