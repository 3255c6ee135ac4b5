"""What goes out in batches: whoever dies wherever, the print house prints a piece once, and loses none."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from deploy.local.print_house import PrintHouse
from services.notifier.channels.base import Tray
from services.notifier.channels.postal_pdf import Printer, find_font
from services.notifier.channels.print_house import Folder
from services.notifier.post import Post, Room
from services.notifier.postal.batch_files import BatchFile
from services.notifier.store import actions
from services.notifier.tray import CutOffs, PostTray
from shared.events.action import Way
from shared.postgres.engine import transaction
from tests.integration.notifier.sending.conftest import SENDER, TOKYO
from tests.integration.notifier.sending.matrix.deaths import POINTS, Died, MortalTray, Point, cut_short, live
from tests.integration.notifier.sending.planned import Enrolled, one_step, plan

if TYPE_CHECKING:
    from tests.integration.notifier.sending.conftest import Desk

SEEDS = range(20)
A_DAY = 5


@dataclass(frozen=True)
class MortalFolder(Folder):
    """Whoever lays files in it dies before, between or after them."""

    random: Random

    def put(self, files: Sequence[BatchFile]) -> None:
        super().put(files[: self.random.randrange(len(files) + 1)])
        raise Died


@dataclass(frozen=True)
class Trayed:
    way: Way
    tray: Tray


@pytest.mark.parametrize("way", ["postal_dm", "insert"])
async def test_every_death_leaves_each_piece_printed_once(desk: "Desk", tmp_path: Path, way: Way) -> None:
    (folder := tmp_path / "print").mkdir()
    house = PrintHouse(folder, tmp_path / "printed.jsonl")
    printer = Printer(find_font(None), SENDER)
    room = Room(printer, {way: Folder(folder)})
    made = PostTray(way, CutOffs(time(15), TOKYO), printer, "https://desk.midori.example")
    tray = Trayed(way, made)
    scenario = one_step(way)
    await desk.keep(scenario)
    for day in range(0, len(SEEDS), A_DAY):
        await a_day(desk, room, house, tray, SEEDS[day : day + A_DAY])
        desk.later(days=1)
    await everything_ends(desk, Post(desk.engine, room, desk.clock), house, tray)
    printed = Counter(line["action"] for line in house.accepted())
    ended = await desk.rows("SELECT id::text, state, reason FROM action")
    assert len(ended) == len(SEEDS) * len(POINTS)
    assert {(state, reason) for _, state, reason in ended} == {("sent", None)}
    assert printed == Counter(str(id_) for id_, *_ in ended)
    assert house.complaints == []


async def a_day(desk: "Desk", room: Room, house: PrintHouse, tray: Trayed, seeds: Sequence[int]) -> None:
    """Workers die while they decide, and while they hand over; the print house looks whenever it likes."""
    customers = [f"tea-shop/shopify/{seed}-{point}" for seed in seeds for point in POINTS]
    await desk.know(customers)
    planned = [Enrolled(ref, desk.clock.now) for ref in customers]
    await plan(desk.engine, one_step(tray.way), planned, TOKYO)
    await asyncio.gather(*(worker_dies(desk, tray) for _ in seeds))
    await desk.let_leases_end()
    desk.later(hours=4)
    await cut_short(Post(desk.engine, room, desk.clock).turn(), Random(seeds[0]), 300)
    for seed in seeds:
        folder = MortalFolder(house.folder, Random(seed))
        with contextlib.suppress(Died):
            await Post(desk.engine, Room(room.printer, {tray.way: folder}), desk.clock).turn()
        await asyncio.to_thread(house.look)


async def worker_dies(desk: "Desk", tray: Trayed) -> None:
    async with transaction(desk.engine) as connection:
        claimed = await actions.claim(connection, desk.clock.now, 60, len(POINTS) - 1)
    deaths: dict[str, Point] = {one.id: point for one, point in zip(claimed, POINTS[1:], strict=False)}
    trays: dict[Way, Tray] = {tray.way: MortalTray(tray.tray, dict(deaths))}
    await live(desk.attempts({}, trays), claimed, deaths)


async def everything_ends(desk: "Desk", post: Post, house: PrintHouse, tray: Trayed) -> None:
    await desk.let_leases_end()
    while await desk.dispatcher({}, {tray.way: tray.tray}, batch=50).turn():
        pass
    desk.later(days=5)
    for _ in range(3):
        await post.turn()
        await asyncio.to_thread(house.look)
