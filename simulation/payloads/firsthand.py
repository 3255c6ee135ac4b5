"""PURE. A Standard Webhook's body: what a customer did on the shop's own pages, in its mails, on LINE."""

from collections.abc import Sequence
from datetime import datetime

from simulation.payloads.parts import Body, iso


def events(customer_id: int, acts: Sequence[tuple[datetime, str, Body]]) -> list[Body]:
    """One item for each (moment, type, data); the customer is named by the cart's id."""
    return [
        {"type": kind, "time": iso(at), "customer": str(customer_id), "data": data} for at, kind, data in acts
    ]
