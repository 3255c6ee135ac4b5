"""For schemathesis: whatever it makes up is signed, so that it gets past the door."""

import base64
import hashlib
import hmac
import time
from typing import Any

import schemathesis
from requests import PreparedRequest
from requests.auth import AuthBase

from services.ingest.carts.shopify import TOPICS
from tests.unit.ingest.mutations import SHOPIFY_SECRET, STANDARD_SECRET

SHOP = "drawn"
KEY = "key-0123456789abcdef0123456789abcdef"
SHOPS = f"""
[[shops]]
id = "{SHOP}"
carts = [
    {{ cart = "shopify", secrets = ["{SHOPIFY_SECRET.decode()}"] }},
    {{ cart = "standard", secrets = ["{base64.b64encode(STANDARD_SECRET).decode()}"] }},
]
events = {{ keys = ["{KEY}"] }}
"""


class Signed(AuthBase):
    """Signs what is really sent, by the rule of where it goes."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        body = request.body if isinstance(request.body, bytes) else str(request.body or "").encode()
        path = (request.url or "").partition("?")[0]
        if path.endswith("/shopify"):
            request.headers.update(_shopify(body))
        elif path.endswith("/standard"):
            request.headers.update(_standard(body))
        else:
            request.headers["Authorization"] = f"Bearer {KEY}"
        return request


@schemathesis.hook
def before_call(_context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    if "shop" in case.path_parameters:
        case.path_parameters["shop"] = SHOP
    kwargs["auth"] = Signed()


def _shopify(body: bytes) -> dict[str, str]:
    """The topic is drawn from the body, so that the same body always goes to the same."""
    topics = sorted(TOPICS)
    topic = topics[hashlib.sha256(body).digest()[0] % len(topics)]
    return {"X-Shopify-Topic": topic, "X-Shopify-Hmac-Sha256": _signature(SHOPIFY_SECRET, body)}


def _standard(body: bytes) -> dict[str, str]:
    at = str(int(time.time()))
    signature = _signature(STANDARD_SECRET, b".".join((b"drawn", at.encode(), body)))
    return {"webhook-id": "drawn", "webhook-timestamp": at, "webhook-signature": f"v1,{signature}"}


def _signature(secret: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()
