"""Owners: a log's events by customer, though some name only a contract or an order."""

from collections.abc import Callable

from services.scoring.training.owners import grouped
from shared.events.commerce import OrderPlaced, OrderRefunded
from shared.events.customer import CustomerSeen, Identifiers
from shared.events.envelope import Envelope
from shared.events.money import Money
from shared.events.subscription import Cycle, SubscriptionSkipped, SubscriptionStarted

Fact = Callable[..., Envelope]

PLACED = OrderPlaced("o", Money(1000, "JPY"))
STARTED = SubscriptionStarted("c", Cycle("day", 30), order="o")


def test_a_skip_and_a_refund_find_their_customer(fact: Fact) -> None:
    skip = fact(SubscriptionSkipped("c"), 20, "shop/shopify/~subscription/c")
    refund = fact(OrderRefunded("o"), 21, "shop/shopify/~order/o")
    log = [skip, refund, fact(PLACED, 0), fact(STARTED, 0)]
    found = grouped(log)
    assert found.ownerless == 0
    assert len(found.by_customer["shop/shopify/1"]) == 4


def test_accounts_of_one_person_are_one_customer_wherever_in_the_log_it_is_said(fact: Fact) -> None:
    one, other = "shop/shopify/1", "shop/standard/1"
    log = [fact(PLACED, on, ref) for ref in (one, other) for on in (0, 30)]
    said = [fact(CustomerSeen(ref, Identifiers(mail="m")), 40, ref) for ref in (one, other)]
    assert grouped(log).by_customer.keys() == {one, other}
    found = grouped([said[0], *log, said[1]]).by_customer
    assert found.keys() == {one}
    assert sorted(found[one], key=lambda each: each.id) == sorted([*log, *said], key=lambda each: each.id)


def test_the_same_number_in_another_shop_is_another_contract(fact: Fact) -> None:
    skip = fact(SubscriptionSkipped("c"), 20, "other/shopify/~subscription/c")
    found = grouped([fact(STARTED, 0), skip])
    assert found.ownerless == 1
    assert list(found.by_customer) == ["shop/shopify/1"]
