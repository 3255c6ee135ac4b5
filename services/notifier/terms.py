"""Terms: what somebody typed to find a customer, and as what it may be looked for."""

import re
import unicodedata
from dataclasses import dataclass

MOST = 200
_LEAST_TAIL = 4
_FROM_ABROAD = re.compile(r"^\+81[^0-9]*0?")
_PHONE = re.compile(r"[+(0-9][0-9\s().‐‑‒–—―−ー-]*")


@dataclass(frozen=True, slots=True)
class Terms:
    """Each None where it can't be meant.

    `name` is a name or its kana, to be folded as the stored ones are; `mail` what an address begins with;
    `phone` the digits a number begins with, `tail` those that it ends with; `number` a customer's number in
    a cart, `ref` the whole reference.
    """

    name: str | None = None
    mail: str | None = None
    phone: str | None = None
    tail: str | None = None
    number: str | None = None
    ref: str | None = None


def read(typed: str) -> Terms | None:
    """None where there is nothing to look for."""
    text = unicodedata.normalize("NFKC", typed.replace("\x00", "")).strip()[:MOST]
    if not text:
        return None
    if text.count("/") >= 2:
        return Terms(ref=text)
    if _PHONE.fullmatch(text):
        return _digits(text)
    mail = text.lower() if _may_be_mail(text) else None
    name = None if "@" in text else text
    number = text if " " not in text and "@" not in text else None
    return Terms(name=name, mail=mail, number=number)


def _digits(text: str) -> Terms:
    """Few digits are a customer's number or the end of a telephone's; more may be its beginning as well."""
    digits = re.sub(r"[^0-9]", "", _FROM_ABROAD.sub("0", text))
    return Terms(
        phone=digits if digits.startswith("0") and len(digits) >= _LEAST_TAIL - 1 else None,
        tail=digits[::-1] if len(digits) >= _LEAST_TAIL else None,
        number=text if text.isdecimal() else None,
    )


def _may_be_mail(text: str) -> bool:
    return text.isascii() and " " not in text
