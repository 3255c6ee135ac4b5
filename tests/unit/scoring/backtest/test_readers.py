"""Readers: lines of a file become sales, and sales become facts."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest

from services.scoring.backtest.readers import Unreadable, cdnow, named_columns, online_retail
from services.scoring.backtest.sales import Sale, histories
from shared.events.commerce import Line, OrderCancelled, OrderPlaced
from shared.events.money import Money

MASTER = (
    " customer_id  date number_of_cds  dollar_value\n 00001 19970101  1   11.77\n 00002 19970112  2  89.00\n"
)
COLUMNS = {"customer": "who", "time": "when", "amount": "paid", "order": "slip", "product": "item"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_cdnow_master_is_read_packed_or_not(tmp_path: Path) -> None:
    plain, packed = tmp_path / "master.txt", tmp_path / "master.txt.gz"
    plain.write_text(MASTER)
    packed.write_bytes(gzip.compress(MASTER.encode()))
    first, second = cdnow(plain)
    assert (first.customer, first.time, first.amount) == ("00001", at("1997-01-01"), 1177)
    assert (second.quantity, second.amount) == (2, 8900)
    assert list(cdnow(packed)) == [first, second]


@pytest.mark.parametrize("text", ["1,2,3\n", "00001 19971301 1 11.77\n", "00001 19970101 1 much\n"])
def test_another_file_is_refused_with_its_line(text: str, tmp_path: Path) -> None:
    file = tmp_path / "other.txt"
    file.write_text(MASTER + text)
    with pytest.raises(Unreadable, match="line 4"):
        list(cdnow(file))


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "master.txt.gz"
    file.write_bytes(b"\x00\xff not gzip")
    with pytest.raises(Unreadable, match="UTF-8"):
        list(cdnow(file))


def retail(path: Path, *invoices: tuple[str, float, float | None]) -> Path:
    columns = {
        "InvoiceNo": [invoice for invoice, _, _ in invoices],
        "StockCode": ["85123A"] * len(invoices),
        "Quantity": [quantity for _, quantity, _ in invoices],
        "InvoiceDate": [datetime(2010, 12, 1, 8, 26, tzinfo=UTC)] * len(invoices),
        "UnitPrice": [2.55] * len(invoices),
        "CustomerID": [customer for _, _, customer in invoices],
    }
    parquet.write_table(arrow.table(columns), path)
    return path


def test_an_invoice_with_a_c_takes_goods_back_and_strangers_are_dropped(tmp_path: Path) -> None:
    file = retail(
        tmp_path / "r.parquet", ("536365", 6, 17850.0), ("C536379", -1, 17850.0), ("536366", 1, None)
    )
    bought, returned = online_retail(file)
    assert (bought.customer, bought.amount, bought.returned) == ("17850", 1530, False)
    assert (returned.order, returned.returned) == ("C536379", True)


def test_what_is_no_online_retail_file_is_refused(tmp_path: Path) -> None:
    text, table = tmp_path / "a.csv", tmp_path / "a.parquet"
    text.write_text("a,b\n")
    parquet.write_table(arrow.table({"InvoiceNo": ["1"]}), table)
    with pytest.raises(Unreadable, match="--columns"):
        list(online_retail(text))
    with pytest.raises(Unreadable, match="no column StockCode"):
        list(online_retail(table))


def test_any_csv_is_read_by_its_columns_names(tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(
        "slip,who,when,paid,item\n7,ann,2026-04-01T09:30:00+09:00,1980,soap\n8,ann,2026-05-01,-500,soap\n,,2026,1,\n"
    )
    bought, returned = named_columns(file, COLUMNS, "JPY")
    assert bought == Sale("ann", datetime.fromisoformat("2026-04-01T09:30:00+09:00"), "7", 1980, "soap")
    assert (returned.time, returned.returned) == (at("2026-05-01"), True)


@pytest.mark.parametrize(
    ("columns", "text", "why"),
    [
        ({"customer": "who", "time": "when"}, "who,when\n", "must also say which column is amount"),
        ({**COLUMNS, "colour": "c"}, "", "knows no colour"),
        (COLUMNS, "who,when,paid\n", "no column slip, item. It has: who, when, paid"),
        (COLUMNS, "who,when,paid,slip,item\na,yesterday,1,1,\n", "line 2"),
        (COLUMNS, "who,when,paid,slip,item\na,2026-01-01,lots,1,\n", "line 2"),
    ],
)
def test_a_csv_that_does_not_fit_is_refused(
    columns: dict[str, str], text: str, why: str, tmp_path: Path
) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(text)
    with pytest.raises(Unreadable, match=why):
        list(named_columns(file, columns, "JPY"))


def test_lines_of_one_order_are_one_fact() -> None:
    lines = (
        Sale("ann", at("2026-04-01"), "7", 1000, "soap", 2),
        Sale("bob", at("2026-04-02"), "9", 300),
        Sale("ann", at("2026-04-01"), "7", 500, "tea"),
        Sale("ann", at("2026-03-01"), "C1", 500, "tea", returned=True),
    )
    found = histories(lines, "JPY")
    cancelled, placed = (fact.data for fact in found["ann"])
    assert cancelled == OrderCancelled("C1")
    assert placed == OrderPlaced(
        "7", Money(1500, "JPY"), (Line("soap", 2, Money(1000, "JPY")), Line("tea", 1, Money(500, "JPY")))
    )
    assert found["bob"][0].data == OrderPlaced("9", Money(300, "JPY"))
