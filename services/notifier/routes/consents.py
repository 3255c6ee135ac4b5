"""/consents: who agreed to what, the proof of it, and who is never to be contacted."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from services.notifier.consents import MOST_LISTED, Consents
from services.notifier.routes import leave_alone
from services.notifier.routes.alerts import json_response
from services.notifier.routes.cursor import Cursor, place_of
from services.notifier.routes.ground import Ground, entry_of, whoever_may
from services.notifier.routes.ledger_sheet import proof as as_sheet
from services.notifier.routes.messages import Ref
from services.notifier.routes.page import language_in
from services.notifier.store.proof import Asked
from services.notifier.web.sheet import sheet
from shared.events.customer import Channel


class Wanted(BaseModel):
    """Which words: of one customer, of one channel, of a period of the shop's days (both included)."""

    model_config = ConfigDict(extra="forbid")

    customer_ref: Ref | None = None
    channel: Channel | None = None
    granted: bool | None = None
    since: date | None = None
    until: date | None = None
    before: Cursor | None = None

    def asked(self, zone: ZoneInfo) -> Asked:
        since = datetime.combine(self.since, time(), zone) if self.since else None
        until = datetime.combine(self.until + timedelta(days=1), time(), zone) if self.until else None
        return Asked(self.customer_ref, self.channel, self.granted, since, until)


class Somebody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    customer_ref: Ref


def router(ground: Ground) -> APIRouter:
    routes = APIRouter()
    routes.include_router(leave_alone.router(ground))
    zone = ground.settings.shop_zone()
    consents = Consents(ground.engine, ground.now, ground.business_now, ground.settings.zone)
    market = [Depends(whoever_may("market"))]

    @routes.get("/consents", include_in_schema=False)
    async def page(request: Request) -> Response:
        return ground.pages.show(request, "consents")

    @routes.get("/api/consents/figures", dependencies=market)
    async def figures() -> Response:
        return json_response(await consents.figures())

    @routes.post("/api/consents", dependencies=market)
    async def listed(wanted: Wanted) -> Response:
        """A body, not an address: the reference is a customer's."""
        said, more = await consents.listed(wanted.asked(zone), place_of(wanted.before))
        return json_response({"words": said, "more": more, "most": MOST_LISTED})

    @routes.post("/api/consents/customer", dependencies=market)
    async def customer(somebody: Somebody, request: Request) -> Response:
        by = entry_of(request, "consent.looked_at", somebody.customer_ref)
        standing, said = await consents.of(somebody.customer_ref, by)
        return json_response({"standing": standing, "words": said})

    @routes.post("/api/consents/proof", dependencies=market)
    async def proof(wanted: Wanted, request: Request) -> Response:
        """For the printed page."""
        by = entry_of(request, "consent.proved", wanted.customer_ref)
        said = await consents.proved(wanted.asked(zone), by, "page")
        return json_response({"words": said, "made_at": ground.now(), "shop": ground.settings.shop_name})

    @routes.post("/api/consents/proof/csv", dependencies=market)
    async def saved(wanted: Wanted, request: Request) -> Response:
        by = entry_of(request, "consent.proved", wanted.customer_ref)
        said = await consents.proved(wanted.asked(zone), by, "csv")
        name = f"hikitome-consents_{ground.now().astimezone(zone):%Y-%m-%d}.csv"
        return Response(
            sheet(as_sheet(said, zone, language_in(request))),
            media_type="text/csv; charset=utf-8",
            headers={"content-disposition": f'attachment; filename="{name}"'},
        )

    return routes
