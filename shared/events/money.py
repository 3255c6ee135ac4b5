"""Money: an integer in the currency's minor unit, never a float."""

import re
from decimal import ROUND_HALF_UP, Decimal

import msgspec

# ISO 4217 exponents that are not 2; the shops we serve sell in yen, which has no minor unit.
_EXPONENTS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "BHD": 3, "KWD": 3, "JOD": 3, "TND": 3}

_MOST_DIGITS = 15
_DECIMAL = re.compile(rf"-?[0-9]{{1,{_MOST_DIGITS}}}(\.[0-9]{{1,6}})?")


class NotAnAmount(ValueError):
    """A text that should be money, and is not."""


class Money(msgspec.Struct, frozen=True):
    """An amount in minor units (JPY has none: 1 = 1 yen) and its ISO 4217 currency."""

    amount: int
    currency: str

    @classmethod
    def parse(cls, decimal: str, currency: str) -> "Money":
        """Read a platform's decimal string ("1980", "89.99").

        :raises NotAnAmount: see `minor_units`.
        """
        return cls(minor_units(decimal, currency), currency)


def minor_units(decimal: str, currency: str) -> int:
    """A platform's decimal string as a number of the currency's smallest coins.

    :raises NotAnAmount: if the text is no decimal number, or has over 15 digits before or 6 after the point.
    """
    places = exponent(currency)
    if places == 0 and decimal.isdigit() and decimal.isascii() and len(decimal) <= _MOST_DIGITS:
        return int(decimal)  # nearly every amount of a shop in Japan, and five times as fast
    if not _DECIMAL.fullmatch(decimal):
        raise NotAnAmount(f"not an amount of money: {decimal!r:.40}")
    return int(Decimal(decimal).scaleb(places).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def exponent(currency: str) -> int:
    """Number of decimal places between the major and the minor unit."""
    return _EXPONENTS.get(currency, 2)
