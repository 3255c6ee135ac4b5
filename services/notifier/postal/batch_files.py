"""The files of a batch: names, the list for the print house or the warehouse, the manifest and the receipt.

The same pieces give the same bytes, whenever and wherever they are made.
"""

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from services.notifier.postal.address import Refused, read
from services.notifier.postal.customer_barcode import place_of
from services.notifier.postal.piece import Form, Piece

_POSTAL = ("通番", "管理番号", "処理番号", "ページ", "郵便番号", "住所", "氏名", "バーコード情報")
_INSERT = ("通番", "管理番号", "処理番号", "顧客番号", "契約番号", "お届け回数", "同梱物", "メッセージ")
ACTION_COLUMN = "処理番号"
# A spreadsheet takes these for the beginning of a formula; after an apostrophe they are text.
_FORMULA = tuple("=+-@＝＋－＠|%\t")
_PAGES = {"postcard": 2, "letter": 1}


@dataclass(frozen=True, slots=True)
class BatchFile:
    """A file as it is handed over."""

    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


class Rejected(msgspec.Struct, frozen=True):
    """A piece that was not printed, in the print house's words."""

    action: str
    reason: str = ""


class Receipt(msgspec.Struct, frozen=True):
    """What the print house says of a batch; what is in neither list counts as accepted."""

    batch: str
    accepted: tuple[str, ...] = ()
    rejected: tuple[Rejected, ...] = ()


def pdf_name(batch: str, form: Form) -> str:
    return f"{batch}.{form}.pdf"


def list_name(batch: str, form: Form) -> str:
    return f"{batch}.{form}.csv"


def manifest_name(batch: str) -> str:
    return f"{batch}.manifest.json"


def receipt_name(batch: str) -> str:
    return f"{batch}.receipt.json"


def in_order(pieces: Sequence[Piece]) -> list[Piece]:
    """By postcode, as the post sorts them, then by action."""
    return sorted(pieces, key=lambda piece: (piece.postcode, piece.action))


def files_of(
    batch: str, form: Form, cut_off: str, pieces: Sequence[Piece], pdf: bytes | None
) -> list[BatchFile]:
    """All that is handed over, the manifest last: whoever sees it finds the others whole."""
    files = [BatchFile(list_name(batch, form), _list(form, in_order(pieces)))]
    if pdf is not None:
        files.insert(0, BatchFile(pdf_name(batch, form), pdf))
    manifest = {
        "batch": batch,
        "form": form,
        "cut_off": cut_off,
        "count": len(pieces),
        "files": [{"name": file.name, "bytes": len(file.content), "sha256": file.sha256} for file in files],
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    return [*files, BatchFile(manifest_name(batch), text.encode())]


def read_receipt(content: bytes, batch: str) -> Receipt:
    """:raises ValueError: if it is no receipt, or another batch's."""
    receipt = msgspec.json.decode(content, type=Receipt)
    if receipt.batch != batch:
        raise ValueError("the receipt is of another batch")
    return receipt


def _list(form: Form, pieces: Sequence[Piece]) -> bytes:
    """UTF-8 with a byte order mark: Excel reads it, and no name is lost, which CP932 could not promise."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(_INSERT if form == "insert" else _POSTAL)
    for place, piece in enumerate(pieces):
        row = _insert(piece) if form == "insert" else _postal(piece, place, _PAGES[form])
        writer.writerow(_harmless(cell) for cell in (str(place + 1), piece.number, piece.action, *row))
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _postal(piece: Piece, place: int, pages: int) -> tuple[str, ...]:
    first = place * pages + 1
    address = read(piece.postcode, None, piece.address)
    number = None if isinstance(address, Refused) else place_of(address)
    coded = "" if number is None else f"{piece.postcode}{number}"
    shown = f"{piece.postcode[:3]}-{piece.postcode[3:]}"
    page = str(first) if pages == 1 else f"{first}-{first + pages - 1}"
    return (page, shown, piece.address, piece.recipient, coded)


def _insert(piece: Piece) -> tuple[str, ...]:
    nth = "" if piece.delivery_number is None else str(piece.delivery_number)
    return (piece.customer_ref, piece.order, nth, piece.item, piece.body)


def _harmless(cell: str) -> str:
    text = " ".join(cell.replace("\x00", "").split())
    return f"'{text}" if text.startswith(_FORMULA) else text
