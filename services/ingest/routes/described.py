"""What the OpenAPI description says of the paths that never reach FastAPI, and so are written by hand."""

from typing import Any

from services.ingest.carts import CARTS
from services.ingest.routes.body import Limits

SECURITY_SCHEMES: dict[str, Any] = {
    "shopify": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Shopify-Hmac-Sha256",
        "description": "HMAC-SHA256 of the raw body, base64.",
    },
    "standard": {
        "type": "apiKey",
        "in": "header",
        "name": "webhook-signature",
        "description": "`v1,` and the HMAC-SHA256 of `webhook-id.webhook-timestamp.body`, base64.",
    },
}


def webhook(limits: Limits) -> dict[str, Any]:
    answers = {
        "202": _bare("Durable, or of no use to us. Do not send it again."),
        "401": _bare("Not signed with a secret of this shop and cart, or there is no such shop."),
        **refusals(limits),
        "429": comes_again("More than this shop may send."),
        "503": comes_again("Perhaps not durable."),
    }
    return {
        "post": {
            "summary": "Take a webhook",
            "description": "Signed over the raw body by the platform's own rule. No answer has a body.",
            "operationId": "take_webhook",
            "security": [{name: []} for name in SECURITY_SCHEMES],
            "parameters": [
                _in_path("shop", {"type": "string", "minLength": 1}),
                _in_path("cart", {"type": "string", "enum": list(CARTS)}),
            ],
            "requestBody": {"required": True, "content": {"application/json": {"schema": {}}}},
            "responses": answers,
        }
    }


def refusals(limits: Limits) -> dict[str, Any]:
    """What every path refuses before it looks at a body."""
    return {
        "400": _bare("Not HTTP/1.1."),
        "405": _bare("Not a POST."),
        "408": _bare(f"The body took more than {limits.body_seconds:g} seconds."),
        "413": _bare(f"The body has more than {limits.body_bytes} bytes."),
        "415": _bare("The body is compressed."),
        "431": _bare("The head has more than 100 fields or 32 KiB."),
        "500": _bare("An error of ours. Send it again."),
    }


def comes_again(text: str) -> dict[str, Any]:
    """An answer that says when to send the same once more."""
    schema = {"type": "integer", "minimum": 1}
    return {
        "description": f"{text} Send it again after `Retry-After` seconds.",
        "headers": {"Retry-After": {"required": True, "schema": schema, "description": "Seconds."}},
    }


def _bare(text: str) -> dict[str, Any]:
    return {"description": text}


def _in_path(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}
