"""What somebody typed, and as what it is looked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.terms import MOST, Terms, read


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("やまだ", Terms(name="やまだ", number="やまだ")),
        (" ﾔﾏﾀﾞ ﾊﾅ ", Terms(name="ヤマダ ハナ")),
        ("山田　花子", Terms(name="山田 花子")),
        ("Hanako", Terms(name="Hanako", mail="hanako", number="Hanako")),
        ("HANAKO@Example.jp", Terms(mail="hanako@example.jp")),
        ("demo/shopify/7", Terms(ref="demo/shopify/7")),
        ("7", Terms(number="7")),
        ("5678", Terms(tail="8765", number="5678")),
        ("090-1234-5678", Terms(phone="09012345678", tail="87654321090")),
        ("０９０ー１２３４", Terms(phone="0901234", tail="4321090")),
        ("+81 90 1234 5678", Terms(phone="09012345678", tail="87654321090")),
        ("+81 (0)90-1234-5678", Terms(phone="09012345678", tail="87654321090")),
        ("(03) 1234 5678", Terms(phone="0312345678", tail="8765432130")),
        ("090", Terms(phone="090", number="090")),
    ],
)
def test_what_was_typed_is_looked_for_as_what_it_can_be(typed: str, wanted: Terms) -> None:
    assert read(typed) == wanted


@pytest.mark.parametrize("typed", ["", "  ", "\u3000", "\x00"])
def test_of_nothing_nothing_is_looked_for(typed: str) -> None:
    assert read(typed) is None


@given(st.text(max_size=300))
def test_whatever_is_typed_makes_terms_that_postgresql_takes(typed: str) -> None:
    terms = read(typed)
    if terms is not None:
        for term in (terms.name, terms.mail, terms.phone, terms.tail, terms.number, terms.ref):
            assert term is None or (0 < len(term) <= MOST and "\x00" not in term)
