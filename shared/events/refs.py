"""References: how an event says whom it is about, without any look-up.

A customer_ref is `<shop>/<cart>/<the cart's customer id>`. Some webhooks do not name the customer at all (a
Shopify skip carries only the contract, a refund only the order): those carry the reference of the object, and
scoring finds the owner. The tilde keeps the two apart, for no platform's customer id begins with one.
"""


def customer_ref(shop: str, cart: str, customer: str) -> str:
    return f"{shop}/{cart}/{customer}"


def subscription_ref(shop: str, cart: str, subscription: str) -> str:
    return f"{shop}/{cart}/~subscription/{subscription}"


def order_ref(shop: str, cart: str, order: str) -> str:
    return f"{shop}/{cart}/~order/{order}"


def is_customer_ref(ref: str) -> bool:
    parts = ref.split("/", 2)
    return len(parts) == 3 and not parts[2].startswith("~")
