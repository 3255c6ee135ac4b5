"""Postcards and letters: drawn, turned into pictures, and read back."""

from itertools import pairwise
from pathlib import Path

import msgspec
import pypdfium2
import pytest
import zxingcpp

from services.notifier.channels.postal_pdf import NoFont, Printer, find_font
from services.notifier.postal.piece import Piece
from services.notifier.templates.occasion import Sender

SENDER = Sender(
    "みどり茶房", "みどり茶房株式会社", "a@b.example", "東京都千代田区丸の内1-1-1", "0120-000-000", ""
)
PIECE = Piece(
    "0a1b2c3d-4e5f-4a6b-8c7d-000000000001",
    "tea-shop/shopify/1",
    "髙橋 﨑子",
    "1000013",
    "東京都千代田区霞が関1丁目3番2号 郵便プラザ503室",
    "お元気ですか",
    "いつもありがとうございます。\n\nお困りのことはありませんか。",
    "https://desk.example/go/" + "a" * 90,
    "https://desk.example/unsubscribe/" + "b" * 90,
)


@pytest.fixture(scope="module")
def printer() -> Printer:
    return Printer(find_font(None), SENDER)


@pytest.mark.parametrize(("form", "side"), [("postcard", 1), ("letter", 0)])
def test_both_qr_codes_can_be_read_from_paper(printer: Printer, form: str, side: int) -> None:
    pdf = pypdfium2.PdfDocument(printer.draw(form, [PIECE]))  # type: ignore[arg-type]
    picture = pdf[side].render(scale=200 / 72).to_pil()
    read = {code.text for code in zxingcpp.read_barcodes(picture)}
    assert read == {PIECE.qr_url, PIECE.refuse_url}


@pytest.mark.parametrize("form", ["postcard", "letter"])
def test_name_address_number_and_sender_stand_on_it(printer: Printer, form: str) -> None:
    pdf = pypdfium2.PdfDocument(printer.draw(form, [PIECE]))  # type: ignore[arg-type]
    text = pdf[0].get_textpage().get_text_bounded()
    for part in ("髙橋 﨑子 様", "東京都千代田区霞が関", "郵便プラザ503室", "0A1B2-C3D4E", "みどり茶房"):
        assert part in text
    said = pdf[len(pdf) - 1].get_textpage().get_text_bounded().replace("\r\n", "")
    for part in ("希望されない場合", SENDER.name, SENDER.postal_address, SENDER.contact):
        assert part in said


def test_sizes_are_those_of_a_postcard_and_of_a4(printer: Printer) -> None:
    sizes = {
        form: tuple(
            round(points / 72 * 25.4)
            for points in pypdfium2.PdfDocument(printer.draw(form, [PIECE]))[0].get_size()
        )
        for form in ("postcard", "letter")
    }
    assert sizes == {"postcard": (100, 148), "letter": (210, 297)}


def test_the_bars_stand_where_the_rules_want_them(printer: Printer) -> None:
    """Read along the timing track: 67 bars, 1.08 mm apart, each with ink."""
    dots = 20
    page = pypdfium2.PdfDocument(printer.draw("postcard", [PIECE]))[0]
    picture = page.render(scale=dots * 25.4 / 72).to_pil().convert("L")
    middle = round((105.5 + 3.6 * 0.9 / 2) * dots)
    ink = [picture.getpixel((x, middle)) < 128 for x in range(10 * dots, 90 * dots)]
    begins = [at for at in range(1, len(ink)) if ink[at] and not ink[at - 1]]
    assert len(begins) == 67
    pitches = [(after - before) / dots for before, after in pairwise(begins)]
    assert all(abs(pitch - 1.08) < 0.06 for pitch in pitches)


def test_the_same_pieces_make_the_same_bytes_in_any_order_and_process(printer: Printer) -> None:
    other = msgspec.structs.replace(PIECE, action="1a1b2c3d-4e5f-4a6b-8c7d-000000000002")
    first = printer.draw("postcard", [PIECE, other])
    assert Printer(find_font(None), SENDER).draw("postcard", [other, PIECE]) == first


def test_a_letter_that_the_font_lacks_is_noticed(printer: Printer) -> None:
    assert printer.can_print("髙橋 﨑子 〒 ㈱①〜－")
    assert not printer.can_print("吉田 \U00020bb7")


def test_a_font_that_cannot_be_embedded_is_told_in_words(tmp_path: Path) -> None:
    wrong = tmp_path / "font.ttf"
    wrong.write_bytes(b"no font")
    with pytest.raises(NoFont, match="TrueType"):
        Printer(wrong, SENDER)
    with pytest.raises(NoFont, match="font_file"):
        find_font(tmp_path / "none.ttf")


def test_nothing_is_printed_without_a_sender(printer: Printer) -> None:
    nobody = Printer(find_font(None), Sender("みどり茶房", "みどり茶房株式会社", "", "", "", ""))
    assert printer.ready()
    assert not nobody.ready()
