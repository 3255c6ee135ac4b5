"""Postal PDF: postcards and letters drawn page by page, with the font in them; the same bytes every time."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from itertools import groupby
from pathlib import Path
from typing import Literal

from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas

from services.notifier.postal.address import Address, Refused, read
from services.notifier.postal.batch_files import in_order
from services.notifier.postal.customer_barcode import Bar, barcode_of
from services.notifier.postal.layout import SHEETS, Box, Sheet, address_lines, fitted, lines_in, name_points
from services.notifier.postal.piece import Piece
from services.notifier.templates.occasion import Sender

_FONT = "Hikitome"
# TrueType only: what is in Noto CJK (CFF) can't be put into a PDF by reportlab.
_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "C:/Windows/Fonts")
_KNOWN = (
    "ipaexg.ttf",
    "ipaexm.ttf",
    "ipag.ttf",
    "ipagp.ttf",
    "TakaoGothic.ttf",
    "TakaoPGothic.ttf",
    "VL-Gothic-Regular.ttf",
)
_WHEEL = "matplotlib-fontja"
# In points: 8 to 11.5 are allowed, and 67 bars of this size stand between the edges of a postcard.
_BARCODE_POINTS = 9.0
_LONG, _TIMING, _PITCH, _BAR = 3.6, 1.2, 1.2, 0.6
_BOX_WIDTH, _BOX_HEIGHT = 5.7, 8.0
_SMALLEST_NOTE = 4.5
# In squares; the paper around it is as white.
_QR_BORDER = 2
_LEADING = "左のQRコードから、くわしい内容をご覧いただけます。"
_REFUSING = "今後このようなご案内を希望されない場合は、"


class NoFont(Exception):
    """No Japanese TrueType font was found; the message says what to install."""


def find_font(chosen: Path | None) -> Path:
    """The shop's own, else one of this machine's, else the one of a wheel that is there for tests.

    :raises NoFont: if there is none, or the chosen one is not there.
    """
    if chosen is not None:
        if not chosen.is_file():
            raise NoFont("font_file is not there: name a Japanese TrueType font (.ttf), such as ipaexg.ttf")
        return chosen
    found = next(_candidates(), None)
    if found is None:
        raise NoFont("no Japanese TrueType font: install IPAex (fonts-ipaexfont-gothic), or set font_file")
    return found


def _candidates() -> Iterator[Path]:
    for folder in _FOLDERS:
        yield from (path for name in _KNOWN for path in sorted(Path(folder).rglob(name)))
    try:
        yield from (Path(str(file.locate())) for file in files(_WHEEL) or [] if file.suffix == ".ttf")
    except PackageNotFoundError:
        return


def is_complete(sender: Sender) -> bool:
    """Name, address and contact: without them nothing is printed."""
    return all(part.strip() for part in (sender.name, sender.postal_address, sender.contact))


@cache
def _embeddable(font: Path) -> TTFont:
    """Read once, for that takes a sixth of a second.

    Reportlab keeps fonts by name for the whole process, so the name says which file it is.
    """
    try:
        found = TTFont(f"{_FONT} {font.stem}", str(font))
    except (TTFError, OSError) as error:
        raise NoFont(f"{font.name} can't be embedded: name a TrueType font (.ttf)") from error
    registerFont(found)
    return found


class Printer:
    """Draws pieces.

    :raises NoFont: if the file is no TrueType font that can be embedded.
    """

    def __init__(self, font: Path, sender: Sender) -> None:
        self._font = _embeddable(font)
        self._sender = sender

    def ready(self) -> bool:
        """Whether the sender can be told in full, on each form."""
        said = "\n".join(_foot(None, self._sender, apart=True))
        told = all(fitted(sheet.foot, said, _SMALLEST_NOTE) for sheet in SHEETS.values())
        return told and is_complete(self._sender)

    def can_print(self, text: str) -> bool:
        """Whether the font has every letter of it."""
        known = self._font.face.charToGlyph
        return all(char.isspace() or ord(char) in known for char in text)

    def draw(self, form: Literal["postcard", "letter"], pieces: Sequence[Piece]) -> bytes:
        """A PDF: two pages a postcard (address, then message), one a letter; sorted as the list is."""
        sheet, out = SHEETS[form], io.BytesIO()
        canvas = Canvas(out, pagesize=(sheet.width * mm, sheet.height * mm), invariant=1, pageCompression=1)
        canvas.setTitle(form)
        for piece in in_order(pieces):
            page = _Page(canvas, sheet, self._font.fontName)
            _address_side(page, piece, self._sender)
            if form == "postcard":
                canvas.showPage()
            _message(page, piece, self._sender)
            canvas.showPage()
        canvas.save()
        return out.getvalue()


@dataclass(frozen=True, slots=True)
class _Page:
    """A canvas on which millimetres are counted from the upper left corner."""

    canvas: Canvas
    sheet: Sheet
    font: str

    def lines(self, box: Box, lines: Sequence[str], points: float | None = None) -> None:
        self.canvas.setFont(self.font, points or box.points)
        for place, line in enumerate(lines):
            self.text(box.left, box.top + place * box.leading, line, points or box.points)

    def text(self, left: float, top: float, text: str, points: float) -> None:
        self.canvas.setFont(self.font, points)
        self.canvas.drawString(left * mm, (self.sheet.height - top) * mm - points * 0.88, text)

    def box(self, left: float, top: float, width: float, height: float, *, filled: bool) -> None:
        bottom = self.sheet.height - top - height
        self.canvas.rect(
            left * mm, bottom * mm, width * mm, height * mm, stroke=int(not filled), fill=int(filled)
        )


def _address_side(page: _Page, piece: Piece, sender: Sender) -> None:
    address = read(piece.postcode, None, piece.address)
    if isinstance(address, Refused):
        raise ValueError("a piece with a bad address is never drawn")
    sheet = page.sheet
    _postcode(page, address)
    page.lines(sheet.address, address_lines(address, sheet.address) or [address.whole])
    page.text(
        sheet.name.left,
        sheet.name.top,
        f"{piece.recipient} 様",
        name_points(piece.recipient, sheet.name) or 8.0,
    )
    if bars := barcode_of(address):
        _barcode(page, bars)
    returned = "宛先に届かない場合は、下記へご返送ください。" if sheet.cells else ""
    said = (returned, sender.shop_name, sender.postal_address, sender.contact, f"管理番号 {piece.number}")
    _note(page, sheet.sender, [part for part in said if part])


def _note(page: _Page, box: Box, parts: Sequence[str]) -> None:
    """Small print, still smaller if there is much of it."""
    if found := fitted(box, "\n".join(parts), _SMALLEST_NOTE):
        page.lines(*found)


def _postcode(page: _Page, address: Address) -> None:
    """In red boxes on a postcard, as the post wants them; as text above the address of a letter."""
    sheet, code = page.sheet, address.postcode
    if not sheet.cells:
        page.text(sheet.address.left, sheet.address.top - 5.0, f"〒{code[:3]}-{code[3:]}", 11.0)
        return
    page.canvas.setStrokeColorRGB(0.9, 0.3, 0.25)
    for place, (left, digit) in enumerate(zip(sheet.cells, code, strict=True)):
        page.canvas.setLineWidth((0.5 if place < 3 else 0.3) * mm)
        page.box(left, sheet.cells_top, _BOX_WIDTH, _BOX_HEIGHT, filled=False)
        page.text(left + 1.5, sheet.cells_top + 1.6, digit, 15.0)


def _barcode(page: _Page, bars: Sequence[Bar]) -> None:
    """Bars reach from the timing track (the middle third) up, down, both ways or not at all."""
    size, (left, top) = _BARCODE_POINTS / 10, page.sheet.barcode
    third = (_LONG - _TIMING) / 2 * size
    for place, bar in enumerate(bars):
        up, down = bar in (1, 2), bar in (1, 3)
        begin = top + (0.0 if up else third)
        height = _TIMING * size + third * (up + down)
        page.box(left + place * _PITCH * size, begin, _BAR * size, height, filled=True)


def _message(page: _Page, piece: Piece, sender: Sender) -> None:
    sheet = page.sheet
    page.lines(sheet.heading, lines_in(sheet.heading, piece.heading) or [])
    if body := fitted(sheet.body, piece.body):
        page.lines(*body)
    _qr(page, piece.qr_url, sheet.qr)
    apart = bool(piece.refuse_url) and piece.refuse_url != piece.qr_url
    if apart:
        _qr(page, piece.refuse_url, sheet.refuse)
    _note(page, sheet.foot, _foot(piece, sender, apart=apart))
    if sheet.cells:
        page.text(sheet.width - 34.0, sheet.height - 9.0, f"管理番号 {piece.number}", 6.0)


def _foot(piece: Piece | None, sender: Sender, *, apart: bool) -> list[str]:
    """What the QR codes are for, how to refuse, and who sends it; without a piece the longest there is."""
    leads = [_LEADING] if apart or (piece is not None and not piece.refuse_url) else []
    where = "右の小さいQRコードか、" if apart else "左のQRコードか、"
    refusing = [f"{_REFUSING}{where}下記へお知らせください。"] if piece is None or piece.refuse_url else []
    return [*leads, *refusing, "", sender.name, sender.postal_address, sender.contact]


def _qr(page: _Page, url: str, place: tuple[float, float, float]) -> None:
    """As one path: reportlab's own widget makes an object of every square, and takes long."""
    left, top, side = place
    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(url)
    code.make()
    unit = side * mm / (code.getModuleCount() + 2 * _QR_BORDER)
    ceiling = (page.sheet.height - top) * mm
    path = page.canvas.beginPath()
    for line, row in enumerate(code.modules, start=_QR_BORDER + 1):
        for begin, count in _runs(row):
            path.rect(left * mm + (begin + _QR_BORDER) * unit, ceiling - line * unit, count * unit, unit)
    page.canvas.drawPath(path, stroke=0, fill=1)


def _runs(row: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Where dark squares begin, and how many follow each other."""
    at = 0
    for dark, squares in groupby(row, bool):
        count = len(list(squares))
        if dark:
            yield at, count
        at += count
