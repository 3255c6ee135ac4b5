"""/api/agents and /api/alerts/{id}/prolong, /transfer, /assign: work that goes on or changes hands."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from services.notifier.routes.alerts import Who, answer, json_response
from services.notifier.routes.ground import Ground, entry_of, whoever_may
from services.notifier.store import colleagues
from shared.postgres.engine import transaction

# An open page shows itself at least this often.
LATELY = timedelta(minutes=5)

Login = Annotated[str, Field(min_length=1, max_length=80)]


class Transfer(BaseModel):
    """To whom, with a word for whoever has it then."""

    model_config = ConfigDict(extra="forbid")

    to: Login
    note: str | None = Field(None, max_length=2000)


class Assignment(BaseModel):
    """To whom; None is back to the queue."""

    model_config = ConfigDict(extra="forbid")

    to: Login | None


def router(ground: Ground) -> APIRouter:
    routes = APIRouter(prefix="/api", dependencies=[Depends(whoever_may("desk"))])
    desk = ground.desk

    @routes.get("/agents")
    async def agents() -> Response:
        now = ground.now()
        async with transaction(ground.engine) as connection:
            found = await colleagues.everyone(connection, now, now - LATELY)
        return json_response({"agents": found})

    @routes.post("/alerts/{alert_id}/prolong")
    async def prolong(alert_id: UUID, who: Who) -> Response:
        return await answer(desk, alert_id, await desk.prolong(str(alert_id), who.login))

    @routes.post("/alerts/{alert_id}/transfer")
    async def transfer(alert_id: UUID, request: Request, wanted: Transfer) -> Response:
        by = entry_of(request, "alert.transferred")
        note = (wanted.note or "").replace("\x00", "").strip() or None
        return await answer(desk, alert_id, await desk.transfer(str(alert_id), by, _login(wanted.to), note))

    @routes.post("/alerts/{alert_id}/assign", dependencies=[Depends(whoever_may("supervise"))])
    async def assign(alert_id: UUID, request: Request, wanted: Assignment) -> Response:
        by = entry_of(request, "alert.assigned")
        if wanted.to is None:
            return await answer(desk, alert_id, await desk.take_back(str(alert_id), by))
        return await answer(desk, alert_id, await desk.assign(str(alert_id), by, _login(wanted.to)))

    return routes


def _login(said: str) -> str:
    """PostgreSQL's text refuses NUL."""
    return said.replace("\x00", "")
