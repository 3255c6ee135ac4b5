"""Addresses (住所): tidied, split at the end of the town (町域), or refused with a reason."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

BadAddress = Literal["no_postcode", "no_address", "no_house_number", "unprintable", "too_long"]

_WIDE = re.compile(r"[\uff01-\uff9f\u3000]+")
# Every stroke that people type for a hyphen; the long vowel mark ー counts only between digits.
_STROKES = re.compile(r"[\u2010-\u2015\u2212\u2500\u2501\u30fc\uff0d\uff70\ufe63]")
_BETWEEN_DIGITS = re.compile(
    r"(?<=[0-9A-Z])\s*[\u2010-\u2015\u2212\u2500\u2501\u30fc\uff0d\ufe63-]\s*(?=[0-9A-Z])"
)
_NUMERALS = "〇零一二三四五六七八九十百千"
# 一番町 and 二番丁 are names of towns, and 三の丸 is none's number: there the numeral stays as it is.
_COUNTED = re.compile(
    rf"([{_NUMERALS}]+)(?=丁目|丁(?!目)|番地|番(?![町丁])|号|地割|線|[のノ](?=[0-9{_NUMERALS}]))"
)
_AFTER_NO = re.compile(rf"((?:番地|番|号|[0-9])[のノ])([{_NUMERALS}]+)(?![^\s0-9-])")
_TWICE = re.compile(r"^(\S{1,8}?[市区町村])\1")
_NUMBERLESS = re.compile(r"無番地|番外地?|私書箱")
_DIGITS = {char: value for value, char in enumerate("一二三四五六七八九", start=1)} | {"〇": 0, "零": 0}
_UNITS = {"十": 10, "百": 100, "千": 1000}
# Longer ones do not stand on a card in a size that people and machines read.
MOST_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Address:
    """`postcode` is 7 digits, `town` is 住所A with the prefecture, `rest` 住所B, both as they are printed."""

    postcode: str
    town: str
    rest: str

    @property
    def whole(self) -> str:
        return self.town + self.rest


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing can be sent there."""

    reason: BadAddress


def read(postcode: str | None, prefecture: str | None, address: str | None) -> Address | Refused:
    """As customers typed it; the prefecture is put in front unless the address begins with it."""
    digits = re.sub(r"[^0-9]", "", fold(postcode or ""))
    if len(digits) != 7 or digits == "0000000":
        return Refused("no_postcode")
    text = tidy(address or "")
    if not text:
        return Refused("no_address")
    if any(unicodedata.category(char) in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp") for char in text):
        return Refused("unprintable")
    whole = _once(tidy(prefecture or ""), text)
    if len(whole) > MOST_CHARACTERS:
        return Refused("too_long")
    return _split(digits, whole)


def _once(prefecture: str, text: str) -> str:
    """Carts that ask for the city apart get it twice, now and then with the prefecture between."""
    if not prefecture:
        return text
    city, found, rest = text.partition(prefecture)
    if found and rest.startswith(city):
        return prefecture + rest
    return prefecture + _TWICE.sub(r"\1", text)


def _split(postcode: str, whole: str) -> Address | Refused:
    counted = first_number(whole)
    if counted is None:
        return Address(postcode, whole, "") if _NUMBERLESS.search(whole) else Refused("no_house_number")
    return Address(postcode, whole[:counted].rstrip(), whole[counted:])


def first_number(text: str) -> int | None:
    """Where the house number begins: a digit, or a numeral before 丁目, 番地, 番, 号, 地割 or 線."""
    found = [match.start() for match in (re.search(r"[0-9]", text), _COUNTED.search(text)) if match]
    return min(found, default=None)


def fold(text: str) -> str:
    """Full-width letters and digits to half width, half-width kana to full width; kanji stay as they are."""
    return _WIDE.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)


def tidy(text: str) -> str:
    """Folded, with one kind of hyphen in numbers and single spaces; for print."""
    folded = re.sub(r"[^\S\n]+", " ", fold(text.replace("\r", "").replace("\n", " "))).strip()
    return _BETWEEN_DIGITS.sub("-", folded)


def with_digits(text: str) -> str:
    """Numerals that count something (十一丁目六番地一号) as digits, every stroke a hyphen; for machines."""
    counted = _COUNTED.sub(lambda match: str(number(match[1])), tidy(text))
    counted = _AFTER_NO.sub(lambda match: match[1] + str(number(match[2])), counted)
    return _STROKES.sub(lambda match: "-" if match[0] != "ー" else "ー", counted)


def number(numerals: str) -> int:
    """二十一, 二一 and 〇 alike."""
    if not any(char in _UNITS for char in numerals):
        return int("".join(str(_DIGITS[char]) for char in numerals))
    total, digit = 0, 0
    for char in numerals:
        if char in _UNITS:
            total, digit = total + max(digit, 1) * _UNITS[char], 0
        else:
            digit = digit * 10 + _DIGITS[char]
    return total + digit
