"""The rows of the team's figures have names in both languages, and so has every column of the sheet."""

from datetime import UTC, date, datetime
from typing import get_args

import pytest

from services.notifier.slices import Labels, lines
from services.notifier.team import Part, Period, Slice, Span, table
from services.notifier.web.reason_names import NAMES
from services.notifier.web.reasons import REASONS
from services.notifier.web.script import SCRIPTS
from services.notifier.web.words import WORDS, Language
from shared.events.risk import Band, RiskKind

DAY = date(2026, 6, 10)


def test_every_reason_with_a_script_has_a_name() -> None:
    assert SCRIPTS.keys() <= NAMES.keys()
    assert NAMES.keys() <= REASONS["en"].keys()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_slice_and_span_has_a_word(language: Language) -> None:
    words = WORDS[language]
    assert all(f"by_{by}" in words for by in get_args(Slice))
    assert all(f"span_{span}" in words for span in (*get_args(Span), "own"))
    labels = Labels(language, {})
    assert all(labels.of("kind", kind) != kind for kind in get_args(RiskKind))
    assert all(labels.of("band", band) != band for band in get_args(Band))


def test_rows_are_called_by_what_people_know() -> None:
    labels = Labels("ja", {"misaki": "岡田 みさき"})
    assert labels.of("agent", "misaki") == "岡田 みさき"
    assert labels.of("agent", "gone") == "gone"
    assert labels.of("call_reason", "too_much") == "商品が余っている"
    assert labels.of("delivery", "3") == "3回目"
    assert labels.of("delivery", "12") == "12回目以降"
    assert labels.of("reason", "skipped") == "スキップ"
    assert labels.of("reason", None) == "不明・未対応"


def test_the_sheet_says_what_it_is_about_and_has_a_row_for_each_and_for_all() -> None:
    counts = {"calls": 30, "reached": 20, "kept": 5}
    parts = [Part(False, "skipped", None, counts), Part(True, None, None, counts)]
    made = table(parts, Period(date(2026, 6, 1), DAY), "reason")
    found = lines(made, Labels("ja", {}), "みどり健康堂", datetime(2026, 6, 10, 3, tzinfo=UTC))
    assert found[1] == ["期間", "2026-06-01", "2026-06-10"]
    head, row, total = found[6:]
    assert len(head) == len(row) == len(total)
    assert (row[0], total[0]) == ("スキップ", "全体")
    assert row[head.index("継続率（通話） 割合")] == 0.25
