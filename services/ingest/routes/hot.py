"""The hot paths: plain ASGI in front of FastAPI, for a framework doubles what a webhook costs."""

from starlette.types import ASGIApp, Receive, Scope, Send

from services.ingest.routes.webhooks import Webhooks


class Hot:
    """Takes webhooks and hands every other request on to `rest`."""

    def __init__(self, webhooks: Webhooks, rest: ASGIApp) -> None:
        self._webhooks = webhooks
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["path"].split("/") if scope["type"] == "http" else []:
            case ["", "webhooks", shop, cart] if shop and cart:
                await self._webhooks.take(shop, cart, scope, receive, send)
            case _:
                await self._rest(scope, receive, send)
