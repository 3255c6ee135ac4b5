"""Money is a whole number of minor units."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events.money import Money


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("1980", "JPY", 1980),
        ("1980.00", "JPY", 1980),
        ("89.99", "USD", 8999),
        ("-5.5", "USD", -550),
        ("0.0005", "KWD", 1),
    ],
)
def test_a_platforms_decimal_becomes_minor_units(text: str, currency: str, amount: int) -> None:
    assert Money.parse(text, currency) == Money(amount, currency)


@pytest.mark.parametrize("text", ["", "12,000", "NaN", "Infinity", "¥100", "1e999999999"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        Money.parse(text, "JPY")


@given(st.integers(-(10**12), 10**12))
def test_minor_units_survive_the_way_through_a_decimal_string(cents: int) -> None:
    assert (
        Money.parse(f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}", "USD").amount
        == cents
    )
