"""The print house for trials: what has no manifest is not there yet, and nothing is printed twice."""

import json
from pathlib import Path

import pytest

from deploy.local.print_house import PrintHouse
from services.notifier.channels.print_house import Folder
from services.notifier.postal.batch_files import BatchFile, files_of, read_receipt
from services.notifier.postal.piece import Piece

ONE, TWO = "0a1b2c3d-0000-5000-8000-000000000001", "1a1b2c3d-0000-5000-8000-000000000002"


def piece(action: str) -> Piece:
    return Piece(action, "s/c/1", "髙橋", "1000013", "東京都千代田区霞が関1-3-2", "", "", "", "")


def batch(name: str, *actions: str) -> list[BatchFile]:
    return files_of(name, "insert", "2026-03-10", [piece(action) for action in actions], None)


@pytest.fixture
def house(tmp_path: Path) -> PrintHouse:
    folder = tmp_path / "folder"
    folder.mkdir()
    return PrintHouse(folder, tmp_path / "accepted.jsonl")


def printed(house: PrintHouse) -> list[str]:
    return [line["action"] for line in house.accepted()]


def test_a_whole_batch_is_taken_once_and_acknowledged(house: PrintHouse) -> None:
    Folder(house.folder).put(batch("b1", ONE, TWO))
    assert [house.look(), house.look()] == [1, 0]
    assert printed(house) == [ONE, TWO]
    receipt = Folder(house.folder).receipt("b1")
    assert receipt is not None
    assert read_receipt(receipt, "b1").accepted == (ONE, TWO)


def test_what_has_no_manifest_is_not_there(house: PrintHouse) -> None:
    Folder(house.folder).put(batch("b1", ONE)[:-1])
    assert house.look() == 0
    assert printed(house) == []


def test_what_is_torn_is_complained_of_and_left(house: PrintHouse) -> None:
    files = batch("b1", ONE)
    Folder(house.folder).put(files)
    (house.folder / files[0].name).write_bytes(files[0].content[:-3])
    assert house.look() == 0
    assert house.complaints == [f"{files[0].name}: not what the manifest says"]
    assert printed(house) == []


def test_a_piece_that_comes_again_in_another_batch_is_rejected_loudly(house: PrintHouse) -> None:
    Folder(house.folder).put(batch("b1", ONE))
    house.look()
    Folder(house.folder).put(batch("b2", ONE, TWO))
    house.look()
    assert printed(house) == [ONE, TWO]
    assert house.complaints == [f"b2: {ONE} was printed before"]
    told = json.loads((house.folder / "b2.receipt.json").read_text(encoding="utf-8"))
    assert told["rejected"] == [{"action": ONE, "reason": "duplicate"}]


def test_a_batch_that_is_laid_down_again_is_printed_once(house: PrintHouse) -> None:
    Folder(house.folder).put(batch("b1", ONE, TWO))
    house.look()
    for path in house.folder.iterdir():
        path.unlink()
    Folder(house.folder).put(batch("b1", ONE, TWO))
    assert house.look() == 1
    assert printed(house) == [ONE, TWO]
    assert house.complaints == []


def test_a_silent_one_prints_once_and_says_nothing(house: PrintHouse) -> None:
    house.silent = True
    Folder(house.folder).put(batch("b1", ONE))
    assert [house.look(), house.look()] == [1, 0]
    assert printed(house) == [ONE]
    assert Folder(house.folder).receipt("b1") is None
