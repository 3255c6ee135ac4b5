"""Readers: sales files of public research, and any CSV whose columns are named."""

import csv
import gzip
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from math import isfinite
from pathlib import Path
from typing import Any, TextIO

import pyarrow as arrow
import pyarrow.parquet as parquet

from services.scoring.backtest.sales import Sale
from shared.events.money import Money

FIELDS = ("customer", "time", "amount", "order", "product", "quantity")
NEEDED = ("customer", "time", "amount")
RETAIL_COLUMNS = ("InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID")
READ_AT_ONCE = 20_000


class Unreadable(Exception):
    """The file is not what it was said to be; the message says what to do about it."""


def cdnow(path: Path) -> Iterator[Sale]:
    """Fader & Hardie's CDNOW master: customer, YYYYMMDD, CDs, dollars; plain text or gzip.

    :raises Unreadable: at the first line that is anything else.
    """
    with _text(path) as lines:
        for number, line in enumerate(lines, start=1):
            fields = line.split()
            if not fields or fields[0] == "customer_id":
                continue
            try:
                customer, day, quantity, dollars = fields
                time = datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC)
                amount = Money.parse(dollars, "USD").amount
                yield Sale(customer, time, f"{number}", amount, "cd", int(quantity))
            except ValueError as error:
                raise Unreadable(
                    f"{path}, line {number}: expected `customer YYYYMMDD number dollars`, as in the CDNOW "
                    "master file. For another layout make it a CSV and name its columns with --columns."
                ) from error


def online_retail(path: Path) -> Iterator[Sale]:
    """UCI Online Retail I as Parquet. Lines without a customer are dropped; an invoice C… takes goods back.

    :raises Unreadable: if it is no Parquet file or lacks a column.
    """
    try:
        table = parquet.ParquetFile(path)
        missing = [name for name in RETAIL_COLUMNS if name not in table.schema_arrow.names]
    except (arrow.ArrowException, OSError) as error:
        raise Unreadable(f"{path}: not a Parquet file. A CSV can be read with --columns.") from error
    if missing:
        raise Unreadable(f"{path}: no column {', '.join(missing)}. Another layout: a CSV and --columns.")
    for batch in table.iter_batches(READ_AT_ONCE, columns=list(RETAIL_COLUMNS)):
        columns = (batch.column(name).to_pylist() for name in RETAIL_COLUMNS)
        for invoice, product, quantity, time, price, customer in zip(*columns, strict=True):
            if customer is not None and isfinite(customer):
                yield _retail(str(invoice), str(product), int(quantity), time, price, int(customer))


def _retail(invoice: str, product: str, quantity: int, time: datetime, price: float, customer: int) -> Sale:
    returned = invoice.startswith("C") or quantity <= 0
    amount = round(abs(quantity) * price * 100)
    return Sale(
        str(customer), time.replace(tzinfo=UTC), invoice, amount, product, abs(quantity), returned=returned
    )


def named_columns(path: Path, columns: Mapping[str, str], currency: str) -> Iterator[Sale]:
    """Any CSV with a header; `columns` says which of its columns is our customer, time, amount and so on.

    Without an order column each line is an order. A negative amount takes goods back.

    :raises Unreadable: if a needed field is not mapped, a column is not there, or a line can't be read.
    """
    _check_fields(columns)
    with _text(path) as lines:
        reader = csv.DictReader(lines)
        absent = [name for name in columns.values() if name not in (reader.fieldnames or ())]
        if absent:
            raise Unreadable(
                f"{path}: no column {', '.join(absent)}. It has: {', '.join(reader.fieldnames or ())}."
            )
        for number, line in zip(count(2), reader, strict=False):
            fields = {ours: line[theirs] or "" for ours, theirs in columns.items()}
            if not fields["customer"]:
                continue
            try:
                yield _sale(fields, number, currency)
            except ValueError as error:
                raise Unreadable(
                    f"{path}, line {number}: {error}. Times are ISO 8601 (2026-04-01 or "
                    "2026-04-01T09:30:00+09:00), amounts decimal numbers."
                ) from error


def _check_fields(columns: Mapping[str, str]) -> None:
    unknown = [name for name in columns if name not in FIELDS]
    if unknown:
        raise Unreadable(f"--columns knows no {', '.join(unknown)}; it knows {', '.join(FIELDS)}.")
    lacking = [name for name in NEEDED if name not in columns]
    if lacking:
        raise Unreadable(f"--columns must also say which column is {', '.join(lacking)}.")


def _sale(fields: Mapping[str, str], number: int, currency: str) -> Sale:
    time = datetime.fromisoformat(fields["time"])
    amount = Money.parse(fields["amount"], currency).amount
    return Sale(
        customer=fields["customer"],
        time=time if time.tzinfo else time.replace(tzinfo=UTC),
        order=fields.get("order") or f"line {number}",
        amount=abs(amount),
        product=fields.get("product", ""),
        quantity=abs(int(float(fields.get("quantity") or 1))),
        returned=amount < 0,
    )


@contextmanager
def _text(path: Path) -> Iterator[TextIO]:
    """The file's lines, unpacked if it is gzip.

    :raises Unreadable: if it is not there, or not UTF-8 text.
    """
    opened: Callable[..., Any] = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig", newline="") as lines:
            yield lines
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path}: can't be read as UTF-8 text ({type(error).__name__}).") from error
