"""Shopify's customers as facts: seen, how to reach them, what they agreed to, erased."""

from typing import Annotated

import msgspec

from services.ingest.carts.base import Delivery, Fact, Id, Ignored, Moment
from services.ingest.carts.prefectures import PREFECTURES
from services.ingest.carts.shopify_reading import Facts, of_customer
from shared.events.customer import (
    ConsentGranted,
    ConsentWithdrawn,
    ContactChanged,
    CustomerErased,
    CustomerSeen,
)
from shared.events.identity import DuplicateConfirmed
from shared.events.refs import customer_ref

CustomerGid = Annotated[str, msgspec.Meta(pattern=r"\Agid://shopify/Customer/[1-9][0-9]{0,18}\Z")]


class Address(msgspec.Struct, frozen=True):
    first_name: str | None = None
    last_name: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    province: str | None = None
    province_code: str | None = None
    country_code: str | None = None
    zip: str | None = None
    phone: str | None = None


class Customer(msgspec.Struct, frozen=True):
    id: Id
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    currency: str | None = None
    default_address: Address | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None


class Deleted(msgspec.Struct, frozen=True):
    id: Id


class Merge(msgspec.Struct, frozen=True):
    """The outcome of a job: it names both customers even when it failed, or has not begun."""

    admin_graphql_api_customer_kept_id: CustomerGid
    admin_graphql_api_customer_deleted_id: CustomerGid
    status: str


class RedactedCustomer(msgspec.Struct, frozen=True):
    id: Id | None = None


class Redaction(msgspec.Struct, frozen=True):
    customer: RedactedCustomer


class ConsentState(msgspec.Struct, frozen=True):
    state: str | None = None
    consent_updated_at: Moment | None = None


class MailConsent(msgspec.Struct, frozen=True):
    customer_id: Id
    email_marketing_consent: ConsentState


def seen(customer: Customer, delivery: Delivery) -> Facts:
    subject = of_customer(delivery, customer.id)
    happened = customer.updated_at or customer.created_at
    return [
        Fact(subject, CustomerSeen(str(customer.id)), happened),
        Fact(subject, _contact(customer), happened),
    ]


def deleted(customer: Deleted, delivery: Delivery) -> Facts:
    return [Fact(of_customer(delivery, customer.id), CustomerErased(str(customer.id)))]


def merged(merge: Merge, delivery: Delivery) -> Facts:
    """Only what is done counts: a job under way may yet fail, and tells again when it ends."""
    if merge.status.casefold() != "completed":
        return Ignored("a merge that is not completed")
    kept, deleted = (
        customer_ref(delivery.shop, delivery.cart, gid.rpartition("/")[2])
        for gid in (merge.admin_graphql_api_customer_kept_id, merge.admin_graphql_api_customer_deleted_id)
    )
    return [Fact(kept, DuplicateConfirmed(deleted, by="cart"))]


def redacted(redaction: Redaction, delivery: Delivery) -> Facts:
    customer = redaction.customer.id
    if customer is None:
        return Ignored("nothing is kept about a guest")
    return [Fact(of_customer(delivery, customer), CustomerErased(str(customer)))]


def consented(consent: MailConsent, delivery: Delivery) -> Facts:
    """Only a clear yes is a yes; `pending` waits for the customer to click (double opt-in)."""
    subject = of_customer(delivery, consent.customer_id)
    happened = consent.email_marketing_consent.consent_updated_at
    match consent.email_marketing_consent.state:
        case "subscribed":
            return [Fact(subject, ConsentGranted("mail"), happened)]
        case "pending":
            return Ignored("the customer has not confirmed yet")
        case _:
            return [Fact(subject, ConsentWithdrawn("mail"), happened)]


def _contact(customer: Customer) -> ContactChanged:
    address = customer.default_address or Address()
    japanese = _is_japanese(customer)
    prefecture = PREFECTURES.get(address.province_code or "", address.province or None)
    return ContactChanged(
        name=_name(customer, japanese),
        mail=customer.email or None,
        phone=customer.phone or address.phone or None,
        postcode=address.zip or None,
        prefecture=prefecture,
        address=_street(address, japanese),
    )


def _is_japanese(customer: Customer) -> bool:
    if customer.default_address is not None and customer.default_address.country_code:
        return customer.default_address.country_code == "JP"
    return customer.currency == "JPY"


def _name(customer: Customer, japanese: bool) -> str | None:
    """Family name first in Japan; the address knows the name when the account does not."""
    address = customer.default_address or Address()
    first = customer.first_name or address.first_name
    last = customer.last_name or address.last_name
    parts = (last, first) if japanese else (first, last)
    return " ".join(part for part in parts if part) or None


def _street(address: Address, japanese: bool) -> str | None:
    """From the large to the small in Japan (市区町村, 番地, 建物), the other way round elsewhere."""
    if japanese:
        place = f"{address.city or ''}{address.address1 or ''}"
        return " ".join(part for part in (place, address.address2) if part) or None
    return ", ".join(part for part in (address.address1, address.address2, address.city) if part) or None
