"""Creatives: a customer always gets the same words, and the shares hold over many."""

from collections import Counter

from services.notifier.scenarios.creative import draw
from services.notifier.scenarios.scenario import Creative, Step

A, B = Creative("a", "mail", "words", share=3), Creative("b", "mail", "other words")
STEP = Step("step", ("mail", "line"), (A, Creative("bubble", "line", "short words"), B))
CUSTOMERS = [f"tea-shop/shopify/{number}" for number in range(2000)]


def test_the_same_customer_always_gets_the_same() -> None:
    first = [draw(STEP, "mail", ref, "salt") for ref in CUSTOMERS]
    assert [draw(STEP, "mail", ref, "salt") for ref in CUSTOMERS] == first


def test_the_shares_hold_over_many_customers() -> None:
    drawn = Counter(one.key for ref in CUSTOMERS if (one := draw(STEP, "mail", ref, "salt")) is not None)
    assert 0.72 < drawn["a"] / len(CUSTOMERS) < 0.78
    assert drawn.total() == len(CUSTOMERS)


def test_another_salt_draws_anew_and_a_single_one_is_everyones() -> None:
    moved = sum(draw(STEP, "mail", ref, "salt") != draw(STEP, "mail", ref, "other") for ref in CUSTOMERS)
    assert moved > 500
    assert {one.key for ref in CUSTOMERS if (one := draw(STEP, "line", ref, "salt"))} == {"bubble"}


def test_a_way_without_words_gets_none() -> None:
    assert draw(STEP, "postal_dm", CUSTOMERS[0], "salt") is None
