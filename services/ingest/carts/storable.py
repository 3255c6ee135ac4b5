"""Storable: can every part of the system hold an event? One that can't be stored would stop a partition."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import inspect

from shared.events.catalogue import NAMES, Event
from shared.events.commerce import OrderPlaced

# Nothing a shop does happens outside of these; a date that overflows in UTC or in PostgreSQL does.
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_LONGEST_TEXT = 500

# With fewer digits in a row there is no number beyond 64 bits.
_NINETEEN_DIGITS = b"0" * 19
_DIGITS_ALIKE = bytes.maketrans(b"123456789", b"0" * 9)

_encode = msgspec.json.Encoder().encode

_Check = Callable[[Any], bool]


def is_storable(subject: str, time: datetime | None, event: Event) -> bool:
    """No NUL, no text of over 500 characters, no number beyond 64 bits, no time that PostgreSQL lacks."""
    if not _text(subject) or not (time is None or _moment(time)):
        return False
    check = _CHECKS[type(event)]
    return check is None or (type(event) is OrderPlaced and _fits_as_json(event)) or check(event)


def _fits_as_json(event: OrderPlaced) -> bool:
    """Whether one look at the whole suffices; it has no times, but parts of parts, and each is a check."""
    written = _encode(event)
    return (
        len(written) <= _LONGEST_TEXT
        and b"\\u0000" not in written
        and _NINETEEN_DIGITS not in written.translate(_DIGITS_ALIKE)
    )


def _text(value: str) -> bool:
    return len(value) <= _LONGEST_TEXT and "\0" not in value


def _number(value: int) -> bool:
    return -(2**63) <= value < 2**63


def _moment(value: datetime) -> bool:
    # The year alone says it of nearly all, and a comparison across offsets is slow.
    return value.tzinfo is not None and (1990 < value.year < 2199 or _EARLIEST <= value <= _LATEST)


def _scalar(value: object) -> bool:
    match value:
        case str():
            return _text(value)
        case int():
            return _number(value)
        case _:
            return True


def _check(shape: inspect.Type) -> _Check | None:
    """The check of values of this type; None where the type itself leaves nothing to check."""
    match shape:
        case inspect.StrType():
            return _text
        case inspect.IntType():
            return _number
        case inspect.DateTimeType():
            return _moment
        case inspect.StructType(fields=fields):
            return _struct({field.name: check for field in fields if (check := _check(field.type))})
        case inspect.VarTupleType(item_type=item) | inspect.ListType(item_type=item):
            return _each(_check(item))
        case inspect.DictType(value_type=value):
            return _values(_check(value))
        case inspect.UnionType(types=types):
            return _either([_check(each) for each in types if not isinstance(each, inspect.NoneType)])
        case inspect.LiteralType() | inspect.BoolType() | inspect.FloatType():
            return None
        case _:
            raise TypeError(f"an event has a field of a kind that nobody knows how to check: {shape!r}")


def _struct(checks: dict[str, _Check]) -> _Check | None:
    several = tuple(checks.items())

    def fits(value: object) -> bool:
        return all([check(getattr(value, name)) for name, check in several])

    return fits if several else None


def _each(check: _Check | None) -> _Check | None:
    return (lambda values: all(map(check, values))) if check else None


def _values(check: _Check | None) -> _Check | None:
    return (lambda mapping: all(map(check, mapping.values()))) if check else None


def _either(checks: list[_Check | None]) -> _Check | None:
    if len(checks) > 1:
        return _scalar
    check = checks[0]
    return (lambda value: value is None or check(value)) if check else None


_CHECKS: dict[type[msgspec.Struct], _Check | None] = {
    struct: _check(inspect.type_info(struct)) for struct in NAMES
}
