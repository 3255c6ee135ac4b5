"""/effect: what the scenarios came to, beside the holdout."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.notifier.routes.ground import Ground


def router(ground: Ground) -> APIRouter:
    routes = APIRouter()

    @routes.get("/effect", include_in_schema=False)
    async def page(request: Request) -> Response:
        return ground.pages.show(request, "effect")

    return routes
