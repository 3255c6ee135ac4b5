"""/effect: what the scenarios came to, beside the holdout."""

from dataclasses import asdict, replace
from datetime import date
from typing import Annotated, Self

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response

from services.notifier.effect.unit import By, Entries, Part
from services.notifier.effect_sheet import About, Names, lines
from services.notifier.effects import DAYS, Asked, Effects, Prices, Span
from services.notifier.routes.alerts import json_response
from services.notifier.routes.ground import Ground, entry_of, whoever_may
from services.notifier.routes.page import language_in
from services.notifier.settings import NotifierSettings
from services.notifier.store.agents import Agent
from services.notifier.team import LONGEST
from services.notifier.web.sheet import sheet


class Wanted(BaseModel):
    """Which enrolments, how long each is watched, and who of them counts."""

    model_config = ConfigDict(extra="forbid")

    scenario: str = Field(min_length=1, max_length=80)
    span: Span = "all"
    first: date | None = None
    last: date | None = None
    days: int = 60
    part: Part = "everyone"
    entries: Entries = "first"

    @model_validator(mode="after")
    def _is_a_period(self) -> Self:
        if self.span == "own" and not _in_order(self.first, self.last):
            raise ValueError("not a period")
        if self.days not in DAYS:
            raise ValueError("not a window")
        return self

    def asked(self) -> Asked:
        names = ("scenario", "span", "first", "last", "days", "part", "entries")
        return Asked(**{name: getattr(self, name) for name in names})


class Spared(Wanted):
    """A segment whose customers are to be left alone from now on."""

    by: By
    key: str | None = Field(max_length=80)


Who = Annotated[Agent, Depends(whoever_may("market"))]


def router(ground: Ground) -> APIRouter:
    routes = APIRouter()
    settings, zone = ground.settings, ground.settings.shop_zone()
    effects = Effects(ground.engine, ground.business_now, ground.now, zone, prices_of(settings))

    @routes.get("/effect", include_in_schema=False)
    async def page(request: Request) -> Response:
        return ground.pages.show(request, "effect")

    @routes.get("/api/effects/scenarios")
    async def known(_who: Who) -> Response:
        return json_response({"scenarios": [asdict(one) for one in await effects.known()]})

    @routes.get("/api/effects")
    async def told(request: Request, _who: Who, wanted: Annotated[Wanted, Query()]) -> Response:
        found = await effects.tell(wanted.asked())
        if found is None:
            raise HTTPException(404, "no_enrolments")
        names = Names(language_in(request), found.currency)
        return json_response({**asdict(found), "labels": names.labels(found.report)})

    @routes.post("/api/effects/export")
    async def export(request: Request, _who: Who, wanted: Wanted) -> Response:
        """Not a GET: it leaves a trace."""
        entry = replace(
            entry_of(request, "export"), detail=f"effect of {wanted.scenario}, {wanted.days} days"
        )
        found = await effects.export(wanted.asked(), entry)
        if found is None:
            raise HTTPException(404, "no_enrolments")
        names = Names(language_in(request), found.currency)
        name = f"hikitome-effect_{found.first}_{found.last}.csv"
        about = About(
            shop=settings.shop_name,
            scenario=found.scenario.title or found.scenario.key,
            first=found.first,
            last=found.last,
            days=wanted.days,
            made=ground.now().astimezone(zone),
        )
        return Response(
            sheet(lines(found.report, names, about)),
            media_type="text/csv; charset=utf-8",
            headers={"content-disposition": f'attachment; filename="{name}"'},
        )

    @routes.post("/api/effects/do-not-wake")
    async def spare(request: Request, _who: Who, wanted: Spared) -> Response:
        detail = f"{wanted.scenario}: {wanted.by} {wanted.key}"
        entry = replace(entry_of(request, "do_not_wake.added"), why="holdout_showed", detail=detail)
        added = await effects.spare(wanted.asked(), wanted.by, wanted.key, entry)
        if added is None:
            return json_response({"problem": "not_harmful"}, 409)
        return json_response({"added": added})

    return routes


def prices_of(settings: NotifierSettings) -> Prices:
    """Of a shop that sells in yen, whose smallest unit is one; a postal DM without a price is a postcard."""
    messages = {
        "mail": settings.cost_mail,
        "line": settings.cost_line,
        "postal_dm": settings.cost_postcard,
        "insert": settings.cost_insert,
    }
    return Prices(messages, settings.cost_call, settings.gross_margin_percent / 100)


def _in_order(first: date | None, last: date | None) -> bool:
    if first is None or last is None:
        return False
    return date(2000, 1, 1) <= first <= last <= date(2100, 12, 31) and last - first <= 3 * LONGEST
