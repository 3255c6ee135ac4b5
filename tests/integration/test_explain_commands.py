"""`hikitome explain` and `hikitome simulate-threshold`, on files, simulations and a database."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deploy.cli import main
from deploy.commands.history import History
from deploy.local.running import running_dsn
from services.scoring.__main__ import MIGRATIONS, open_model
from services.scoring.artifact import Artifact, load
from services.scoring.observe import Observer
from services.scoring.settings import ScoringSettings
from shared.events.envelope import Envelope, decode
from shared.postgres.engine import create_engine, transaction
from shared.postgres.migrations import migrate

KEY = "a key of the test's own"


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(main, arguments, env=environment, catch_exceptions=False)


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("history") / "history.ndjson"
    assert run("simulate", "--out", str(file), "--customers", "60", "--days", "120").exit_code == 0
    return file


@pytest.fixture
def logged(events: Path) -> list[Envelope]:
    return [decode(line) for line in events.read_bytes().splitlines()]


def explained(*arguments: str, **environment: str) -> list[dict[str, object]]:
    result = run("explain", "--json", *arguments, **environment)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_the_riskiest_are_explained_and_every_score_adds_up(events: Path) -> None:
    found = explained("--events", str(events), "--top", "5")
    assert len(found) == 5
    ranks = []
    for each in found:
        said = each["assessment"]
        assert isinstance(said, dict)
        told = sum(reason["contribution"] for reason in (*said["reasons"], *said["strengths"]))
        total = float(str(each["baseline"])) + told + float(str(each["untold"]))
        assert total == pytest.approx(float(str(each["log_odds"])), abs=1e-6)
        factors = said["value_at_risk"]["amount"] * said["probability"] * float(str(each["urgency"]))
        assert said["priority"] == pytest.approx(factors)
        ranks.append(said["priority"])
    assert ranks == sorted(ranks, reverse=True)


def test_the_text_names_the_customer_the_chance_the_reasons_and_the_sum(events: Path) -> None:
    one = str(explained("--events", str(events), "--top", "1")[0]["customer"])
    japanese = run("explain", "--events", str(events), one).output
    assert one in japanese
    assert all(word in japanese for word in ("確率", "優先度", "検算", "平均的なお客様", "点"))
    english = run("explain", "--events", str(events), "--english", one).output
    assert all(word in english for word in ("likely to", "priority", "sum: average customer", "points"))


def test_the_past_is_explained_as_it_was_known_then(
    events: Path, logged: list[Envelope], tmp_path: Path
) -> None:
    moment = max(each.time for each in logged) - timedelta(days=40)
    before = tmp_path / "before.ndjson"
    lines = events.read_bytes().splitlines(keepends=True)
    before.write_bytes(b"".join(line for line in lines if decode(line).time <= moment))
    at = ("--at", moment.isoformat(), "--top", "10")
    assert explained("--events", str(events), *at) == explained("--events", str(before), *at)


def test_who_is_unknown_is_told_in_a_sentence(events: Path) -> None:
    result = run("explain", "--events", str(events), "demo/shopify/0")
    assert (result.exit_code, result.output) == (1, "Error: Nothing is known of demo/shopify/0.\n")


def test_thresholds_are_compared_and_a_model_with_the_new_ones_is_written(
    events: Path, tmp_path: Path
) -> None:
    out = tmp_path / "model.json"
    shipped = open_model(ScoringSettings())
    asked = ("simulate-threshold", "--events", str(events), "--capacity", "1", "--last", "14", "--json")
    result = run(*asked, "--out", str(out))
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout.splitlines()[-1])
    assert found["model"] == shipped.version
    assert len(found["new"]["by_day"]) == 14
    assert found["new"]["per_day"] <= 1
    written = load(out.read_bytes(), ScoringSettings().model_key.get_secret_value().encode())
    assert isinstance(written, Artifact)
    assert written.version != shipped.version
    for kind, part in written.body.kinds.items():
        assert part.tables == shipped.body.kinds[kind].tables
        assert part.bands.high == found["new"]["bands"][kind]["high"]
    wanted = [part.alerts_per_day or 0 for part in written.body.kinds.values()]
    assert sum(wanted) == pytest.approx(1)


def test_a_threshold_of_one_kind_leaves_the_others_alone(events: Path) -> None:
    asked = ("simulate-threshold", "--events", str(events), "--last", "7", "--json")
    found = json.loads(run(*asked, "--high", "subscription=0.4").stdout.splitlines()[-1])
    assert found["new"]["bands"]["subscription"]["high"] == 0.4
    assert found["new"]["bands"]["subscription"]["critical"] >= 0.4
    assert found["new"]["bands"]["repeat"] == found["now"]["bands"]["repeat"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Say either --capacity, or --high"),
        (("--capacity", "3", "--high", "0.2"), "Say either --capacity, or --high"),
        (("--high", "cheese=0.2"), "cheese is none of subscription, repeat, payment"),
        (("--high", "much"), "much is no number"),
        (("--capacity", "3", "--simulation", "--from-log"), "Choose one of"),
    ],
)
def test_what_makes_no_sense_is_told(arguments: tuple[str, ...], said: str) -> None:
    result = run("simulate-threshold", *arguments)
    assert result.exit_code == 2
    assert said in result.output


async def _observe(dsn: str, envelopes: list[Envelope]) -> None:
    await migrate(dsn, "scoring", MIGRATIONS)
    engine = create_engine(dsn, "scoring", 2)
    try:
        async with transaction(engine) as connection:
            newest = max(each.time for each in envelopes)
            await Observer(open_model(ScoringSettings()), lambda: newest).observe(connection, envelopes)
    finally:
        await engine.dispose()


async def test_a_database_is_explained_as_its_events_in_a_file_are(
    events: Path, logged: list[Envelope], postgres_dsn: str
) -> None:
    await _observe(postgres_dsn, logged)
    # The command runs a loop of its own.
    found = await asyncio.to_thread(explained, "--top", "3", HIKITOME_POSTGRES_DSN=postgres_dsn)
    newest = max(each.time for each in logged).isoformat()
    assert found == explained("--events", str(events), "--top", "3", "--at", newest)
    result = await asyncio.to_thread(
        run, "simulate-threshold", "--capacity", "1", "--last", "7", HIKITOME_POSTGRES_DSN=postgres_dsn
    )
    assert result.exit_code == 0, result.output
    assert "alerts per day" in result.output


def test_the_database_of_a_stack_is_found_by_its_directory(postgres_folder: Path) -> None:
    assert running_dsn(postgres_folder).startswith("postgresql://")
    given = History(None, False, False, 1, 1, 1, data_dir=postgres_folder)
    assert given.dsn(ScoringSettings()) == running_dsn(postgres_folder)


def test_where_nothing_runs_that_is_said(tmp_path: Path) -> None:
    result = run("explain", "--data-dir", str(tmp_path))
    assert (result.exit_code, result.output) == (1, f"Error: Nothing runs on {tmp_path}.\n")


@pytest.fixture
def postgres_folder(embedded_folder: Path, postgres: object) -> Path:
    """The folder above the cluster that the tests share."""
    return embedded_folder
