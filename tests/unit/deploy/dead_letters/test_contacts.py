"""A replay brings no old contact back: not over a newer one, and never after an erasure."""

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from deploy.dead_letters.contacts import Standing, contact_keys, without_old_contacts
from deploy.dead_letters.fate import Closes, Fate, Stays, fate
from deploy.dead_letters.letter import Letter
from services.ingest.carts import CARTS
from services.ingest.shops import Account
from shared.events.envelope import decode
from shared.events.record import Record

Parked = Callable[..., Letter]

KEY = b"kirei/shopify/42"
CUSTOMER = msgspec.json.encode(
    {
        "id": 42,
        "first_name": "花子",
        "email": "hanako@example.jp",
        "currency": "JPY",
        "updated_at": "2026-04-01T00:00:00Z",
    }
)
SECOND = timedelta(seconds=1)


@pytest.fixture
def customer(webhook: Parked) -> Closes:
    """The fate of a customers/update: customer.seen and contact.changed."""
    found = fate(webhook(CUSTOMER, "customers/update"), _account)
    assert isinstance(found, Closes)
    return found


def _account(shop: str, cart: str) -> Account:
    return Account(shop, CARTS[cart], (b"hush",))


def contact(found: Fate) -> Record | None:
    assert isinstance(found, Closes)
    return next((record for record in found.records if record.topic == "customer-contacts"), None)


def test_whose_contacts_it_holds_is_known_before(customer: Closes, webhook: Parked) -> None:
    assert contact_keys(customer) == {KEY}
    assert contact_keys(fate(webhook(b'{"id": 42}', "customers/delete"), _account)) == set()
    assert contact_keys(Stays("still not_json")) == set()


@pytest.mark.parametrize("known", [{}, {b"kirei/shopify/43": None}])
def test_of_whom_nothing_is_known_the_contact_is_published(customer: Closes, known: Standing) -> None:
    assert without_old_contacts(customer, known) == customer


@pytest.mark.parametrize(("later", "published"), [(-SECOND, True), (0 * SECOND, True), (SECOND, False)])
def test_a_newer_contact_stays(customer: Closes, later: timedelta, published: bool) -> None:
    record = contact(customer)
    assert record is not None
    found = without_old_contacts(customer, {KEY: decode(record.value or b"").time + later})
    assert (contact(found) is not None) is published


def test_after_an_erasure_the_contact_is_left_out_and_the_rest_is_told(customer: Closes) -> None:
    found = without_old_contacts(customer, {KEY: None})
    assert isinstance(found, Closes)
    assert (found.outcome, found.events) == ("translated", customer.events - 1)
    assert [record.topic for record in found.records] == ["customer-events"]


def test_a_letter_that_is_nothing_but_an_old_contact_is_of_no_use(customer: Closes) -> None:
    record = contact(customer)
    assert record is not None
    alone = Closes("put_back", 1, (record,))
    assert without_old_contacts(alone, {KEY: None}) == Closes("ignored", 0, ())


def test_an_erasure_is_never_too_old(webhook: Parked) -> None:
    erasure = fate(webhook(b'{"id": 42}', "customers/delete"), _account)
    assert without_old_contacts(erasure, {KEY: None}) == erasure
