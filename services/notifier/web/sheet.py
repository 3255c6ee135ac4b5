"""Sheet: a table as a CSV that opens in a Japanese Excel by a double click, and runs nothing there."""

from collections.abc import Iterable, Sequence

Cell = str | int | float | None

# Without it Excel takes UTF-8 for the code page of the country.
_MARK = "\ufeff"
_END = "\r\n"
# What a spreadsheet may take for a formula, after blanks too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "|", "%")


def sheet(lines: Iterable[Sequence[Cell]]) -> bytes:
    return (_MARK + "".join(f"{','.join(map(_cell, line))}{_END}" for line in lines)).encode()


def _cell(value: Cell) -> str:
    """Numbers are ours; text may come from anywhere."""
    match value:
        case None:
            return ""
        case str():
            guarded = f"'{value}" if value.lstrip(" \u3000\xa0").startswith(_FORMULA) else value
            clean = guarded.replace("\x00", "")
            return f'"{clean.replace(chr(34), chr(34) * 2)}"' if set(clean) & set(',"\r\n') else clean
        case float():
            return f"{value:.4f}".rstrip("0").rstrip(".")
        case _:
            return str(value)
