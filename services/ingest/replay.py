"""Replay: what a delivery that was parked has become, now that we may know how to read it."""

import base64
from dataclasses import dataclass

from services.ingest.accept import ParkedDelivery, records_of
from services.ingest.carts.base import Delivery, Ignored, Translated, Untranslatable
from services.ingest.shops import Account
from shared.events.record import Record


@dataclass(frozen=True, slots=True)
class Readable:
    """It is `events` events now, with the ids they would have had then; `records` are to be published."""

    events: int
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class NobodysNow:
    """Its shop, or its cart at that shop, is no longer in the shops file."""


def retranslate(
    parked: ParkedDelivery, account: Account | None
) -> Readable | Ignored | Untranslatable | NobodysNow:
    """Translate again. It was verified before it was parked, so nothing is verified here.

    :raises ValueError: if its body is not base64; then it was not parked by us.
    """
    if account is None:
        return NobodysNow()
    outcome = account.cart.translate(_delivery(parked, account))
    if not isinstance(outcome, Translated):
        return outcome
    records = records_of(outcome.envelopes, account.pepper)
    return Readable(len(outcome.envelopes), tuple(records))


def _delivery(parked: ParkedDelivery, account: Account) -> Delivery:
    return Delivery(
        shop=parked.shop,
        cart=parked.cart,
        headers=parked.headers,
        body=base64.b64decode(parked.body, validate=True),
        received_at=parked.received_at,
        business_time=parked.business_time,
        customers_of=account.customers_of,
    )
