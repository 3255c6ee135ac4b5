"""/messages: the ledger of what was sent, deferred and suppressed, and what a person must decide."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.notifier.routes.ground import Ground


def router(ground: Ground) -> APIRouter:
    routes = APIRouter()

    @routes.get("/messages", include_in_schema=False)
    async def page(request: Request) -> Response:
        return ground.pages.show(request, "messages")

    return routes
