"""/messages: the ledger of what was sent, deferred and suppressed, and what a person must decide."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from services.notifier import terms
from services.notifier.ledger import MOST_LISTED, Ledger
from services.notifier.routes.alerts import Code, json_response
from services.notifier.routes.cursor import Cursor, place_of
from services.notifier.routes.ground import Ground, entry_of, whoever_may
from services.notifier.routes.ledger_sheet import ledger as as_sheet
from services.notifier.routes.page import language_in
from services.notifier.settle import Found, settle
from services.notifier.store.actions import Judged
from services.notifier.store.ledger import Asked, Outcome
from services.notifier.web import reason_names as names
from services.notifier.web.sheet import sheet
from shared.events.action import Way

Ref = Annotated[str, Field(min_length=3, max_length=400, pattern=r"^[^\x00/]+/[^\x00/]+/[^\x00]+$")]


class Wanted(BaseModel):
    """Which messages; `before` is where to go on, as the answer before it said."""

    model_config = ConfigDict(extra="forbid")

    scenario: Code | None = None
    state: Outcome | None = None
    channel: Way | None = None
    reason: Code | None = None
    before: Cursor | None = None

    def asked(self, customer: str | None = None) -> Asked:
        return Asked(self.scenario, self.state, self.channel, self.reason, customer)


class Taken(Wanted):
    """What goes into a file. A body, not an address: the reference is a customer's."""

    customer_ref: Ref | None = None


class About(Wanted):
    customer_ref: Ref


class Typed(BaseModel):
    """What somebody said of himself."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(max_length=terms.MOST)


class Said(BaseModel):
    """What became of an unknown message, and how that was found out."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    judged: Judged = Field(alias="as")
    note: Found = "judged"


def router(ground: Ground) -> APIRouter:
    routes = APIRouter()
    ledger = Ledger(ground.engine, ground.now)

    @routes.get("/messages", include_in_schema=False)
    async def page(request: Request) -> Response:
        return ground.pages.show(request, "messages", {"reason_names": names.told(language_in(request))})

    routes.include_router(_many(ground, ledger))
    routes.include_router(_one(ground, ledger))
    return routes


def _many(ground: Ground, ledger: Ledger) -> APIRouter:
    routes = APIRouter(prefix="/api/messages", dependencies=[Depends(whoever_may("market"))])
    zone = ground.settings.shop_zone()

    @routes.get("")
    async def listed(wanted: Annotated[Wanted, Query()]) -> Response:
        entries, more = await ledger.listed(wanted.asked(), place_of(wanted.before))
        return json_response({"messages": entries, "more": more, "most": MOST_LISTED})

    @routes.get("/options")
    async def options() -> Response:
        return json_response(await ledger.options())

    @routes.post("/people")
    async def people(typed: Typed, request: Request) -> Response:
        """Names only: no address leaves by this page."""
        return json_response({"found": await ledger.people(typed.q, entry_of(request, "search"))})

    @routes.post("/about")
    async def about(wanted: About, request: Request) -> Response:
        """なぜ2通届いた, なぜ届かなかった: all that went out and all that did not, with the reasons."""
        ref = wanted.customer_ref
        by = entry_of(request, "messages.asked", ref)
        entries, more, standing = await ledger.about(ref, wanted.asked(), place_of(wanted.before), by)
        return json_response({"messages": entries, "more": more, "standing": standing})

    @routes.post("/csv")
    async def saved(wanted: Taken, request: Request) -> Response:
        by = entry_of(request, "export", wanted.customer_ref)
        entries = await ledger.saved(wanted.asked(wanted.customer_ref), by)
        name = f"hikitome-messages_{ground.now().astimezone(zone):%Y-%m-%d}.csv"
        return Response(
            sheet(as_sheet(entries, zone, language_in(request))),
            media_type="text/csv; charset=utf-8",
            headers={"content-disposition": f'attachment; filename="{name}"'},
        )

    return routes


def _one(ground: Ground, ledger: Ledger) -> APIRouter:
    routes = APIRouter(prefix="/api/messages/{action}", dependencies=[Depends(whoever_may("market"))])

    @routes.get("")
    async def opened(action: UUID) -> Response:
        found = await ledger.opened(str(action))
        if found is None:
            return json_response({"problem": "missing"}, 404)
        return json_response({"message": found[0], "enrolment": found[1]})

    @routes.post("/words")
    async def words(action: UUID, request: Request) -> Response:
        """What was being sent; a look at it is written down."""
        kept = await ledger.words(str(action), entry_of(request, "message.read"))
        return json_response({"words": kept})

    @routes.post("/settle")
    async def judge(action: UUID, said: Said, request: Request) -> Response:
        by = entry_of(request, "message.settled")
        if await settle(ground.engine, str(action), said.judged, said.note, by, ground.moments()):
            return json_response({"settled": said.judged})
        return json_response({"problem": "not_unknown"}, 409)

    return routes
