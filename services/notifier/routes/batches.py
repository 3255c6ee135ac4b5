"""/batches: postal batches and what is put into parcels: look, recall, hand over, settle, returned mail."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.notifier.routes.ground import Ground


def router(ground: Ground) -> APIRouter:
    routes = APIRouter()

    @routes.get("/batches", include_in_schema=False)
    async def page(request: Request) -> Response:
        return ground.pages.show(request, "batches")

    return routes
