"""The application: the hot paths on their own short way, everything else through FastAPI."""

from typing import Any

from fastapi import FastAPI

from services.ingest.carts import CARTS
from services.ingest.durable import Keep
from services.ingest.routes.body import Limits
from services.ingest.routes.hot import Hot
from services.ingest.routes.webhooks import Webhooks
from services.ingest.shops import ShopsFile
from shared.clock import Now


def create_app(shops: ShopsFile, keep: Keep, clock: Now, limits: Limits) -> Hot:
    rest = FastAPI(
        title="Hikitome ingest",
        summary="A signed webhook becomes facts, and is answered only when they are durable.",
        docs_url=None,
        redoc_url=None,
    )

    @rest.get("/", summary="What this is")
    async def root() -> dict[str, object]:
        return {"service": "ingest", "webhooks": "/webhooks/{shop}/{cart}", "openapi": "/openapi.json"}

    # The route never reaches FastAPI, so its description is written by hand.
    rest.openapi()["paths"]["/webhooks/{shop}/{cart}"] = _described(limits)
    return Hot(Webhooks(shops, keep, clock, limits), rest)


def _described(limits: Limits) -> dict[str, Any]:
    answers = {
        "202": "Durable, or of no use to us. Do not send it again.",
        "401": "Not signed with a secret of this shop and cart, or there is no such shop.",
        "405": "Not a POST.",
        "408": f"The body took more than {limits.body_seconds:g} seconds.",
        "413": f"The body has more than {limits.body_bytes} bytes.",
        "415": "The body is compressed.",
        "503": "Perhaps not durable. Send it again after `Retry-After` seconds.",
    }
    return {
        "post": {
            "summary": "Take a webhook",
            "description": "Signed over the raw body by the platform's own rule. No answer has a body.",
            "operationId": "take_webhook",
            "parameters": [
                _in_path("shop", {"type": "string"}),
                _in_path("cart", {"type": "string", "enum": list(CARTS)}),
            ],
            "requestBody": {"required": True, "content": {"application/json": {"schema": {}}}},
            "responses": {status: {"description": text} for status, text in answers.items()},
        }
    }


def _in_path(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}
