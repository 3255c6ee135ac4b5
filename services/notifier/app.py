"""The desk as an ASGI application: routes behind the gate."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.staticfiles import StaticFiles

from services.notifier.auth import Door
from services.notifier.desk import Desk
from services.notifier.routes import (
    accounts,
    alerts,
    api,
    audit,
    batches,
    cancellations,
    consents,
    customers,
    duplicates,
    effects,
    go,
    integrations,
    line,
    live,
    mail_events,
    messages,
    offers,
    pages,
    provider,
    scenarios,
    search,
    session,
    status,
    supervisor,
    work,
)
from services.notifier.routes.gate import Gate
from services.notifier.routes.ground import Ground
from services.notifier.routes.page import Pages, Shop
from services.notifier.settings import NotifierSettings
from services.notifier.stream import Fanout
from shared.clock import Now

STATIC = Path(__file__).parent / "web" / "static"
MOST_BODY_BYTES = 64 * 1024
# The more special paths first.
ROUTES = (
    pages,
    session,
    provider,
    search,
    work,
    offers,
    cancellations,
    customers,
    alerts,
    duplicates,
    live,
    supervisor,
    status,
    accounts,
    audit,
    integrations,
    scenarios,
    messages,
    consents,
    batches,
    effects,
    line,
    mail_events,
    go,
    api,
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the routes need; made in `__main__`."""

    desk: Desk
    door: Door
    fanout: Fanout


def create_app(
    settings: NotifierSettings, business_now: Now, now: Now, parts: Parts, more: Sequence[APIRouter] = ()
) -> FastAPI:
    app = FastAPI(openapi_url=None, max_body_size=MOST_BODY_BYTES)
    ground = Ground(
        settings=settings,
        engine=parts.desk.engine,
        business_now=business_now,
        now=now,
        desk=parts.desk,
        door=parts.door,
        fanout=parts.fanout,
        pages=Pages(_shop(settings, business_now, now), settings.secure_cookies),
        catalogue=settings.catalogue(),
    )
    for routes in ROUTES:
        app.include_router(routes.router(ground))
    for router in more:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC))
    app.add_exception_handler(RequestValidationError, _unfit)
    app.add_middleware(Gate, door=parts.door, secure=settings.secure_cookies)
    return app


async def _unfit(_request: Request, error: Exception) -> Response:
    """Without what was sent: it may be personal, and what is no text could not even be sent back."""
    if not isinstance(error, RequestValidationError):
        raise error
    return JSONResponse({"problem": "unfit", "detail": [one["msg"] for one in error.errors()]}, 422)


def _shop(settings: NotifierSettings, business_now: Now, now: Now) -> Shop:
    return Shop(
        name=settings.shop_name,
        zone=settings.zone,
        mails_url=settings.mails_url,
        business_now=business_now,
        now=now,
        speed=settings.clock_speed,
        lease=settings.lease(),
    )
