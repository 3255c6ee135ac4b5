"""Ingest under fire on Apache Kafka: whatever dies, what was acknowledged stands in Kafka."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kafka.ingest_faults.crashing_ingest import POINTS, Flaw
from tests.kafka.ingest_faults.fault_run import Ground, Scale, fault_run, prepared
from tests.kafka.ingest_faults.report import DISK_REFUSALS, Report
from tests.kafka.ingest_faults.schedule import ROUND, Fault

SEED = 7


@pytest.fixture(scope="module")
def ground(jars: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A node of its own, for it may lose its disk."""
    with prepared(tmp_path_factory.mktemp("faults"), jars) as made:
        yield made


async def test_whatever_dies_what_was_acknowledged_is_in_kafka_once_by_id_and_in_order(
    ground: Ground, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = await fault_run(tmp_path, ground, filter(ground.bears, ROUND), SEED)
    with capsys.disabled():
        print(f"\n{found}")  # noqa: T201 - the report is what one wants to see
    assert found.good
    assert set(POINTS) | {"random", "asked"} <= {death for death, many in found.deaths.items() if many}
    without_effect = {what for what, many in found.sometimes.items() if not many}
    assert without_effect <= (set() if ground.disks.small else {DISK_REFUSALS})


async def test_the_checker_notices_an_ingest_that_acknowledges_without_keeping(
    ground: Ground, tmp_path: Path
) -> None:
    found = await flawed(ground, tmp_path, "keeps nothing", Fault("frozen", 3, over=("random",)))
    assert found.verdict.lost


async def test_the_checker_notices_an_ingest_that_forgets_before_kafka_has_acknowledged(
    ground: Ground, tmp_path: Path
) -> None:
    # The frozen broker's socket holds what the first life sent, and is read after the thaw. The second life
    # reaches nobody: what it acknowledged is in the spool alone, where the third finds and forgets it.
    fault = Fault("frozen", 3, meanwhile=("random", "spool_after_commit", "spool_after_commit"))
    found = await flawed(ground, tmp_path, "forgets early", fault)
    assert found.verdict.lost


async def flawed(ground: Ground, folder: Path, flaw: Flaw, fault: Fault) -> Report:
    found = await fault_run(folder, ground, [fault], SEED, Scale(rate=100), flaw)
    assert found.surprises == []
    return found
