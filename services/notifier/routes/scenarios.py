"""/scenarios: the marketer's scenarios, their words and timing, who is in them, and the switch."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.notifier.routes.ground import Ground


def router(ground: Ground) -> APIRouter:
    routes = APIRouter()

    @routes.get("/scenarios", include_in_schema=False)
    async def page(request: Request) -> Response:
        return ground.pages.show(request, "scenarios")

    return routes
