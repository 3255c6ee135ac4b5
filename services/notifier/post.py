"""Post: at its cut-off a batch is looked at again, made once, handed over, and its receipt waited for."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Literal

import msgspec
import structlog

from services.notifier.channels.postal_pdf import Printer
from services.notifier.channels.print_house import Differs, Folder
from services.notifier.postal.batch_files import BatchFile, Receipt, files_of, read_receipt
from services.notifier.postal.piece import Form, Piece
from services.notifier.scenarios.action import Action, sent, suppressed, told
from services.notifier.scenarios.decide import Exit, Suppress, bars
from services.notifier.store import action_messages, batch_pieces, batches, facts, scenarios
from services.notifier.store.batches import Batch
from services.notifier.store.scenarios import Standing
from services.notifier.tray import addressed, printable
from shared.clock import Now, system_clock
from shared.events.action import Way
from shared.kafka.attempt import until_done
from shared.postgres import outbox
from shared.postgres.engine import AsyncConnection, AsyncEngine, transaction
from shared.process import metrics
from shared.process.health import Health
from shared.process.run import pause

log = structlog.get_logger(__name__)

# Business time. After that a person asks the print house.
RECEIPT_WITHIN = timedelta(days=3)
FILES_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Room:
    """What is there to post with: a printer, and the folders of the print house and of the warehouse."""

    printer: Printer | None
    folders: Mapping[Way, Folder]


class Post:
    """Any number may run side by side: a batch is locked by whoever works on it. `clock` is business time."""

    def __init__(
        self,
        engine: AsyncEngine,
        room: Room,
        clock: Now,
        health: Health | None = None,
        look_every: float = 1.0,
    ) -> None:
        self._engine, self._room, self._clock, self._health = engine, room, clock, health
        self._look_every = look_every
        if health is not None:
            health.watch("post", 300)

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            if self._health is not None:
                self._health.beat("post")
            await self.turn()
            await pause(stop, self._look_every)

    async def turn(self) -> None:
        """Close and hand over what is due, and hear what became of what was handed over."""
        for batch in await until_done(self._due):
            await self.leave(batch)
        for batch in await until_done(self._awaited):
            await until_done(partial(self._hear, batch))
        await until_done(self._forget_old)

    async def leave(self, batch: str) -> None:
        """As far as it comes: closed, on its way, handed over; each step is committed before the next."""
        await until_done(partial(self._close, batch))
        await until_done(partial(self._begin, batch))
        await until_done(partial(self._hand_over, batch))

    async def _due(self) -> list[str]:
        async with transaction(self._engine) as connection:
            return await batches.due(connection, self._clock())

    async def _awaited(self) -> list[str]:
        async with transaction(self._engine) as connection:
            return await batches.awaited(connection)

    async def _forget_old(self) -> None:
        async with transaction(self._engine) as connection:
            await batches.forget_old(connection, self._clock(), FILES_KEPT)

    async def _close(self, batch: str) -> None:
        """Every piece is looked at once more; what is left becomes files, which never change from then on."""
        async with transaction(self._engine) as connection:
            found = await batches.lead(connection, batch)
            if found is None or found.state != "open" or not self._can_leave(found):
                return
            pieces = await self._pieces(connection, found)
            if not pieces:
                await batches.recall(connection, batch)
                return
            made = await asyncio.to_thread(self.make, found, pieces)
            await batches.close(connection, batch, len(pieces), made, self._clock())

    def _can_leave(self, batch: Batch) -> bool:
        return batch.way in self._room.folders and self.can_make(batch.form)

    def can_make(self, form: Form) -> bool:
        """Whether there is a printer for this form, which has a font and a sender to print."""
        return form == "insert" or (self._room.printer is not None and self._room.printer.ready())

    def make(self, batch: Batch, pieces: Sequence[Piece]) -> list[BatchFile]:
        """The files of these pieces, the same bytes however often; some milliseconds a piece."""
        pdf = None
        if batch.form != "insert" and self._room.printer is not None:
            pdf = self._room.printer.draw(batch.form, pieces)
        return files_of(batch.id, batch.form, batch.cut_off.isoformat(), pieces, pdf)

    async def _pieces(self, connection: AsyncConnection, batch: Batch) -> list[Piece]:
        standings = await scenarios.all_(connection)
        looked = [
            await self._look_again(connection, batch, action, standings.get(action.scenario))
            for action in await batch_pieces.batched(connection, batch.id)
        ]
        return [piece for piece in looked if piece is not None]

    async def _look_again(
        self, connection: AsyncConnection, batch: Batch, action: Action, standing: Standing | None
    ) -> Piece | None:
        """The piece, to today's address; or nothing, once it is told why not."""
        if standing is not None and standing.halted_because is not None:
            await batch_pieces.put_back(connection, batch.id, action.id, "halted")
            return None
        found = await self._still(connection, batch, action, standing)
        if isinstance(found, Piece):
            return found
        await take_back(connection, batch.id, [action.id], found, self._clock)
        return None

    async def _still(
        self, connection: AsyncConnection, batch: Batch, action: Action, standing: Standing | None
    ) -> Piece | str:
        """The piece, or the reason why it stays here."""
        if standing is None or not standing.active:
            return "scenario_gone" if standing is None else "scenario_off"
        step = standing.scenario.find_step(action.step)
        letter = await action_messages.read(connection, action.id)
        if step is None or letter is None or letter.payload is None:
            return "scenario_gone" if step is None else "erased"
        view = facts.View(self._clock(), timedelta(0), frozenset({batch.way}))
        recipient = await facts.look(connection, action, standing.scenario, view)
        match bars(step, recipient.facts, batch.way):
            case Suppress(reason) | Exit(reason):
                return reason
        piece = addressed(msgspec.convert(letter.payload, Piece), recipient)
        return printable(piece, batch.form, self._room.printer) or piece

    async def _begin(self, batch: str) -> None:
        async with transaction(self._engine) as connection:
            found = await batches.lead(connection, batch)
            if found is not None and found.state == "closed" and self._can_leave(found):
                await batches.begin(connection, batch)

    async def _hand_over(self, batch: str) -> None:
        """After a crash again from the beginning: what lies there whole is not written a second time."""
        async with transaction(self._engine) as connection:
            found = await batches.lead(connection, batch)
            folder = self._room.folders.get(found.way) if found is not None else None
            if found is None or folder is None or found.state != "handing_over":
                return
            waiting = [action.id for action in await batch_pieces.batched(connection, batch)]
            before = await batch_pieces.sent(connection, batch)
            whole = len(waiting) + len(before) == found.pieces
            files = await batches.files(connection, batch)
            match await asyncio.to_thread(_lay_down, folder, files, whole=whole):
                case "laid":
                    await batches.hand_over(connection, batch, self._clock())
                case "away":
                    return
                case "differs":
                    return await batches.settle(connection, batch, "unknown")
                case "stale":
                    return await batches.reopen(connection, batch)
            left = await batch_pieces.move(connection, batch, waiting, ("batched", "sent"))
            await self.tell_sent(connection, left)
        metrics.actions.labels(found.way, "sent").inc(len(left))

    async def tell_sent(self, connection: AsyncConnection, actions: Sequence[Action]) -> None:
        now, received = self._clock(), system_clock()
        await outbox.append(connection, [told(one, sent(one), now, received) for one in actions])

    async def _hear(self, batch: str) -> None:
        async with transaction(self._engine) as connection:
            found = await batches.lead(connection, batch)
            folder = self._room.folders.get(found.way) if found is not None else None
            if found is None or folder is None or found.state not in ("handed_over", "unknown"):
                return
            receipt = await asyncio.to_thread(_receipt, folder, batch)
            if receipt is not None:
                await self._accept(connection, found, receipt)
            elif found.state == "handed_over" and self._is_late(found):
                log.warning("no receipt of a batch", batch=batch)
                await batches.settle(connection, batch, "unknown")

    def _is_late(self, batch: Batch) -> bool:
        return batch.handed_over_at is not None and self._clock() - batch.handed_over_at > RECEIPT_WITHIN

    async def _accept(self, connection: AsyncConnection, batch: Batch, receipt: Receipt) -> None:
        """What the print house did not take was not sent, whatever was said at the handing over."""
        refused = [one.action for one in receipt.rejected]
        moved = await batch_pieces.move(connection, batch.id, refused, ("sent", "rejected"), "print_house")
        await tell_not_sent(connection, moved, "print_house", self._clock)
        kept = {"accepted": batch.pieces - len(moved), "rejected": [one.id for one in moved]}
        await batches.settle(connection, batch.id, "accepted", msgspec.json.encode(kept).decode())


