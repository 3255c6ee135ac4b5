"""/status: how the system is, in words."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.notifier.channels.metrics_reader import MetricsReader
from services.notifier.routes.alerts import json_response
from services.notifier.routes.ground import Ground
from services.notifier.status import Status


def router(ground: Ground) -> APIRouter:
    routes = APIRouter()
    settings = ground.settings
    reader = MetricsReader(settings.status_sources)
    status = Status(ground.engine, reader, ground.business_now, ground.now, settings.clock_speed)

    @routes.get("/status", include_in_schema=False)
    async def page(request: Request) -> Response:
        return ground.pages.show(request, "status")

    @routes.get("/api/status")
    async def now() -> Response:
        level, statements = await status.statements()
        return json_response({"level": level, "statements": statements})

    return routes
