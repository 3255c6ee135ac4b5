"""The spool's file: ours alone, one process's at a time, and untouched when it is not what it should be."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from services.ingest.spool_file import SpoolFile, SpoolUnusable
from shared.events.record import Record


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool.sqlite"


def test_only_we_can_read_it(path: Path) -> None:
    path.touch(mode=0o644)
    file = SpoolFile.open(path)
    file.append([Record("customer-events", b"a-customer", b"1")], 0)

    assert {found.stat().st_mode & 0o777 for found in path.parent.iterdir()} == {0o600}
    file.close()


def test_a_spool_belongs_to_one_process_at_a_time(path: Path) -> None:
    first = SpoolFile.open(path)
    with pytest.raises(SpoolUnusable, match="is in use: every ingest process needs a spool file of its own"):
        SpoolFile.open(path)
    first.close()
    SpoolFile.open(path).close()


def filled_and_damaged(path: Path) -> None:
    file = SpoolFile.open(path)
    file.append([Record("customer-events", b"a-customer", b"." * 1000)] * 100, 0)
    file.close()
    content = bytearray(path.read_bytes())
    content[4096 : len(content) : 7] = b"\x55" * len(content[4096 : len(content) : 7])
    path.write_bytes(content)


def foreign(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE something_else (x)")
    database.close()


@pytest.mark.parametrize(
    "spoil",
    [filled_and_damaged, foreign, lambda path: path.write_bytes(b"no database at all" * 500)],
    ids=["damaged", "another program's", "no database"],
)
def test_a_file_that_can_not_be_used_is_refused_with_advice_and_left_as_it_is(
    path: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(path)
    before = path.read_bytes()

    with pytest.raises(SpoolUnusable, match=r"Nothing was deleted\. Move it aside") as refused:
        SpoolFile.open(path)

    assert str(path) in str(refused.value)
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(SpoolUnusable, match="can't be opened for writing"):
        SpoolFile.open(tmp_path / "nowhere" / "spool.sqlite")
