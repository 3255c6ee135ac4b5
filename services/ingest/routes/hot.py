"""The hot paths: plain ASGI in front of FastAPI, for a framework doubles what a webhook costs."""

from collections.abc import Awaitable

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from services.ingest.accept import Failed
from services.ingest.carts.lines import SOURCE as EVENTS
from services.ingest.outcomes import source_of
from services.ingest.routes.answer import answer
from services.ingest.routes.events import Events
from services.ingest.routes.webhooks import Webhooks
from shared.process.metrics import ingest_requests

log = structlog.get_logger(__name__)


class Hot:
    """Takes webhooks and events in bulk, and hands every other request on to `rest`."""

    def __init__(self, webhooks: Webhooks, events: Events, rest: ASGIApp) -> None:
        self._webhooks = webhooks
        self._events = events
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["path"].split("/") if scope["type"] == "http" else []:
            case ["", "webhooks", shop, cart] if shop and cart:
                await _guarded(self._webhooks.take(shop, cart, scope, receive, send), source_of(cart), send)
            case ["", "v1", "events"]:
                await _guarded(self._events.take(scope, receive, send), EVENTS, send)
            case _:
                await self._rest(scope, receive, send)


async def _guarded(taking: Awaitable[None], source: str, send: Send) -> None:
    """An error of ours is told to us, not to the sender; its message may hold what the sender wrote."""
    try:
        await taking
    except Exception as error:  # noqa: BLE001
        failed = Failed.by(error)
        log.error("request failed", source=source, error=failed.error, where=failed.where)
        ingest_requests.labels(source, "failed").inc()
        await answer(send, 500)
