"""Layout: what fits, how lines are broken, and where things may stand on a card."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.postal.address import Address
from services.notifier.postal.layout import (
    POINT,
    POSTCARD,
    SHEETS,
    address_lines,
    ems,
    fits,
    fitted,
    name_points,
    wrapped,
)

WORDS = st.text("あア漢字。、「」ー()abcWM123 -\n", max_size=400)


@given(WORDS)
def test_lines_are_never_wider_than_their_box_and_nothing_is_lost(text: str) -> None:
    box = POSTCARD.body
    lines = wrapped(text, box)
    assert all(ems(line) * box.points * POINT <= box.width + 1e-9 for line in lines)
    kept = "".join(lines).replace(" ", "")
    assert kept == text.replace("\n", "").replace(" ", "")


def test_no_line_begins_with_a_full_stop() -> None:
    most = int(POSTCARD.body.width / (POSTCARD.body.points * POINT))
    lines = wrapped("あ" * most + "。" + "い" * 3, POSTCARD.body)
    assert lines == ["あ" * (most - 1), "あ。いいい"]


def test_numbers_and_words_stay_whole_unless_a_line_is_too_short_for_them() -> None:
    most = int(POSTCARD.body.width / (POSTCARD.body.points * POINT))
    assert wrapped("あ" * (most - 1) + "0120-000", POSTCARD.body) == ["あ" * (most - 1), "0120-000"]
    assert len(wrapped("a" * 80, POSTCARD.body)) == 3


def test_long_words_are_set_smaller_and_too_long_ones_do_not_fit() -> None:
    short, long = "あ" * 100, "あ" * 480
    assert fitted(POSTCARD.body, short) == (POSTCARD.body, wrapped(short, POSTCARD.body))
    box, lines = fitted(POSTCARD.body, long) or (None, [])
    assert box is not None
    assert 7.5 <= box.points < 9.5
    assert len(lines) * box.leading <= POSTCARD.body.lines * POSTCARD.body.leading + 1e-9
    assert fits("postcard", "お元気ですか", long)
    assert not fits("postcard", "お元気ですか", "あ" * 900)
    assert not fits("postcard", "お" * 60, short)
    assert fits("letter", "お元気ですか", "あ" * 900)


def test_an_address_is_broken_where_its_parts_meet() -> None:
    address = Address("1000013", "東京都千代田区霞が関", "1丁目3番2号 郵便プラザ503室")
    assert address_lines(address, POSTCARD.address) == [
        "東京都千代田区霞が関",
        "1丁目3番2号",
        "郵便プラザ503室",
    ]


def test_an_address_of_more_than_three_lines_is_no_address_for_a_card() -> None:
    assert address_lines(Address("1000013", "あ" * 40, "1" + "い" * 39), POSTCARD.address) is None


def test_a_long_name_is_set_smaller_until_nobody_could_read_it() -> None:
    assert name_points("髙橋 美咲", POSTCARD.name) == 14.0
    long = name_points("勅使河原左衛門三郎源太夫之助吉右衛門", POSTCARD.name)
    assert long is not None
    assert 8.0 <= long < 14.0
    assert name_points("あ" * 30, POSTCARD.name) is None


@pytest.mark.parametrize("form", ["postcard", "letter"])
def test_the_barcode_keeps_clear_of_edges_stamp_and_neighbours(form: str) -> None:
    sheet = SHEETS[form]  # type: ignore[index]
    left, top = sheet.barcode
    right, bottom = left + 67 * 1.2 * 0.9, top + 3.6 * 0.9
    assert left >= 10
    assert right <= sheet.width - 10
    assert top >= 10
    assert bottom <= sheet.height - 10
    assert top - (sheet.name.top + sheet.name.points * POINT) >= 2
    if form == "postcard":
        assert top >= 70
        assert sheet.sender.top - bottom >= 2
        assert bottom <= sheet.height - 15
