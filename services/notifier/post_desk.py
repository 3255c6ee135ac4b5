"""The post desk: people look at batches, take pieces back, hand over early, settle, and enter returns."""

import asyncio
from dataclasses import dataclass, replace
from typing import Literal

import msgspec

from services.notifier.post import Post, Room, take_back, tell_not_sent
from services.notifier.postal.batch_files import BatchFile
from services.notifier.postal.piece import Piece, prefix_of
from services.notifier.store import (
    action_messages,
    audit,
    batch_pieces,
    batches,
    contacts,
    unreachable,
    views,
)
from services.notifier.store.audit import Entry
from services.notifier.store.batch_pieces import Listed
from services.notifier.store.batches import Batch
from services.notifier.store.views import View
from shared.clock import Now
from shared.postgres.engine import AsyncConnection, AsyncEngine, transaction

MOST_BATCHES = 60
MOST_PIECES = 2_000
Settled = Literal["accepted", "not_printed", "again"]
Problem = Literal["missing", "too_late", "no_printer", "no_files", "no_folder"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """It can't be done, and nothing was."""

    problem: Problem


class Shown(msgspec.Struct, frozen=True):
    """A batch with the names of its files, and its pieces."""

    batch: Batch
    files: list[str]
    pieces: list[Listed]


class Returned(msgspec.Struct, frozen=True):
    """A piece that came back: nothing is posted to its customer until the address changes."""

    action: str
    customer_ref: str
    name: str | None


@dataclass(frozen=True, slots=True)
class PostDesk:
    """What people do with batches. `business_now` dates the facts, `now` (real time) the audit."""

    engine: AsyncEngine
    room: Room
    post: Post
    business_now: Now
    now: Now

    async def listed(self) -> list[Batch]:
        async with transaction(self.engine) as connection:
            return await batches.newest(connection, MOST_BATCHES)

    async def show(self, batch: str) -> Shown | Refusal:
        async with transaction(self.engine) as connection:
            found = await batches.lock(connection, batch)
            if found is None:
                return Refusal("missing")
            names = await batches.file_names(connection, batch)
            return Shown(found, names, await batch_pieces.listed(connection, batch, MOST_PIECES))

    async def preview(self, batch: str, action: str, by: Entry) -> bytes | Refusal:
        """The piece as a PDF, to the address that was known when it was decided; a look leaves a trace."""
        async with transaction(self.engine) as connection:
            found = await batches.lock(connection, batch)
            piece = await self._look(connection, batch, action, by)
        if found is None or piece is None or found.form == "insert":
            return Refusal("missing")
        if self.room.printer is None:
            return Refusal("no_printer")
        return await asyncio.to_thread(self.room.printer.draw, found.form, [piece])

    async def _look(self, connection: AsyncConnection, batch: str, action: str, by: Entry) -> Piece | None:
        found = await batch_pieces.one(connection, batch, action)
        letter = None if found is None else await action_messages.read(connection, action)
        if found is None or letter is None or letter.payload is None:
            return None
        await views.append(connection, View(by.who, found.customer_ref, ["address"]), self.now())
        await audit.append(connection, replace(by, subject=found.customer_ref, detail=action), self.now())
        return msgspec.convert(letter.payload, Piece)

    async def file(self, batch: str, name: str, by: Entry) -> BatchFile | Refusal:
        """One of the batch's files, with all its names and addresses: a trace of that as well."""
        async with transaction(self.engine) as connection:
            files = await batches.files(connection, batch)
            found = next((file for file in files if file.name == name), None)
            if found is None:
                return Refusal("missing")
            await audit.append(connection, replace(by, detail=name), self.now())
            return found

    async def recall_piece(self, batch: str, action: str, by: Entry) -> Refusal | None:
        """While it is still here; what was made of a closed batch is made again without it."""
        async with transaction(self.engine) as connection:
            found = await self._still_here(connection, batch)
            if isinstance(found, Refusal):
                return found
            if await take_back(connection, batch, [action], "recalled", self.business_now) == 0:
                return Refusal("missing")
            if found.state == "closed":
                await batches.reopen(connection, batch)
            await audit.append(connection, replace(by, detail=action), self.now())
            return None

    async def recall(self, batch: str, by: Entry) -> Refusal | None:
        """The whole batch."""
        async with transaction(self.engine) as connection:
            found = await self._still_here(connection, batch)
            if isinstance(found, Refusal):
                return found
            waiting = [one.id for one in await batch_pieces.batched(connection, batch)]
            await take_back(connection, batch, waiting, "recalled", self.business_now)
            await batches.recall(connection, batch)
            await audit.append(connection, replace(by, detail=f"{batch} {len(waiting)}"), self.now())
            return None

    async def _still_here(self, connection: AsyncConnection, batch: str) -> Batch | Refusal:
        found = await batches.lock(connection, batch)
        if found is None:
            return Refusal("missing")
        return found if found.state in ("open", "closed") else Refusal("too_late")

    async def hand_over(self, batch: str, by: Entry) -> Batch | Refusal:
        """Before its cut-off; what is put in later goes into the batch of the next one."""
        async with transaction(self.engine) as connection:
            found = await self._still_here(connection, batch)
            if isinstance(found, Refusal):
                return found
            if found.way not in self.room.folders:
                return Refusal("no_folder")
            if not self.post.can_make(found.form):
                return Refusal("no_printer")
            await audit.append(connection, replace(by, detail=batch), self.now())
        await self.post.leave(batch)
        async with transaction(self.engine) as connection:
            return await batches.lock(connection, batch) or Refusal("missing")

    async def settle(self, batch: str, as_: Settled, by: Entry) -> Refusal | None:
        """A batch of which the print house said nothing: a person has asked."""
        async with transaction(self.engine) as connection:
            found = await batches.lock(connection, batch)
            if found is None:
                return Refusal("missing")
            if found.state != "unknown":
                return Refusal("too_late")
            if as_ == "again" and not await batches.file_names(connection, batch):
                return Refusal("no_files")
            await self._settle(connection, batch, as_, by.who)
            await audit.append(connection, replace(by, detail=f"{batch} {as_}"), self.now())
            return None

    async def _settle(self, connection: AsyncConnection, batch: str, as_: Settled, who: str) -> None:
        waiting = [one.id for one in await batch_pieces.batched(connection, batch)]
        match as_:
            case "again":
                await batches.begin(connection, batch)
            case "accepted":
                moved = await batch_pieces.move(connection, batch, waiting, ("batched", "sent"))
                await self.post.tell_sent(connection, moved)
                await batches.settle(connection, batch, "accepted", by=who)
            case "not_printed":
                left = await batch_pieces.sent(connection, batch)
                moved = await batch_pieces.move(connection, batch, left, ("sent", "rejected"), "not_printed")
                await tell_not_sent(connection, moved, "not_printed", self.business_now)
                await take_back(connection, batch, waiting, "not_printed", self.business_now)
                await batches.settle(connection, batch, "recalled", by=who)

    async def came_back(self, number: str, by: Entry) -> Returned | Refusal:
        """A card with this number was returned (返戻): no more post there until the address changes."""
        prefix = prefix_of(number)
        async with transaction(self.engine) as connection:
            found = None if prefix is None else await batch_pieces.find(connection, prefix)
            if found is None or found.way != "postal_dm":
                return Refusal("missing")
            await unreachable.keep(
                connection, found.customer_ref, "postal_dm", "returned", self.business_now()
            )
            reach = await contacts.reach(connection, found.customer_ref)
            await audit.append(connection, replace(by, subject=found.customer_ref, detail=number), self.now())
            return Returned(found.action, found.customer_ref, reach.name)
