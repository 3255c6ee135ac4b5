"""The customer barcode (カスタマバーコード) of Japan Post: what of an address goes into it, and its bars.

After 郵便番号・バーコードマニュアル, post.japanpost.jp/zipcode/zipmanual, p12 and p17-p25.
"""

import re
from collections.abc import Sequence
from typing import Literal

from services.notifier.postal.address import Address, fold, with_digits

# 1 long, 2 long to the top, 3 long to the bottom, 4 the short timing bar.
Bar = Literal[1, 2, 3, 4]
START, STOP = "STC", "SPC"
FILL = "CC4"
NUMBER_PLACES = 13
MODULUS = 19
CONTROLS: tuple[str, ...] = tuple(f"CC{place}" for place in range(1, 9))
# In the order of the check digit's table: a character's place is its value.
CHARACTERS = (*"0123456789-", *CONTROLS)
_BARS = "144114132312123141321213231411414324342234432243423441111"
_PATTERNS = {START: "13", STOP: "31"} | {
    char: _BARS[3 * place : 3 * place + 3] for place, char in enumerate(CHARACTERS)
}

_SKIPPED = re.compile(r"[&/・.･]")
_FLOOR = re.compile(r"(?<=[0-9])F(?![A-Z])")
_WORDS = re.compile(r"[A-Z]{2,}")
_REST = re.compile(r"[^0-9A-Z]+")
_AROUND_LETTERS = re.compile(r"-(?=[A-Z])|(?<=[A-Z])-")
_BOX = re.compile(r"私書箱\s*第?\s*([0-9]{1,4})")


def number_of(address: str) -> str:
    """住所表示番号 out of 住所B: digits, hyphens and single letters (1-3-2-503)."""
    text = _SKIPPED.sub("", with_digits(address).upper())
    text = _WORDS.sub(" ", _FLOOR.sub(" ", text))
    return _AROUND_LETTERS.sub("", _REST.sub("-", text).strip("-"))


def characters(postcode: str, number: str) -> tuple[str, ...]:
    """START, 7 digits, 13 places of the number, the check digit, STOP.

    :raises ValueError: if the postcode has not 7 digits, or the number anything but digits, hyphens, A-Z.
    """
    if not re.fullmatch(r"[0-9]{7}", postcode):
        raise ValueError("a postcode has 7 digits")
    places = [part for char in number for part in _coded(char)][:NUMBER_PLACES]
    body = (*postcode, *places, *[FILL] * (NUMBER_PLACES - len(places)))
    return (START, *body, check_digit(body), STOP)


def _coded(char: str) -> tuple[str, ...]:
    """A letter takes two places: which ten letters, and the place among them."""
    if char in CHARACTERS:
        return (char,)
    place = ord(char) - ord("A")
    if not 0 <= place < 26:
        raise ValueError("only digits, hyphens and A-Z have a code")
    return (CONTROLS[place // 10], str(place % 10))


def check_digit(body: Sequence[str]) -> str:
    """With it, all values together are a multiple of 19."""
    return str(CHARACTERS[-sum(CHARACTERS.index(char) for char in body) % MODULUS])


def bars(coded: Sequence[str]) -> tuple[Bar, ...]:
    """67 bars, left to right."""
    return tuple(_bar(kind) for char in coded for kind in _PATTERNS[char])


def _bar(kind: str) -> Bar:
    kinds: dict[str, Bar] = {"1": 1, "2": 2, "3": 3, "4": 4}
    return kinds[kind]


def place_of(address: Address) -> str | None:
    """The number that goes into the barcode (住所表示番号).

    None where only a municipality's postcode is known (…00): the manual wants no barcode then.
    """
    if address.postcode.endswith("00"):
        return None
    box = _BOX.search(fold(address.whole))
    return box[1] if box else number_of(address.rest)


def barcode_of(address: Address) -> tuple[Bar, ...] | None:
    """Its bars; None where there is to be none."""
    number = place_of(address)
    return None if number is None else bars(characters(address.postcode, number))
