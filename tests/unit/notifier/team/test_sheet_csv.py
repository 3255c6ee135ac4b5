"""The CSV: opens in a Japanese Excel, and nothing in it runs there."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.web.sheet import sheet

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "　=1",
    "＝1+1",
    "＠x",
    '=HYPERLINK("x")',
]


def read(written: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline="")))


def test_it_begins_with_the_mark_and_ends_lines_as_windows_does() -> None:
    assert sheet([["期間", "2026-06-01"], ["a", 1]]) == "\ufeff期間,2026-06-01\r\na,1\r\n".encode()


@pytest.mark.parametrize("text", FORMULAS)
def test_what_looks_like_a_formula_becomes_text(text: str) -> None:
    assert read(sheet([[text]])) == [[f"'{text}"]]


def test_numbers_are_numbers_and_nothing_is_nothing() -> None:
    assert sheet([[1, 0.25, 1.0, None, -3]]) == b"\xef\xbb\xbf1,0.25,1,,-3\r\n"


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])), min_size=2)
    )
)
def test_a_reader_finds_every_cell_in_its_place(lines: list[list[str]]) -> None:
    found = read(sheet(lines))
    assert [[cell.removeprefix("'") for cell in line] for line in found] == [
        [cell.removeprefix("'") for cell in line] for line in lines
    ]
