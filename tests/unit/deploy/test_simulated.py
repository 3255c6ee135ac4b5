"""The simulated history: both kinds of webhooks speak of one customer, who can be recognised."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from deploy.simulated import CART, ORIGIN, SHOP, envelopes
from shared.events.customer import CustomerSeen
from shared.events.engagement import MailOpened, PageViewed, SurveyAnswered
from shared.events.envelope import Envelope
from shared.events.refs import is_customer_ref
from simulation.shop import Shop


@pytest.fixture(scope="module")
def history() -> Sequence[Envelope]:
    return list(envelopes(Shop(3, 60, ORIGIN).until(ORIGIN + timedelta(days=120))))


def test_what_the_shop_tells_itself_is_about_the_customers_of_its_cart(history: Sequence[Envelope]) -> None:
    known = {each.subject for each in history if isinstance(each.data, CustomerSeen)}
    own = [each for each in history if each.source == f"/shops/{SHOP}/standard"]
    assert {type(each.data) for each in own} >= {PageViewed, MailOpened, SurveyAnswered}
    assert {each.subject for each in own} <= known
    assert all(subject.startswith(f"{SHOP}/{CART}/") for subject in known)


def test_nothing_is_told_of_a_customer_before_the_account_exists(history: Sequence[Envelope]) -> None:
    known: set[str] = set()
    for each in history:
        if isinstance(each.data, CustomerSeen):
            known.add(each.subject)
        assert each.subject in known or not is_customer_ref(each.subject)


def test_who_comes_back_can_be_recognised_by_what_is_hashed(history: Sequence[Envelope]) -> None:
    accounts: dict[str, set[str]] = {}
    for each in history:
        if isinstance(each.data, CustomerSeen) and each.data.identifiers:
            known = each.data.identifiers
            for clue in (known.mail, known.phone, known.household):
                if clue:
                    accounts.setdefault(clue, set()).add(each.subject)
    recognised = set().union(*(found for found in accounts.values() if len(found) > 1))
    assert 2 <= len(recognised) < 0.2 * len(set().union(*accounts.values()))
