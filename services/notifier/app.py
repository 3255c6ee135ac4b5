"""The desk as an ASGI application: routes behind the gate."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, FastAPI
from starlette.staticfiles import StaticFiles

from services.notifier.auth import Door
from services.notifier.desk import Desk
from services.notifier.duplicates import Duplicates
from services.notifier.routes import alerts, duplicates, live, pages, session
from services.notifier.routes.gate import Gate
from services.notifier.routes.pages import Shop
from services.notifier.settings import NotifierSettings
from services.notifier.stream import Fanout
from shared.clock import Now

STATIC = Path(__file__).parent / "web" / "static"
MOST_BODY_BYTES = 64 * 1024


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
    shop = Shop(
        name=settings.shop_name,
        zone=settings.zone,
        mails_url=settings.mails_url,
        business_now=business_now,
        now=now,
        speed=settings.clock_speed,
        lease=settings.lease(),
    )
    app.include_router(pages.router(shop, settings.secure_cookies))
    app.include_router(session.router(parts.door, parts.fanout, settings.secure_cookies))
    app.include_router(alerts.router(parts.desk, settings.shop_zone()))
    app.include_router(duplicates.router(Duplicates(parts.desk.engine, business_now, now)))
    app.include_router(live.router(parts.fanout, parts.desk.engine, parts.door))
    for router in more:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC))
    app.add_middleware(Gate, door=parts.door, secure=settings.secure_cookies)
    return app
