"""A shop's own offers: read whole, or refused with all that is wrong."""

from pathlib import Path

import pytest

from services.notifier.offers.file import read
from services.notifier.offers.offer import KINDS, NEW_CONTRACT, SHIPPED
from services.notifier.web.call_reasons import BY_CODE, route_of
from services.notifier.web.words import WORDS

ROOT = Path(__file__).parents[4]
DISCOUNT = '[[offer]]\nkey = "discount"\ntitle = "10%引き"\ncost = 800\n'


def test_the_shipped_offers_need_no_budget_and_answer_reasons_that_allow_a_proposal() -> None:
    assert list(SHIPPED) == ["skip", "cycle", "pause"]
    for offer in SHIPPED.values():
        assert offer.cost == 0
        assert offer.title_en
        assert all(route_of(reason) == "persuade" and reason in BY_CODE for reason in offer.reasons)


def test_a_file_adds_to_what_is_shipped_in_the_order_of_the_kinds() -> None:
    more = '[[offer]]\nkey = "gift"\ntitle = "お試し品"\ncost = 200\n'
    assert list(read(DISCOUNT + more)) == ["skip", "cycle", "pause", "gift", "discount"]


def test_of_one_kind_the_cheaper_comes_first() -> None:
    dear = DISCOUNT.replace('"discount"', '"discount_big"').replace("800", "2000")
    assert list(read(dear + DISCOUNT))[-2:] == ["discount", "discount_big"]


def test_an_offer_of_the_same_key_replaces_the_shipped_one_and_others_may_be_left_out() -> None:
    own = '[[offer]]\nkey = "pause"\ntitle = "休止"\nspacing_days = 365\nwithin_minimum = true\n'
    found = read('without = ["cycle"]\n' + own)
    assert list(found) == ["skip", "pause"]
    assert (found["pause"].spacing_days, found["pause"].within_minimum) == (365, True)


def test_who_enters_a_new_contract_is_told_what_the_law_asks_for() -> None:
    product = '[[offer]]\nkey = "product"\ntitle = "大容量"\nnew_contract = true\n'
    assert read(product + 'disclose = ["effective_from", "price"]')["product"].facts_to_tell() == (
        "effective_from",
        "price",
        *(fact for fact in NEW_CONTRACT if fact != "price"),
    )


def test_the_demos_shop_makes_one_offer_of_each_further_kind() -> None:
    found = read((ROOT / "deploy/local/offers.toml").read_text(encoding="utf-8"))
    assert [offer.kind for offer in found.values()] == list(KINDS)
    assert all(offer.title_en and offer.detail_en for offer in found.values())


def test_an_empty_file_leaves_what_is_shipped() -> None:
    assert read("") == SHIPPED


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[offer", "can't be read"),
        (DISCOUNT + "colour = 1\n", "unknown field"),
        (DISCOUNT.replace("800", '"800"'), "Expected `int`"),
        (DISCOUNT.replace("800", "-1"), "cost"),
        (DISCOUNT.replace('"discount"', '"bribe"'), "key"),
        (DISCOUNT.replace('"10%引き"', '""'), "title"),
        (DISCOUNT + DISCOUNT, "discount is there twice"),
        (DISCOUNT.replace("800", "0"), "a discount costs something"),
        (DISCOUNT + 'reasons = ["price"]\n', "unknown reason price; known are too_much"),
        (DISCOUNT + 'reasons = ["not_suitable"]\n', "whoever leaves for not_suitable is made no offer"),
        ('without = ["discount"]', "without: discount is none of skip, cycle, pause"),
        ('[[offer]]\nkey = "skip"\ntitle = "休み"\nnew_contract = true\n', "which a skip is not"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match="offers file") as told:
        read(text)
    assert complaint in str(told.value)


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(ValueError, match=r"twice.*price"):
        read((DISCOUNT + 'reasons = ["price"]\n') * 2)


def test_every_kind_and_every_fact_to_tell_has_its_words() -> None:
    told = {fact for offer in SHIPPED.values() for fact in offer.facts_to_tell()} | set(NEW_CONTRACT)
    assert all(f"disclose_{fact}" in WORDS["ja"] for fact in told)
    assert {offer.kind for offer in SHIPPED.values()} < set(KINDS)
