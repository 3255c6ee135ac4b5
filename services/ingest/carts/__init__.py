"""Carts: one file per platform, and the one line that makes it known."""

from services.ingest.carts import shopify, standard_webhooks
from services.ingest.carts.base import Cart

# The key is the last part of the webhook's address: POST /webhooks/<shop>/<key>.
CARTS: dict[str, Cart] = {
    "shopify": shopify.CART,
    "standard": standard_webhooks.CART,
}
