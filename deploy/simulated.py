"""A simulated shop's history as events, through the same translation that live webhooks take."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from services.ingest.carts import CARTS
from services.ingest.carts.base import Delivery, Translated, Translation
from shared.events.envelope import Envelope
from simulation.shop import SHOP_DOMAIN
from simulation.webhook import Webhook, sign

SHOP, CART = "hikitome-demo", "shopify"
# Any day will do; a fixed one makes runs alike. Midnight in Japan.
ORIGIN = datetime(2026, 1, 4, 15, tzinfo=UTC)


def translate(webhook: Webhook) -> Translation:
    """What ingest makes of a webhook that arrives the moment it is sent."""
    headers = sign(webhook, SHOP_DOMAIN, "")
    return CARTS[CART].translate(
        Delivery(
            shop=SHOP,
            cart=CART,
            headers={name.lower(): value for name, value in headers.items()},
            body=webhook.body,
            received_at=webhook.at.astimezone(UTC),
            business_time=webhook.at.astimezone(UTC),
        )
    )


def envelopes(webhooks: Iterable[Webhook]) -> Iterator[Envelope]:
    for webhook in webhooks:
        match translate(webhook):
            case Translated(made):
                yield from made
