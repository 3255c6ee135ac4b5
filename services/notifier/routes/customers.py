"""/api/alerts/{id}/customer and /api/customers: all that a card tells of a customer beside the alert."""

from dataclasses import replace
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from services.notifier.customer import Customers
from services.notifier.routes.alerts import json_response
from services.notifier.routes.ground import Ground, entry_of, whoever_may


class Look(BaseModel):
    """Whom to look at, and why: a customer calls, complains, or something must be checked."""

    model_config = ConfigDict(extra="forbid")

    # PostgreSQL's text refuses NUL.
    customer_ref: Annotated[str, Field(max_length=500, pattern=r"^[^\x00]+$")]
    why: Literal["inbound", "complaint", "check"]


def router(ground: Ground) -> APIRouter:
    routes = APIRouter(prefix="/api", dependencies=[Depends(whoever_may("desk"))])
    settings = ground.settings
    customers = Customers(
        ground.engine, ground.business_now, ground.now, settings.clock_speed, settings.shop_zone()
    )

    @routes.get("/alerts/{alert_id}/customer")
    async def of_alert(alert_id: UUID) -> Response:
        found = await customers.of_alert(str(alert_id))
        if found is None:
            return json_response({"problem": "missing"}, 404)
        return json_response({"customer": found})

    @routes.post("/customers/look")
    async def look(wanted: Look, request: Request) -> Response:
        """Not a GET: it leaves a trace, and references stand in bodies only."""
        entry = replace(entry_of(request, "customer.looked_at", wanted.customer_ref), why=wanted.why)
        found = await customers.look(wanted.customer_ref, entry)
        if found is None:
            return json_response({"problem": "missing"}, 404)
        return json_response({"customer": found})

    return routes
