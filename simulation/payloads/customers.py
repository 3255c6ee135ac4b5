"""PURE. customers/create, customers/update, customers_email_marketing_consent/update and customers/redact."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from simulation.payloads.parts import Body, customer, default_address, iso
from simulation.things import Person


def account(person: Person, updated_at: datetime) -> Body:
    return {**customer(person, updated_at), "addresses": [default_address(person)]}


def mail_consent(person: Person, state: Literal["subscribed", "unsubscribed"], at: datetime) -> Body:
    return {
        "customer_id": person.customer_id,
        "email_address": person.mail,
        "email_marketing_consent": {
            "state": state,
            "opt_in_level": "single_opt_in",
            "consent_updated_at": iso(at),
        },
    }


def redact(person: Person, orders: Sequence[int], shop_domain: str) -> Body:
    return {
        "shop_id": 64_300_500_001,
        "shop_domain": shop_domain,
        "customer": {"id": person.customer_id, "email": person.mail, "phone": person.phone},
        "orders_to_redact": list(orders),
    }
