"""Phone numbers as customers write them, made readable for the eye and bare for the dial."""

import re
import unicodedata
from dataclasses import dataclass

_NUMBER = re.compile(r"\+?[\d\s().‐‑‒–—―−ー-]*\d", re.ASCII)
# Carts write +81, and people also +81 (0); in Japan one dials 0.
_FROM_ABROAD = re.compile(r"^\+81\D*0?\D*")


@dataclass(frozen=True, slots=True)
class Phone:
    """`text` is for reading, `dial` for the telephone; without `dial` a person must make sense of it."""

    text: str
    dial: str | None


def read(written: str) -> Phone:
    """The first number is dialled; what follows it (内線 12) is only shown."""
    text = unicodedata.normalize("NFKC", written).strip()
    found = _NUMBER.match(text)
    if found is None:
        return Phone(text, None)
    number = _FROM_ABROAD.sub("0", found[0])
    dial = re.sub(r"[^\d+]", "", number)
    if not 3 <= len(dial.removeprefix("+")) <= 15:
        return Phone(text, None)
    return Phone("-".join(_groups(number, dial)) + text[found.end() :], dial)


def _groups(number: str, dial: str) -> list[str]:
    """As the customer grouped it, else as Japanese numbers of this length are."""
    if not dial.startswith("0"):
        return [number]
    groups = re.findall(r"\d+", number)
    sizes = _sizes(dial)
    if len(groups) == 3 or sizes is None:
        return groups
    first, second = sizes
    return [dial[:first], dial[first : first + second], dial[first + second :]]


def _sizes(dial: str) -> tuple[int, int] | None:
    """The first two groups; area codes differ in length, and three digits are the commonest."""
    match len(dial):
        case 11:
            return (4, 3) if dial.startswith("0800") else (3, 4)
        case 10 if dial.startswith(("0120", "0570", "0990")):
            return (4, 3)
        case 10:
            return (2, 4) if dial.startswith(("03", "06")) else (3, 3)
        case _:
            return None
