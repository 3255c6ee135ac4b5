"""The tray: decided pieces wait in the open batch of the next cut-off, until it is closed."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from services.notifier.channels.base import Message
from services.notifier.channels.postal_pdf import Printer
from services.notifier.postal.address import Address, Refused, read
from services.notifier.postal.layout import SHEETS, address_lines, fits, name_points
from services.notifier.postal.piece import Form, Piece
from services.notifier.scenarios.action import Action
from services.notifier.scenarios.calendar import next_working
from services.notifier.scenarios.decide import Bar
from services.notifier.scenarios.recipient import Recipient
from services.notifier.store import actions, batches
from services.notifier.store.action_messages import Letter
from shared.events.action import Way
from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class CutOffs:
    """A batch is closed at `at` of every working day, by the shop's clock on the wall."""

    at: time
    zone: ZoneInfo

    def after(self, moment: datetime) -> datetime:
        """The first that is later than this; in UTC."""
        local = moment.astimezone(self.zone)
        day = local.date() if local.time() < self.at else local.date() + timedelta(days=1)
        noon = datetime.combine(day, self.at, self.zone)
        return next_working(noon, self.zone).astimezone(UTC)


class PostTray:
    """For 郵送DM with a printer, for 同梱 without; `page_url` is where a QR code leads for want of better."""

    def __init__(self, way: Way, cut_offs: CutOffs, printer: Printer | None, page_url: str) -> None:
        self._way, self._cut_offs, self._printer, self._page_url = way, cut_offs, printer, page_url

    async def put(
        self,
        connection: AsyncConnection,
        action: Action,
        recipient: Recipient,
        message: Message,
        now: datetime,
    ) -> Bar | None:
        """Into the batch of the next cut-off; or why it can't be, and nothing was done then."""
        form = form_of(message)
        piece = self._piece(action, recipient, message)
        if form != "insert" and (bar := printable(piece, form, self._printer)):
            return bar
        batch = await self._open(connection, form, now)
        letter = Letter(action.id, piece.address, piece.heading, piece.body, msgspec.to_builtins(piece))
        await actions.batch(connection, action, batch, letter, now)
        return None

    def _piece(self, action: Action, recipient: Recipient, message: Message) -> Piece:
        creative, told = message.creative, recipient.told
        number = told.get("delivery_number")
        return addressed(
            Piece(
                action=action.id,
                customer_ref=action.customer_ref,
                recipient="",
                postcode="",
                address="",
                heading=message.subject,
                body=message.text,
                qr_url=message.link or message.unsubscribe_url or self._page_url,
                refuse_url=message.unsubscribe_url,
                order=recipient.subscription or "",
                delivery_number=number if isinstance(number, int) else None,
                item=(creative.item if creative is not None else None) or "",
            ),
            recipient,
        )

    async def _open(self, connection: AsyncConnection, form: Form, now: datetime) -> str:
        """The next that is open: one may have been handed over before its time."""
        cut_off = self._cut_offs.after(now)
        while (batch := await batches.join(connection, self._way, form, cut_off)) is None:
            cut_off = self._cut_offs.after(cut_off)
        return batch


def form_of(message: Message) -> Form:
    creative = message.creative
    if creative is None or creative.way != "postal_dm":
        return "insert"
    return creative.form


def addressed(piece: Piece, recipient: Recipient) -> Piece:
    """To where the customer lives today; without an address if that is no good."""
    address = read(recipient.postcode, recipient.prefecture, recipient.address)
    known = address if isinstance(address, Address) else Address("", "", "")
    name = " ".join((recipient.name or "").split())
    return msgspec.structs.replace(piece, recipient=name, postcode=known.postcode, address=known.whole)


def printable(piece: Piece, form: Form, printer: Printer | None) -> Bar | None:
    """Why this can't be printed: the address or the words do not fit, or the font lacks a letter."""
    if form == "insert":
        return None
    if printer is None or not printer.ready():
        return "no_channel"
    if not piece.recipient:
        return "no_address"
    address, sheet = read(piece.postcode, None, piece.address), SHEETS[form]
    if isinstance(address, Refused) or address_lines(address, sheet.address) is None:
        return "bad_address"
    if name_points(piece.recipient, sheet.name) is None:
        return "bad_address"
    if not printer.can_print(piece.recipient + piece.address):
        return "bad_address"
    if not fits(form, piece.heading, piece.body) or not printer.can_print(piece.heading + piece.body):
        return "no_words"
    return None
