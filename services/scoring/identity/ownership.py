"""Ownership: which customer a subscription or an order belongs to, as the events themselves tell."""

from shared.events.commerce import OrderPaid, OrderPlaced
from shared.events.envelope import Envelope
from shared.events.refs import is_customer_ref, order_ref, subscription_ref


def declared_by(envelope: Envelope) -> list[str]:
    """References of the objects that this event shows to belong to its subject, if that is a customer."""
    if not is_customer_ref(envelope.subject):
        return []
    shop, cart, _ = envelope.subject.split("/", 2)
    refs = []
    if subscription := getattr(envelope.data, "subscription", None):
        refs.append(subscription_ref(shop, cart, subscription))
    if isinstance(envelope.data, OrderPlaced | OrderPaid):
        refs.append(order_ref(shop, cart, envelope.data.order))
    return refs
