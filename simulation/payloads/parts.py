"""PURE. What several bodies are made of: money, times, global ids, addresses and the customer."""

from datetime import datetime, timedelta
from typing import Any

from simulation.things import JST, Person

Body = dict[str, Any]


def yen(amount: int) -> str:
    """Shopify writes money as a string with as many decimals as the currency has: yen have none."""
    return str(amount)


def money_set(amount: int) -> Body:
    money = {"amount": str(amount), "currency_code": "JPY"}
    return {"shop_money": money, "presentment_money": money}


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def iso(moment: datetime) -> str:
    """Shop-local time to the second, as Shopify writes it."""
    return moment.astimezone(JST).isoformat(timespec="seconds")


def later(moment: datetime, seconds: float) -> datetime:
    return moment + timedelta(seconds=seconds)


def customer(person: Person, updated_at: datetime) -> Body:
    """The customer as it stands inside an order; customers/create and /update add the list of addresses."""
    return {
        "id": person.customer_id,
        "created_at": iso(person.created_at),
        "updated_at": iso(updated_at),
        "first_name": person.first_name,
        "last_name": person.last_name,
        "state": "enabled",
        "note": None,
        "verified_email": True,
        "multipass_identifier": None,
        "tax_exempt": False,
        "email": person.mail,
        "phone": "+81" + person.phone.replace("-", "")[1:],
        "currency": "JPY",
        "tax_exemptions": [],
        "admin_graphql_api_id": gid("Customer", person.customer_id),
        "default_address": default_address(person),
    }


def default_address(person: Person) -> Body:
    return {
        "id": person.customer_id + 1_500_000_000_000,
        "customer_id": person.customer_id,
        **_place(person),
        "country_name": "Japan",
        "default": True,
    }


def postal_address(person: Person) -> Body:
    """The address of a parcel or an invoice."""
    return {**_place(person), "latitude": None, "longitude": None}


def _place(person: Person) -> Body:
    return {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "company": None,
        "address1": person.address1,
        "address2": person.address2,
        "city": person.city,
        "province": person.prefecture,
        "country": "Japan",
        "zip": person.postcode,
        "phone": person.phone,
        "name": person.name,
        "province_code": person.prefecture_code,
        "country_code": "JP",
    }
