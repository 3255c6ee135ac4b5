"""A simulated shop's history as events, through the same translation that live webhooks take."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from services.ingest.carts import CARTS
from services.ingest.carts.base import Delivery, Translated, Translation
from services.ingest.identifiers import identified
from shared.events.envelope import Envelope
from simulation.shop import SHOP_DOMAIN
from simulation.webhook import Webhook, sign, sign_standard

# The cart that knows the customers; what the shop tells itself speaks of them by the cart's ids.
SHOP, CART = "hikitome-demo", "shopify"
# Any day will do; a fixed one makes runs alike. Midnight in Japan.
ORIGIN = datetime(2026, 1, 4, 15, tzinfo=UTC)
# Nobody in here exists; the same key makes the same hashes in each run.
PEPPER = b"the simulated shop's"


def translate(webhook: Webhook) -> Translation:
    """What ingest makes of a webhook that arrives the moment it is sent."""
    at = webhook.at.astimezone(UTC)
    headers = sign(webhook, SHOP_DOMAIN, "") if webhook.cart == CART else sign_standard(webhook, "", at)
    return CARTS[webhook.cart].translate(
        Delivery(
            shop=SHOP,
            cart=webhook.cart,
            headers={name.lower(): value for name, value in headers.items()},
            body=webhook.body,
            received_at=at,
            business_time=at,
            customers_of=CART,
        )
    )


def envelopes(webhooks: Iterable[Webhook]) -> Iterator[Envelope]:
    """As they would stand in the log, with the hashes by which people are recognised."""
    for webhook in webhooks:
        match translate(webhook):
            case Translated(made):
                yield from identified(made, PEPPER)
