"""The files of a batch: a list that any spreadsheet opens safely, a manifest, and the receipt."""

import csv
import hashlib
import io
import json

import pytest

from services.notifier.postal.batch_files import files_of, read_receipt
from services.notifier.postal.piece import Piece, number_of, prefix_of

BATCH = "b6f2a7c0-0000-5000-8000-000000000001"
ACTION = "0a1b2c3d-4e5f-4a6b-8c7d-000000000001"


def piece(action: str = ACTION, **changes: object) -> Piece:
    values: dict[str, object] = {
        "customer_ref": "tea-shop/shopify/1",
        "recipient": "髙橋 﨑子",
        "postcode": "1000013",
        "address": "東京都千代田区霞が関1丁目3番2号 郵便プラザ503室",
        "heading": "お元気ですか",
        "body": "いつもありがとうございます。",
        "qr_url": "https://desk.example/go/a",
        "refuse_url": "https://desk.example/unsubscribe/a",
    }
    return Piece(action, **{**values, **changes})  # type: ignore[arg-type]


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_list_names_every_piece_with_its_barcode_and_pages() -> None:
    other = piece("1a1b2c3d-4e5f-4a6b-8c7d-000000000002", postcode="0640804")
    _, listed, _ = files_of(BATCH, "postcard", "2026-03-10", [piece(), other], b"%PDF")
    first, second = rows(listed.content)
    assert listed.name == f"{BATCH}.postcard.csv"
    assert (first["郵便番号"], first["ページ"], first["通番"]) == ("064-0804", "1-2", "1")
    assert second["氏名"] == "髙橋 﨑子"
    assert second["バーコード情報"] == "10000131-3-2-503"
    assert second["処理番号"] == ACTION
    assert second["管理番号"] == "0A1B2-C3D4E"


def test_the_list_has_no_barcode_where_the_card_has_none() -> None:
    _, listed, _ = files_of(BATCH, "postcard", "2026-03-10", [piece(postcode="9820000")], b"%PDF")
    assert rows(listed.content)[0]["バーコード情報"] == ""


@pytest.mark.parametrize("evil", ["=1+1", "+81", "-1", "@SUM(A1)", "＝1", "|calc", "\t=1"])
def test_no_cell_is_a_formula(evil: str) -> None:
    listed = files_of(BATCH, "insert", "2026-03-10", [piece(body=evil, item=evil)], None)[0]
    [row] = rows(listed.content)
    assert row["メッセージ"].startswith("'")
    assert row["同梱物"].startswith("'")


def test_an_insert_tells_the_warehouse_what_goes_into_which_parcel() -> None:
    listed, manifest = files_of(
        BATCH,
        "insert",
        "2026-03-10",
        [piece(order="88", delivery_number=3, item="お礼カード", body="一行目\n二行目")],
        None,
    )
    [row] = rows(listed.content)
    assert (row["顧客番号"], row["契約番号"], row["お届け回数"]) == ("tea-shop/shopify/1", "88", "3")
    assert (row["同梱物"], row["メッセージ"]) == ("お礼カード", "一行目 二行目")
    assert json.loads(manifest.content)["files"][0]["name"] == f"{BATCH}.insert.csv"


def test_the_manifest_has_the_count_and_the_hash_of_every_file() -> None:
    made = files_of(BATCH, "postcard", "2026-03-10", [piece()], b"%PDF")
    manifest = json.loads(made[-1].content)
    assert made[-1].name == f"{BATCH}.manifest.json"
    assert manifest["count"] == 1
    assert {file["name"]: file["sha256"] for file in manifest["files"]} == {
        file.name: hashlib.sha256(file.content).hexdigest() for file in made[:-1]
    }


def test_the_same_pieces_in_any_order_make_the_same_bytes() -> None:
    one, other = piece(), piece("1a1b2c3d-4e5f-4a6b-8c7d-000000000002")
    assert files_of(BATCH, "insert", "c", [one, other], None) == files_of(
        BATCH, "insert", "c", [other, one], None
    )


def test_a_receipt_is_read_and_another_batchs_is_not() -> None:
    told = json.dumps(
        {"batch": BATCH, "accepted": [], "rejected": [{"action": ACTION, "reason": "x"}]}
    ).encode()
    assert [one.action for one in read_receipt(told, BATCH).rejected] == [ACTION]
    for wrong in (told.replace(b"b6f2", b"0000"), told[:-4], b"[]", b'{"batch": 1}'):
        with pytest.raises(ValueError, match=r".+"):
            read_receipt(wrong, BATCH)


def test_a_number_is_found_however_it_is_typed() -> None:
    number = number_of(ACTION)
    for typed in (number, number.lower(), number.replace("-", ""), " ０Ａ１Ｂ２－Ｃ３Ｄ４Ｅ "):
        assert prefix_of(typed) == "0a1b2c3d-4e"
    assert prefix_of("0A1B2-C3D4") is None
    assert prefix_of("0A1B2-C3D4%") is None
