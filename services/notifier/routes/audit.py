"""/audit: who saw and did what, as a page and as a file; for administrators."""

from collections.abc import Sequence
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from services.notifier.routes.alerts import json_response
from services.notifier.routes.ground import Ground, entry_of, whoever_may
from services.notifier.routes.page import language_in
from services.notifier.store.audit import Asked
from services.notifier.trail import Line, Trail
from services.notifier.web.sheet import sheet
from services.notifier.web.words import WORDS

COLUMNS = ("id", "at", "who", "role", "what", "subject", "alert", "why", "detail", "whence")
Text = Annotated[str, Field(min_length=1, max_length=400, pattern=r"^[^\x00]+$")]


class Looked(BaseModel):
    """Which entries; a body and not an address, for the subject may be a customer."""

    model_config = ConfigDict(extra="forbid")

    who: Text | None = None
    what: Text | None = None
    subject: Text | None = None
    before: int | None = Field(None, ge=1, lt=2**63)

    def asked(self) -> Asked:
        return Asked(self.who, self.what, self.subject)


class Place(BaseModel):
    """Where to go on with the check: after this entry."""

    model_config = ConfigDict(extra="forbid")

    after: int = Field(0, ge=0, lt=2**63)


def router(ground: Ground) -> APIRouter:
    routes = APIRouter()
    only_admins = [Depends(whoever_may("administer"))]
    trail, zone = Trail(ground.engine, ground.now), ground.settings.shop_zone()

    @routes.get("/audit", include_in_schema=False)
    async def page(request: Request) -> Response:
        return ground.pages.show(request, "audit")

    @routes.get("/api/audit/kinds", dependencies=only_admins)
    async def kinds() -> Response:
        return json_response({"kinds": await trail.kinds()})

    @routes.post("/api/audit", dependencies=only_admins)
    async def listed(looked: Looked) -> Response:
        lines, more = await trail.listed(looked.asked(), looked.before)
        return json_response({"entries": lines, "more": more})

    @routes.post("/api/audit/csv", dependencies=only_admins)
    async def saved(looked: Looked, request: Request) -> Response:
        """Not a GET: it leaves a trace."""
        lines = await trail.saved(entry_of(request, "export"), looked.asked())
        words = WORDS[language_in(request)]
        head = [words[f"audit_{column}"] for column in COLUMNS]
        name = f"hikitome-audit_{ground.now().astimezone(zone):%Y-%m-%d}.csv"
        return Response(
            sheet([head, *_cells(lines, zone)]),
            media_type="text/csv; charset=utf-8",
            headers={"content-disposition": f'attachment; filename="{name}"'},
        )

    @routes.post("/api/audit/check", dependencies=only_admins)
    async def check(place: Place) -> Response:
        return json_response(await trail.check(place.after))

    return routes


def _cells(lines: Sequence[Line], zone: ZoneInfo) -> list[list[str | int | None]]:
    """Times as a Japanese Excel reads them, in the shop's zone."""
    return [
        [
            line.id,
            line.at.astimezone(zone).strftime("%Y/%m/%d %H:%M:%S"),
            *(getattr(line, column) for column in COLUMNS[2:]),
        ]
        for line in lines
    ]
