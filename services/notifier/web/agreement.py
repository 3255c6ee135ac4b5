"""Agreement: in what two contacts agree, as a person would read them: width, spaces and signs aside."""

import re
import unicodedata
from collections.abc import Callable
from typing import Literal

from services.notifier.web import phone
from shared.events.customer import ContactChanged

Field = Literal["name", "kana", "phone", "mail", "address"]

_SIGNS = re.compile(r"[\s‐‑‒–—―−ー-]+")


def agreeing(one: ContactChanged, other: ContactChanged) -> list[Field]:
    """The fields that say the same of both; what is not known agrees with nothing."""
    return [
        field for field, read in _READ.items() if (value := read(one)) is not None and value == read(other)
    ]


def address(contact: ContactChanged) -> str | None:
    """Postcode, prefecture and the rest in one line, None where there is none."""
    parts = (contact.postcode and f"〒{contact.postcode}", contact.prefecture, contact.address)
    return " ".join(part for part in parts if part) or None


def _bare(written: str | None) -> str | None:
    return _SIGNS.sub("", unicodedata.normalize("NFKC", written or "")).casefold() or None


def _dialled(written: str | None) -> str | None:
    return phone.read(written).dial if written else None


def _where(contact: ContactChanged) -> str | None:
    """The prefecture may stand in the address or apart; the postcode follows from them."""
    street, prefecture = _bare(contact.address), _bare(contact.prefecture) or ""
    return street and prefecture + street.removeprefix(prefecture)


_READ: dict[Field, Callable[[ContactChanged], str | None]] = {
    "name": lambda contact: _bare(contact.name),
    "kana": lambda contact: _bare(contact.kana),
    "phone": lambda contact: _dialled(contact.phone),
    "mail": lambda contact: _bare(contact.mail),
    "address": _where,
}
