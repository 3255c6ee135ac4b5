"""Layout (組版): where things stand on a card or a letter, in millimetres, and whether the words fit.

Widths are guessed, on the wide side, without any font: so the page that edits a scenario and the printing of
it agree on what fits.
"""

import string
import unicodedata
from dataclasses import dataclass, replace
from typing import Literal

from services.notifier.postal.address import Address

POINT = 25.4 / 72
# Japanese lines begin with none of these, and end with none of those.
_NOT_FIRST = "、。，．・：；？！ー）」』】〕〉》々ゝゞぁぃぅぇぉっゃゅょァィゥェォッャュョ%,.!?)"
_NOT_LAST = "（「『【〔〈《("
_WORD = frozenset(string.ascii_letters + string.digits)
_BROAD = "mwMWQOGD@%&—…"


@dataclass(frozen=True, slots=True)
class Box:
    """A place for lines: from the left and the top edge, in millimetres; `points` high, `leading` apart."""

    left: float
    top: float
    width: float
    points: float
    leading: float
    lines: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One form; the barcode stands at `barcode` (left, top), the QR codes with their sides in millimetres:
    `qr` leads on, `refuse` to where one says no.

    `cells` are the left edges of the postcode's boxes, at `cells_top`; without cells it stands above the
    address.
    """

    width: float
    height: float
    address: Box
    name: Box
    sender: Box
    heading: Box
    body: Box
    foot: Box
    barcode: tuple[float, float]
    qr: tuple[float, float, float]
    refuse: tuple[float, float, float]
    cells: tuple[float, ...] = ()
    cells_top: float = 12.0


# Japan Post: nothing of ours within 10 mm of an edge, nor on the 35 × 70 mm at the upper left, where the
# stamp and its mark go. The barcode stands right below the name.
POSTCARD = Sheet(
    width=100.0,
    height=148.0,
    cells=(44.3, 51.3, 58.3, 65.9, 72.7, 79.5, 86.3),
    address=Box(12.0, 74.0, 77.0, 10.5, 5.6, 3),
    name=Box(12.0, 95.0, 77.0, 14.0, 6.6, 1),
    barcode=(14.0, 105.5),
    sender=Box(12.0, 119.0, 76.0, 7.5, 3.6, 5),
    heading=Box(8.0, 10.0, 84.0, 14.0, 7.0, 2),
    body=Box(8.0, 26.0, 84.0, 9.5, 5.0, 15),
    qr=(8.0, 104.0, 25.0),
    refuse=(73.0, 104.0, 20.0),
    foot=Box(34.5, 105.0, 37.5, 6.5, 3.2, 11),
)
# A4 folded in three, for window envelopes 長形3号: the address, the name and the barcode show in the window.
LETTER = Sheet(
    width=210.0,
    height=297.0,
    address=Box(22.0, 17.0, 82.0, 10.0, 4.8, 4),
    name=Box(22.0, 38.0, 82.0, 12.0, 5.6, 1),
    barcode=(23.0, 46.0),
    sender=Box(125.0, 17.0, 65.0, 8.5, 4.4, 7),
    heading=Box(22.0, 72.0, 166.0, 15.0, 8.0, 2),
    body=Box(22.0, 92.0, 166.0, 10.5, 5.8, 26),
    qr=(22.0, 252.0, 28.0),
    refuse=(166.0, 254.0, 22.0),
    foot=Box(54.0, 253.0, 108.0, 8.0, 4.2, 7),
)
SHEETS: dict[Literal["postcard", "letter"], Sheet] = {"postcard": POSTCARD, "letter": LETTER}
_SMALLEST = 7.5


def fits(form: Literal["postcard", "letter"], heading: str, body: str) -> bool:
    """Whether these words, as they are to be printed, stand on the form in a size that can be read."""
    sheet = SHEETS[form]
    return lines_in(sheet.heading, heading) is not None and fitted(sheet.body, body) is not None


def fitted(box: Box, text: str, smallest: float = _SMALLEST) -> tuple[Box, list[str]] | None:
    """The box with letters as large as they fit, and its lines; None if they would be too small to read."""
    for points in (size / 2 for size in range(round(box.points * 2), round(smallest * 2) - 1, -1)):
        scale = points / box.points
        smaller = replace(
            box, points=points, leading=box.leading * scale, lines=int(box.lines / scale + 1e-9)
        )
        lines = lines_in(smaller, text)
        if lines is not None:
            return smaller, lines
    return None


def lines_in(box: Box, text: str) -> list[str] | None:
    """Broken into lines, or None if there are too many."""
    lines = wrapped(text, box)
    return lines if len(lines) <= box.lines else None


def wrapped(text: str, box: Box) -> list[str]:
    """Paragraphs stay apart; a line is never wider than the box."""
    most = box.width / (box.points * POINT)
    return [line for part in text.strip("\n").split("\n") for line in _wrap(part.rstrip(), most)]


def _wrap(text: str, most: float) -> list[str]:
    lines = [""]
    for char in text:
        if ems(lines[-1] + char) <= most or not lines[-1]:
            lines[-1] += char
        else:
            lines += _carried(lines.pop(), char)
    return lines


def _carried(line: str, char: str) -> tuple[str, str]:
    """The line and the next, which takes along what may not stand last, or be torn from its first."""
    whole, at = line + char, len(line)
    while at > 1 and _belong(whole[at - 1], whole[at]):
        at -= 1
    at = at if at > 1 else len(line)
    return whole[:at], whole[at:]


def _belong(before: str, after: str) -> bool:
    return after in _NOT_FIRST or before in _NOT_LAST or all(char in _WORD for char in (before, after))


def ems(text: str) -> float:
    """The text's width, of which a kanji is one."""
    return sum(_em(char) for char in text)


def _em(char: str) -> float:
    if unicodedata.east_asian_width(char) in "WFA":
        return 1.0
    return 0.95 if char in _BROAD else 0.68


def address_lines(address: Address, box: Box) -> list[str] | None:
    """住所A and 住所B on lines of their own where they fit; None if they take too many."""
    town, rest = wrapped(address.town, box), _parts(address.rest, box)
    if len(town) + len(rest) <= box.lines:
        return town + rest
    return lines_in(box, address.whole)


def _parts(rest: str, box: Box) -> list[str]:
    """The building on a line of its own, if the customer set it apart and there is need to."""
    if not rest:
        return []
    lines = wrapped(rest, box)
    number, _, building = rest.partition(" ")
    apart = [*wrapped(number, box), *wrapped(building, box)] if building else lines
    return apart if len(apart) <= 2 else lines


def name_points(name: str, box: Box, smallest: float = 8.0) -> float | None:
    """The size in which the name with its 様 stands on one line; None if it would be too small to read."""
    width = ems(f"{name} 様") * POINT
    points = min(box.points, box.width / width)
    return points if points >= smallest else None
