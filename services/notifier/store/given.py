"""Given: many rows as the arguments of one statement, an array for each column."""

from collections.abc import Mapping, Sequence


def given(columns: Mapping[str, str]) -> str:
    """For FROM: the rows as a table `given`; `columns` are their names and types in SQL."""
    arrays = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in columns.items())
    return f"unnest({arrays}) AS given ({', '.join(columns)})"


def arrays(columns: Mapping[str, str], rows: Sequence[Mapping[str, object]]) -> dict[str, list[object]]:
    """The arguments that `given` asks for."""
    return {name: [row[name] for row in rows] for name in columns}