def _lay_down(
    folder: Folder, files: Sequence[BatchFile], *, whole: bool
) -> Literal["laid", "away", "differs", "stale"]:
    """Not `whole`: a piece was taken back while its batch was closed, so the files must be made again."""
    try:
        if not whole and folder.withdraw(files):
            return "stale"
        folder.put(files)
    except OSError as error:
        log.warning("the folder for batches is away", file=files[-1].name, error=error.strerror)
        return "away"
    except Differs as error:
        log.error("a batch can't be laid down", because=str(error))
        return "differs"
    return "laid"


def _receipt(folder: Folder, batch: str) -> Receipt | None:
    """None as well for one that can't be read: it may be half written, and will be read again."""
    try:
        content = folder.receipt(batch)
        return None if content is None else read_receipt(content, batch)
    except (OSError, ValueError) as error:
        log.warning("a receipt can't be read", batch=batch, error=type(error).__name__)
        return None


async def take_back(
    connection: AsyncConnection, batch: str, ids: Sequence[str], reason: str, clock: Now
) -> int:
    """These pieces are not posted (回収); how many of them were still here."""
    moved = await batch_pieces.move(connection, batch, ids, ("batched", "suppressed"), reason)
    await tell_not_sent(connection, moved, reason, clock)
    return len(moved)


async def tell_not_sent(
    connection: AsyncConnection, actions: Sequence[Action], reason: str, clock: Now
) -> None:
    now, received = clock(), system_clock()
    await outbox.append(connection, [told(one, suppressed(one, reason), now, received) for one in actions])
