"""What two registrations have in common, written as differently as people write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.web.agreement import address, agreeing
from shared.events.customer import ContactChanged

words = st.none() | st.sampled_from(["", "山田 花子", "ﾊﾅｺ", "090-1234-5678", "a@example.jp", "１－１"])
contacts = st.builds(ContactChanged, *[words] * 7)


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("name", "山田 花子", "山田花子"),
        ("name", "Ｙａｍａｄａ　Hanako", "yamada hanako"),
        ("kana", "ヤマダ ハナコ", "ﾔﾏﾀﾞﾊﾅｺ"),
        ("phone", "+81 90-1234-5678", "０９０１２３４５６７８"),
        ("mail", "Hanako@Example.jp", "hanako@example.jp "),
        ("address", "千代田１－１", "千代田1-1"),
    ],
)
def test_the_same_written_differently_agrees(field: str, one: str, other: str) -> None:
    assert agreeing(ContactChanged(**{field: one}), ContactChanged(**{field: other})) == [field]


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("name", "山田 花子", "山田 華子"),
        ("phone", "090-1234-5678", "090-1234-5679"),
        ("phone", "なし", "なし"),
        ("mail", "hanako@example.jp", "hanako@example.com"),
        ("address", "千代田1-1", "千代田1-11"),
    ],
)
def test_what_differs_or_says_nothing_does_not_agree(field: str, one: str, other: str) -> None:
    assert agreeing(ContactChanged(**{field: one}), ContactChanged(**{field: other})) == []


def test_the_prefecture_may_stand_in_the_address_or_apart() -> None:
    apart = ContactChanged(prefecture="東京都", address="千代田区1-1", postcode="100-0001")
    within = ContactChanged(address="東京都千代田区1-1")
    assert agreeing(apart, within) == ["address"]
    assert agreeing(apart, ContactChanged(prefecture="大阪府", address="千代田区1-1")) == []


@given(contacts, contacts)
def test_agreement_has_no_direction_and_the_unknown_agrees_with_nothing(
    one: ContactChanged, other: ContactChanged
) -> None:
    assert agreeing(one, other) == agreeing(other, one)
    assert agreeing(one, ContactChanged()) == []


def test_an_address_is_one_line_of_what_there_is() -> None:
    assert address(ContactChanged()) is None
    assert address(ContactChanged(prefecture="東京都", address="千代田区1-1", postcode="100-0001")) == (
        "〒100-0001 東京都 千代田区1-1"
    )
