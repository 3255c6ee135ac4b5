"""The report as a page: complete, well-formed, in need of nothing else, and plain about what is off."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from services.scoring.features.state import NAMES
from services.scoring.report import page, write
from services.scoring.report.chapter import Chapter, chapter
from services.scoring.report.summary import headline, sentences, warnings
from services.scoring.report.words import feature
from services.scoring.training.challengers import Challenger
from services.scoring.training.train import TrainingResult, train_from
from shared.events.envelope import Envelope

VOID = {"meta", "br", "link", "img"}


class Reader(HTMLParser):
    """Keeps the tags that are open, and all that was referred to."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        self._look(attrs)

    def handle_startendtag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._look(attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def _look(self, attrs: Sequence[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src", "action", "xlink:href"):
                self.references.append(value or "")
            self.references += re.findall(r"url\(([^)]*)\)", value or "")


@pytest.fixture(scope="module")
def trained(small_shop: list[Envelope]) -> TrainingResult:
    return train_from(small_shop, datetime(2027, 1, 1, 3, tzinfo=UTC), lambda stage, done, total: None)


@pytest.fixture
def rival(trained: TrainingResult, subscription: Chapter) -> Challenger:
    chance = trained.learned["subscription"].probability
    return Challenger("interactions", chance, subscription.metrics, 0.01, (-0.01, 0.03))


@pytest.fixture(scope="module")
def shown(trained: TrainingResult) -> str:
    return page(trained)


@pytest.fixture(scope="module")
def subscription(trained: TrainingResult) -> Chapter:
    body, models = trained.artifact.body, trained.artifact.models
    return chapter(
        "subscription", body.kinds["subscription"], models["subscription"], trained.learned["subscription"]
    )


def test_every_tag_is_closed_and_every_id_is_there_once(shown: str) -> None:
    reader = Reader()
    reader.feed(shown)
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids))
    assert {reference.removeprefix("#") for reference in reader.references} <= set(reader.ids)


def test_the_page_runs_nothing_and_asks_nobody(shown: str) -> None:
    reader = Reader()
    reader.feed(shown)
    assert reader.tags.isdisjoint({"script", "link", "img", "iframe", "object", "form"})
    assert all(reference.startswith("#") for reference in reader.references)
    assert "://" not in shown
    assert "@import" not in shown


def test_each_kind_has_its_chapter_with_all_its_figures(trained: TrainingResult, shown: str) -> None:
    assert trained.learned
    for kind in trained.learned:
        assert f'id="{kind}"' in shown
    for title in ("ROC曲線", "適合率と再現率", "累積ゲイン", "リフト", "較正", "月ごとの推移"):
        assert shown.count(f"<b>{title}</b>") == len(trained.learned)
    assert shown.count("<svg") > 6 * len(trained.learned)


def test_colours_are_the_pages_own_so_that_it_can_turn_dark(shown: str) -> None:
    drawings = re.findall(r"<svg.*?</svg>", shown, flags=re.DOTALL)
    assert not any(
        re.search(r"#[0-9a-fA-F]{6}\b", re.sub(r'(href|url)[^"]*"[^"]*"', "", each)) for each in drawings
    )


def test_the_same_training_gives_the_same_page(trained: TrainingResult, shown: str, tmp_path: Path) -> None:
    write(trained, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == shown


def test_what_a_name_holds_is_never_markup(trained: TrainingResult) -> None:
    told = page(replace(trained, learned={}, left_out={"payment": "<script>alert(1)</script>"}))
    assert "<script>" not in told
    assert "&lt;script&gt;" in told


def test_the_summary_can_be_read_by_anybody(subscription: Chapter) -> None:
    lift = subscription.metrics["lift10"]
    assert headline(subscription) == (
        f"30日以内に解約しそうな上位10％のお客様には、平均の{lift:.1f}倍の解約者が含まれます。"
    )
    told = " ".join(sentences(subscription))
    assert f"去った方は{subscription.leavers:,}人" in told
    assert f"{subscription.metrics['auc']:.0%}の確率" in told


def test_what_is_off_is_said(subscription: Chapter) -> None:
    part = msgspec.structs.replace(subscription.part, rung="rfm", auc_interval=(0.6, 0.8))
    metrics = {**subscription.metrics, "ece": 0.05, "auc": 0.7, "auc_later": 0.6}
    told = " ".join(warnings(replace(subscription, part=part, metrics=metrics, leavers=12, treated=40)))
    for sign in ("簡易なモデル", "12人と少なく", "40行", "平均5.0ポイント", "幅が広く", "落ちています"):
        assert sign in told


def test_a_rival_that_is_surely_better_is_warned_of(subscription: Chapter, rival: Challenger) -> None:
    assert "制約のない" not in " ".join(warnings(replace(subscription, challengers=(rival,))))
    better = replace(rival, interval=(0.01, 0.03))
    assert "制約のない" in " ".join(warnings(replace(subscription, challengers=(better,))))


def test_rivals_stand_in_a_table_with_their_intervals(trained: TrainingResult, rival: Challenger) -> None:
    learned = replace(trained.learned["subscription"], challengers=(rival,))
    told = page(replace(trained, learned={"subscription": learned}))
    assert "制約のない勾配ブースティング" in told
    assert "-0.0100〜+0.0300" in told


def test_every_feature_has_a_name_in_japanese() -> None:
    assert [name for name in NAMES if feature(name) == name] == []
