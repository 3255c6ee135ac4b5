"""The commands that prepare a PostgreSQL and a Kafka of one's own, and those that make models."""

from pathlib import Path

from click.testing import CliRunner, Result

from deploy.cli import main
from deploy.local.broker import Broker
from services.scoring.artifact import Artifact, load
from shared.events.envelope import decode
from shared.events.topics import ALL


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(main, arguments, env=environment, catch_exceptions=False)


def test_migrate_may_run_at_every_start(empty_dsn: str) -> None:
    first = run("migrate", HIKITOME_POSTGRES_DSN=empty_dsn)
    assert first.exit_code == 0
    assert "scoring: 001" in first.output or ".sql" in first.output
    again = run("migrate", HIKITOME_POSTGRES_DSN=empty_dsn)
    assert again.output == "scoring: up to date\nnotifier: up to date\n"


def test_topics_may_run_at_every_start(own_broker: Broker) -> None:
    first = run("topics", HIKITOME_KAFKA_BOOTSTRAP=own_broker.bootstrap)
    assert all(topic.name in first.output for topic in ALL)
    assert run("topics", HIKITOME_KAFKA_BOOTSTRAP=own_broker.bootstrap).output == "nothing to make\n"


def test_a_model_is_trained_from_a_simulated_history_in_a_file(tmp_path: Path) -> None:
    events, model = tmp_path / "history.ndjson", tmp_path / "model.json"
    made = run("simulate", "--out", str(events), "--customers", "400", "--days", "200")
    assert made.exit_code == 0
    assert all(decode(line).shop == "hikitome-demo" for line in events.read_bytes().splitlines()[:50])
    page, key = tmp_path / "report.html", "a key of the test's own"
    where = ("--events", str(events), "--out", str(model), "--report", str(page))
    trained = run("train", *where, "--no-challengers", HIKITOME_MODEL_KEY=key)
    assert trained.exit_code == 0, trained.output
    artifact = load(model.read_bytes(), b"a key of the test's own")
    assert isinstance(artifact, Artifact)
    assert "subscription" in artifact.body.kinds
    assert "subscription: full" in trained.output
    assert "<html" in page.read_text(encoding="utf-8")


def test_what_can_not_be_reached_is_told_in_a_sentence() -> None:
    topics = run("topics", HIKITOME_KAFKA_BOOTSTRAP="127.0.0.1:1")
    assert topics.exit_code == 1
    assert topics.output.startswith("Error: HIKITOME_KAFKA_BOOTSTRAP: 127.0.0.1:1")
    migrate = run("migrate", HIKITOME_POSTGRES_DSN="postgresql://127.0.0.1:1/hikitome")
    assert migrate.exit_code == 1
    assert migrate.output.startswith("Error: HIKITOME_POSTGRES_DSN: ")
