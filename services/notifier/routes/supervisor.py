"""/supervisor: the team's work in numbers, its capacity, and who has what."""

from dataclasses import asdict, replace
from datetime import date
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response

from services.notifier.routes.alerts import json_response
from services.notifier.routes.ground import Ground, entry_of, whoever_may
from services.notifier.routes.page import language_in
from services.notifier.slices import Labels, lines
from services.notifier.store.agents import Agent
from services.notifier.supervisor import Supervisor
from services.notifier.team import Period, Slice, Span, period_of
from services.notifier.web.sheet import sheet

MOST_A_DAY = 100_000


class Asked(BaseModel):
    """Which figures: a span that ends today, or the days `first` to `last`; and by what."""

    model_config = ConfigDict(extra="forbid")

    span: Span | None = None
    first: date | None = None
    last: date | None = None
    by: Slice = "reason"

    @model_validator(mode="after")
    def _is_a_period(self) -> Self:
        self.period(date(2100, 1, 1))
        return self

    def period(self, today: date) -> Period:
        return period_of(self.span, self.first, self.last, today)


class Wanted(BaseModel):
    """What the desk has the hands for; None is no limit."""

    model_config = ConfigDict(extra="forbid")

    alerts_per_day: int | None = Field(ge=1, le=MOST_A_DAY)


Who = Annotated[Agent, Depends(whoever_may("supervise"))]


def router(ground: Ground) -> APIRouter:
    routes = APIRouter()
    settings, zone = ground.settings, ground.settings.shop_zone()
    supervisor = Supervisor(ground.engine, ground.business_now, ground.now, zone, settings.sla_minutes)

    @routes.get("/supervisor", include_in_schema=False)
    async def page(request: Request) -> Response:
        return ground.pages.show(request, "supervisor")

    @routes.get("/api/team/now")
    async def floor(_who: Who) -> Response:
        return json_response(await supervisor.floor())

    @routes.get("/api/team/figures")
    async def figures(request: Request, _who: Who, asked: Annotated[Asked, Query()]) -> Response:
        table, names = await supervisor.figures(asked.period(supervisor.today()), asked.by)
        labels = Labels(language_in(request), names)
        return json_response({**asdict(table), "labels": labels.all(table)})

    @routes.post("/api/team/export")
    async def export(request: Request, _who: Who, asked: Asked) -> Response:
        """Not a GET: it leaves a trace."""
        period = asked.period(supervisor.today())
        detail = f"team by {asked.by}, {period.first} to {period.last}"
        entry = replace(entry_of(request, "export"), detail=detail)
        table, names = await supervisor.export(period, asked.by, entry)
        labels = Labels(language_in(request), names)
        made = ground.now().astimezone(zone)
        name = f"hikitome-team_{period.first}_{period.last}_by-{asked.by.replace('_', '-')}.csv"
        return Response(
            sheet(lines(table, labels, settings.shop_name, made)),
            media_type="text/csv; charset=utf-8",
            headers={"content-disposition": f'attachment; filename="{name}"'},
        )

    @routes.get("/api/team/capacity")
    async def capacity(
        _who: Who, wanted: Annotated[int | None, Query(ge=1, le=MOST_A_DAY)] = None
    ) -> Response:
        return json_response(await supervisor.plan(wanted))

    @routes.put("/api/team/capacity")
    async def set_capacity(request: Request, _who: Who, wanted: Wanted) -> Response:
        detail = "no limit" if wanted.alerts_per_day is None else f"{wanted.alerts_per_day} a day"
        entry = replace(entry_of(request, "capacity"), detail=detail)
        await supervisor.set_capacity(wanted.alerts_per_day, entry)
        return json_response(await supervisor.plan(None))

    return routes
