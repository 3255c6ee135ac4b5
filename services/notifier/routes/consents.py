"""/consents: who agreed to what, the proof of it, and who is never to be contacted."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.notifier.routes.ground import Ground


def router(ground: Ground) -> APIRouter:
    routes = APIRouter()

    @routes.get("/consents", include_in_schema=False)
    async def page(request: Request) -> Response:
        return ground.pages.show(request, "consents")

    return routes
