"""`hikitome backtest`: sales in, a table and one line of JSON out; a clear word where that can't be."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner, Result

from deploy.commands.backtest import command

START = datetime(2025, 1, 1, tzinfo=UTC)
COLUMNS = "customer=who,time=when,amount=paid"
SCORES = {"auc", "pr_auc", "log_loss", "brier", "ece", "lift10"}


@pytest.fixture(scope="module")
def sales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ninety customers, each at their own pace until they stop."""
    rng, lines = Random(5), ["who,when,paid"]
    for number in range(90):
        day, gap = rng.uniform(0, 120), rng.choice((10, 20, 60))
        while day < 450:
            moment = START + timedelta(days=day)
            lines.append(f"c{number},{moment.isoformat()},{rng.randrange(500, 5000)}")
            if rng.random() < 0.15:
                break
            day += gap * rng.uniform(0.5, 1.5)
    file = tmp_path_factory.mktemp("sales") / "sales.csv"
    file.write_text("\n".join(lines))
    return file


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def test_the_last_line_is_one_object_with_every_score_and_every_baseline(sales: Path) -> None:
    ended = run("--data", str(sales), "--columns", COLUMNS, "--cutoffs", "2025-10-01", "--json")
    assert ended.exit_code == 0, ended.output
    last = json.loads(ended.stdout.splitlines()[-1])
    assert set(last["baselines"]) >= {"recency", "rfm", "bgnbd", "hgb"}
    assert all(set(each) >= SCORES | {"intervals"} for each in (last, *last["baselines"].values()))
    assert last["cutoffs"] == ["2025-10-01"]
    assert 0 < last["base_rate"] < 1
    assert last["rows"] == last["customers"] <= 90
    assert last["money"]["assumed"]["save_rate"] == 0.2
    assert "BG/NBD" in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((), "Say how --data is laid out"),
        (("--format", "cdnow", "--columns", COLUMNS), "Say how --data is laid out"),
        (("--columns", "who"), "expected customer=…"),
        (("--columns", "customer=who,time=when"), "which column is amount"),
        (("--columns", "customer=name,time=when,amount=paid"), "no column name. It has: who, when, paid"),
        (("--columns", COLUMNS, "--cutoffs", "soon"), "--cutoffs: a number, or days"),
        (("--columns", COLUMNS, "--cutoffs", "2025-02-15"), "Choose later --cutoffs"),
        (("--columns", COLUMNS, "--horizon", "400"), "shorter --horizon"),
        (("--format", "cdnow"), "line 1"),
        (("--format", "online-retail"), "not a Parquet file"),
        (("--columns", COLUMNS, "--simulation"), "Choose one of"),
    ],
)
def test_what_can_not_be_is_said_with_what_to_do(arguments: tuple[str, ...], word: str, sales: Path) -> None:
    ended = run("--data", str(sales), *arguments)
    assert ended.exit_code == 2
    assert word in " ".join(ended.stderr.split())


def test_a_file_that_is_not_there_is_told() -> None:
    ended = run("--data", "nowhere.csv", "--format", "cdnow")
    assert ended.exit_code == 2
    assert "nowhere.csv" in ended.stderr
