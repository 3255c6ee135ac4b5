"""The application: the hot paths on their own short way, everything else through FastAPI."""

from dataclasses import dataclass

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from services.ingest.durable import Keep
from services.ingest.rate import Allowances
from services.ingest.routes import described, described_events
from services.ingest.routes.body import Limits
from services.ingest.routes.events import Events
from services.ingest.routes.hot import Hot
from services.ingest.routes.webhooks import Webhooks
from services.ingest.shops import ShopsFile
from services.ingest.turns import Turns


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the outside may cost us, and whether it is told what there is."""

    webhook: Limits
    events: Limits
    allowances: Allowances
    openapi: bool = False


def create_app(shops: ShopsFile, keep: Keep, turns: Turns, bounds: Bounds) -> Hot:
    rest = FastAPI(
        title="Hikitome ingest",
        summary="A signed webhook becomes facts, and is answered only when they are durable.",
        openapi_url="/openapi.json" if bounds.openapi else None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={HTTPException: _wordless, Exception: _wordless},
    )

    @rest.get("/", summary="What this is")
    async def root() -> dict[str, str]:
        return {"service": "ingest"}

    if bounds.openapi:
        _describe(rest, bounds)
    return Hot(Webhooks(turns, bounds.webhook), Events(shops, keep, bounds.events, bounds.allowances), rest)


def _describe(rest: FastAPI, bounds: Bounds) -> None:
    """The hot routes never reach FastAPI, so their descriptions are written by hand."""
    whole = rest.openapi()
    whole["paths"]["/webhooks/{shop}/{cart}"] = described.webhook(bounds.webhook)
    whole["paths"]["/v1/events"] = described_events.events(bounds.events)
    whole.setdefault("components", {})["securitySchemes"] = {
        **described.SECURITY_SCHEMES,
        **described_events.SECURITY_SCHEMES,
    }


async def _wordless(_request: Request, error: Exception) -> Response:
    """404, 405 and their like without a body; whatever else is an error of ours."""
    if isinstance(error, HTTPException):
        return Response(status_code=error.status_code, headers=error.headers)
    return Response(status_code=500)
