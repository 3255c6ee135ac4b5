"""Phone numbers: whatever customers write, an agent reads it at a glance and dials the right one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.web.phone import Phone, read


@pytest.mark.parametrize(
    ("written", "shown", "dialled"),
    [
        ("+819000000171", "090-0000-0171", "09000000171"),
        ("09012345678", "090-1234-5678", "09012345678"),
        ("090-1234-5678", "090-1234-5678", "09012345678"),
        ("０９０ー１２３４ー５６７８", "090-1234-5678", "09012345678"),
        ("+81 (0)90 1234 5678", "090-1234-5678", "09012345678"),
        ("0312345678", "03-1234-5678", "0312345678"),
        ("(03) 1234 5678", "03-1234-5678", "0312345678"),
        ("0521234567", "052-123-4567", "0521234567"),
        ("+81-466-12-3456", "0466-12-3456", "0466123456"),
        ("0120123456", "0120-123-456", "0120123456"),
        ("08001234567", "0800-123-4567", "08001234567"),
        ("+1 415-555-0100", "+1 415-555-0100", "+14155550100"),
    ],
)
def test_a_number_is_grouped_for_the_eye_and_bare_for_the_dial(
    written: str, shown: str, dialled: str
) -> None:
    assert read(written) == Phone(shown, dialled)


def test_what_follows_the_number_is_shown_and_not_dialled() -> None:
    assert read("0312345678 内線 12") == Phone("03-1234-5678 内線 12", "0312345678")
    assert read("090-1234-5678/03-1111-2222").dial == "09012345678"


@pytest.mark.parametrize("written", ["なし", "12", "090-1234-5678 080-1111-2222", "自宅 0312345678", ""])
def test_what_cannot_be_dialled_for_certain_is_left_to_the_agent(written: str) -> None:
    assert read(written) == Phone(written, None)


@given(st.text(max_size=40))
def test_whatever_is_written_only_digits_are_dialled_and_reading_it_again_changes_nothing(
    written: str,
) -> None:
    phone = read(written)
    if phone.dial is not None:
        digits = phone.dial.removeprefix("+")
        assert digits.isascii()
        assert digits.isdigit()
    assert read(phone.text) == phone


@given(st.from_regex(r"0[1-9][0-9]{8,9}", fullmatch=True), st.sampled_from(["+81", "+81 ", "+81(0)", "0"]))
def test_from_abroad_and_from_japan_one_reaches_the_same(domestic: str, prefix: str) -> None:
    assert read(prefix + domestic[1:]) == read(domestic)
    assert read(domestic).dial == domestic
    assert read(domestic).text.replace("-", "") == domestic
