"""A piece (一通): what is printed for one action, and the number by which it is found when it comes back."""

import re
from typing import Literal

import msgspec

from services.notifier.postal.address import fold

Form = Literal["postcard", "letter", "insert"]
_NUMBER = re.compile(r"[0-9A-F]{10}")


class Piece(msgspec.Struct, frozen=True):
    """`recipient` without 様; `refuse_url` is where to say no, `qr_url` what the QR code leads to.

    `order`, `delivery_number`, `item` are of what is put into a parcel.
    """

    action: str
    customer_ref: str
    recipient: str
    postcode: str
    address: str
    heading: str
    body: str
    qr_url: str
    refuse_url: str
    order: str = ""
    delivery_number: int | None = None
    item: str = ""

    @property
    def number(self) -> str:
        return number_of(self.action)


def number_of(action: str) -> str:
    """As it is printed on the piece: the first forty bits of the action's id."""
    digits = action.replace("-", "").upper()[:10]
    return f"{digits[:5]}-{digits[5:]}"


def prefix_of(number: str) -> str | None:
    """The beginning of the action's id, of a number as people type it; None if it is none."""
    digits = re.sub(r"[\s-]", "", fold(number)).upper()
    return f"{digits[:8]}-{digits[8:]}".lower() if _NUMBER.fullmatch(digits) else None
