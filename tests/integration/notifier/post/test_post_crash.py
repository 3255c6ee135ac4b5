"""Crashes and replicas: whatever breaks while a batch is handed over, each piece is printed once."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path

import pytest

from services.notifier.channels.print_house import Differs, Folder
from services.notifier.post import Post, Room
from services.notifier.postal.batch_files import BatchFile
from services.notifier.store import batches, customers
from shared.postgres.engine import transaction
from tests.integration.notifier.post.conftest import CUT_OFF, Rig


class Crash(BaseException):
    """The process is gone."""


class Dying(Folder):
    """Dies before it writes the file of this place, or right after the last; `torn` leaves half a file."""

    left = 0
    torn = False

    def _write(self, file: BatchFile) -> None:
        if self.left == 0:
            if self.torn:
                (self.path / f"{file.name}.part").write_bytes(file.content[:7])
            raise Crash
        Dying.left -= 1
        super()._write(file)


@pytest.mark.parametrize("torn", [False, True])
@pytest.mark.parametrize("written", [0, 1, 2])
async def test_after_a_crash_the_rest_is_written_and_nothing_twice(
    rig: Rig, written: int, torn: bool
) -> None:
    planned = await rig.batched("1", "2", "3")
    rig.clock.now = CUT_OFF
    Dying.left, Dying.torn = written, torn
    dying = Post(rig.engine, Room(rig.printer, {"postal_dm": Dying(rig.house.folder)}), rig.clock)
    with pytest.raises(Crash):
        await dying.turn()
    assert [one.state for one in await rig.batches()] == ["handing_over"]
    assert rig.house.look() == 0
    await rig.post().turn()
    assert rig.house.look() == 1
    await rig.post().turn()
    assert [one.state for one in await rig.batches()] == ["accepted"]
    assert sorted(line["action"] for line in rig.house.accepted()) == sorted(planned)
    assert rig.house.complaints == []
    assert await rig.told() == ["com.hikitome.action.sent.v1"] * 3


async def test_a_crash_after_the_last_file_is_found_out_by_looking(rig: Rig) -> None:
    await rig.batched("1", "2")
    rig.clock.now = CUT_OFF
    await rig.post().turn()
    rig.house.look()
    # As it stood before the outcome was committed, with the print house at work already.
    await rig.run("UPDATE batch SET state = 'handing_over', handed_over_at = NULL")
    await rig.run("UPDATE action SET state = 'batched'")
    await rig.post().turn()
    assert [one.state for one in await rig.batches()] == ["accepted"]
    assert len(rig.house.accepted()) == 2
    assert rig.house.complaints == []


async def test_who_is_erased_while_a_batch_is_being_handed_over_leaves_no_file_here(rig: Rig) -> None:
    await rig.batched("1", "2")
    rig.clock.now = CUT_OFF
    Dying.left, Dying.torn = 1, False
    dying = Post(rig.engine, Room(rig.printer, {"postal_dm": Dying(rig.house.folder)}), rig.clock)
    with pytest.raises(Crash):
        await dying.turn()
    [batch] = await rig.batches()
    async with transaction(rig.engine) as connection:
        await customers.erase(connection, "tea-shop/shopify/2", rig.clock.now)
        await batches.forget_customer(connection, "tea-shop/shopify/2")
        assert len(await batches.file_names(connection, batch.id)) == 3
    await rig.post().turn()
    assert rig.house.look() == 1
    async with transaction(rig.engine) as connection:
        assert await batches.file_names(connection, batch.id) == []


async def test_two_replicas_hand_over_once(rig: Rig) -> None:
    await rig.batched("1", "2", "3", "4")
    rig.clock.now = CUT_OFF
    await asyncio.gather(rig.post().turn(), rig.post().turn(), rig.post().turn())
    await rig.post().turn()
    assert rig.house.look() == 1
    assert await rig.told() == ["com.hikitome.action.sent.v1"] * 4


async def test_making_a_batch_again_gives_the_same_bytes(rig: Rig) -> None:
    await rig.batched("1", "2", "3")
    rig.clock.now = CUT_OFF
    away = Post(rig.engine, Room(rig.printer, {"postal_dm": Folder(rig.folder / "gone")}), rig.clock)
    await away.turn()
    [batch] = await rig.batches()
    async with transaction(rig.engine) as connection:
        first = await batches.files(connection, batch.id)
        await batches.reopen(connection, batch.id)
    rig.clock.now = CUT_OFF + timedelta(hours=3)
    await away.turn()
    async with transaction(rig.engine) as connection:
        assert await batches.files(connection, batch.id) == first
    ends = [file.name.partition(".")[2] for file in first]
    assert ends == [
        "postcard.csv",
        "postcard.pdf",
        "manifest.json",
    ]


async def test_a_piece_taken_back_while_its_batch_is_closed_is_not_printed(rig: Rig) -> None:
    gone, fine = await rig.batched("1", "2")
    rig.clock.now = CUT_OFF
    Dying.left, Dying.torn = 1, False
    dying = Post(rig.engine, Room(rig.printer, {"postal_dm": Dying(rig.house.folder)}), rig.clock)
    with pytest.raises(Crash):
        await dying.turn()
    await rig.run("UPDATE action SET state = 'suppressed' WHERE id = CAST(:id AS uuid)", id=gone)
    await rig.post().turn()
    await rig.post().turn()
    rig.house.look()
    assert [line["action"] for line in rig.house.accepted()] == [fine]
    assert rig.house.complaints == []


async def test_a_folder_that_is_away_is_tried_again(rig: Rig) -> None:
    await rig.batched("1")
    rig.clock.now = CUT_OFF
    away = Post(rig.engine, Room(rig.printer, {"postal_dm": Folder(rig.folder / "gone")}), rig.clock)
    await away.turn()
    assert [one.state for one in await rig.batches()] == ["handing_over"]
    (rig.folder / "gone").mkdir()
    await away.turn()
    assert [one.state for one in await rig.batches()] == ["handed_over"]


async def test_what_lies_there_under_our_name_is_never_written_over(rig: Rig) -> None:
    await rig.batched("1")
    [batch] = await rig.batches()
    strange = rig.house.folder / f"{batch.id}.postcard.csv"
    strange.write_text("something else", encoding="utf-8")
    rig.clock.now = CUT_OFF
    await rig.post().turn()
    assert [one.state for one in await rig.batches()] == ["unknown"]
    assert strange.read_text(encoding="utf-8") == "something else"
    assert set((await rig.states()).values()) == {("batched", None)}


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    folder, files = Folder(tmp_path), [BatchFile("a", b"1"), BatchFile("b", b"2")]
    folder.put(files)
    stamp = os.stat(tmp_path / "a").st_mtime_ns
    folder.put(files)
    assert os.stat(tmp_path / "a").st_mtime_ns == stamp
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
    with pytest.raises(Differs):
        folder.put([BatchFile("c", b"3"), BatchFile("a", b"other")])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
