"""/api/search and /api/views: finding customers by what they say, and an agent's own views of the queue."""

from dataclasses import asdict, replace
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from starlette.responses import Response

from services.notifier import terms
from services.notifier.routes.alerts import json_response
from services.notifier.routes.ground import Ground, entry_of, whoever_may
from services.notifier.store import audit, saved_views, search
from services.notifier.store.agents import Agent
from services.notifier.store.saved_views import SavedView
from shared.postgres.engine import transaction

MOST_FOUND = 30
MOST_VIEWS = 20

Who = Annotated[Agent, Depends(whoever_may("desk"))]
# PostgreSQL's text refuses NUL.
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Code = Annotated[str, StringConstraints(max_length=60, pattern=r"^[a-z0-9_]*$")]


class Asked(BaseModel):
    """What somebody said of himself: a name, kana, a number, an address of mail."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(max_length=terms.MOST)


class Filters(BaseModel):
    """Which of the queue to see, and in what order; "" is all. `cutoff` is in hours, `reason` a code."""

    model_config = ConfigDict(extra="forbid")

    list: Literal["", "waiting", "mine", "later", "parked", "cancellations"] = ""
    band: Literal["", "critical", "high", "medium", "low"] = ""
    kind: Literal["", "subscription", "repeat", "payment"] = ""
    reason: Code = ""
    delivery: Literal["", "first", "early", "later", "bound", "unbound"] = ""
    cutoff: Literal["", "24", "72"] = ""
    holder: Literal["", "nobody", "mine", "others"] = ""
    untouched: Literal["", "yes"] = ""
    refused: Literal["", "yes"] = ""
    sort: Code = ""


class View(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name
    filters: Filters


class Views(BaseModel):
    """All of an agent's, in their order."""

    model_config = ConfigDict(extra="forbid")

    views: list[View] = Field(max_length=MOST_VIEWS)

    @model_validator(mode="after")
    def _named_apart(self) -> "Views":
        if len({view.name for view in self.views}) < len(self.views):
            raise ValueError("two views of one name")
        return self


def router(ground: Ground) -> APIRouter:
    routes = APIRouter(prefix="/api", dependencies=[Depends(whoever_may("desk"))])

    @routes.post("/search")
    async def find(asked: Asked, request: Request) -> Response:
        """Not a GET: what was asked is personal. Only how many were found is written down."""
        wanted = terms.read(asked.q)
        if wanted is None:
            return json_response({"found": []})
        async with transaction(ground.engine) as connection:
            found = await search.find(connection, wanted, MOST_FOUND)
            entry = replace(entry_of(request, "search"), detail=str(len(found)))
            await audit.append(connection, entry, ground.now())
        return json_response({"found": [asdict(one) for one in found]})

    @routes.get("/views")
    async def views(who: Who) -> Response:
        async with transaction(ground.engine) as connection:
            return _answer(await saved_views.of(connection, who.login))

    @routes.put("/views")
    async def keep(wanted: Views, who: Who) -> Response:
        """Whole, not a difference."""
        kept = [SavedView(view.name, view.filters.model_dump()) for view in wanted.views]
        async with transaction(ground.engine) as connection:
            await saved_views.replace(connection, who.login, kept)
        return _answer(kept)

    return routes


def _answer(views: list[SavedView]) -> Response:
    return json_response({"views": [asdict(view) for view in views]})
