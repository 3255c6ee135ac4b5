"""/api/alerts: the queue, one alert with its history, and what an agent does with it."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Body, Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from services.notifier import proposals
from services.notifier.alert import Changed, Disposition, Engaged, NotYours, Over, TakenBy, TooEarly
from services.notifier.desk import Desk, Missing, Nobody, Outcome, Repeated, Shown, Unfit
from services.notifier.resolution import Resolution
from services.notifier.routes.ground import Ground, entry_of, whoever_may
from services.notifier.scenarios.calling import CallingHours
from services.notifier.store import cards, changes
from services.notifier.store.agents import Agent
from services.notifier.stream import start_of_day
from services.notifier.web import phone
from shared.postgres.engine import transaction

MOST_SHOWN = 300

Code = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[a-z0-9_]+$")]

# How much of an offer: dates, counts, codes. It is kept for ever, so it has no room for words on a customer.
Term = Annotated[str, Field(max_length=40, pattern=r"^[A-Za-z0-9][A-Za-z0-9:+._-]*$")]
Number = Annotated[int, Field(ge=0, le=1_000_000)]


class Ended(BaseModel):
    """How the call ended, in the agent's words too."""

    model_config = ConfigDict(extra="forbid")

    disposition: Disposition
    reason: Code | None = None
    reason_detail: Code | None = None
    offer: Code | None = None
    offer_detail: dict[Code, Term | Number] = Field({}, max_length=10)
    answer: Code | None = None
    note: str | None = Field(None, max_length=2000)
    callback_at: AwareDatetime | None = None

    def resolution(self) -> Resolution:
        """PostgreSQL's text refuses NUL."""
        note = (self.note or "").replace("\x00", "").strip() or None
        return Resolution(**{**self.model_dump(), "note": note})


class Claim(BaseModel):
    """`early`: before the time of the next call, and knowing it."""

    model_config = ConfigDict(extra="forbid")

    early: bool = False


Who = Annotated[Agent, Depends(whoever_may("desk"))]


def router(ground: Ground) -> APIRouter:
    routes = APIRouter(prefix="/api/alerts", dependencies=[Depends(whoever_may("desk"))])
    desk, zone = ground.desk, ground.settings.shop_zone()

    @routes.get("")
    async def queue(who: Who, most: Annotated[int, Query(ge=1, le=1000)] = MOST_SHOWN) -> Response:
        async with transaction(desk.engine) as connection:
            # The number first: what changes in between comes again on the stream, and nothing is missed.
            seq = await changes.last(connection)
            alerts = await cards.queue(connection, most, who.login)
            counts = await cards.counts(connection, start_of_day(desk.now(), zone))
        now = desk.now()
        told = {"seq": seq, "now": now, "counts": counts, "calling": calling(desk.calls.hours, now)}
        return json_response({**told, "alerts": alerts})

    @routes.get("/{alert_id}")
    async def one(alert_id: UUID) -> Response:
        async with transaction(desk.engine) as connection:
            card = await cards.find(connection, str(alert_id))
            history = await changes.history(connection, str(alert_id))
        if card is None:
            return json_response({"problem": "missing"}, 404)
        return json_response({"alert": card, "history": [asdict(entry) for entry in history]})

    @routes.post("/{alert_id}/claim")
    async def claim(alert_id: UUID, who: Who, wanted: Annotated[Claim | None, Body()] = None) -> Response:
        early = wanted is not None and wanted.early
        return await answer(desk, alert_id, await desk.claim(str(alert_id), who.login, early=early))

    @routes.post("/{alert_id}/contact")
    async def contact(alert_id: UUID, request: Request) -> Response:
        """Not a GET: it leaves a trace."""
        by = entry_of(request, "contact.shown")
        outcome = await desk.contact(str(alert_id), by)
        if isinstance(outcome, Shown):
            return json_response({"contact": _readable(outcome)})
        return await answer(desk, alert_id, outcome)

    @routes.post("/{alert_id}/release")
    async def release(alert_id: UUID, who: Who) -> Response:
        return await answer(desk, alert_id, await desk.release(str(alert_id), who.login))

    @routes.post("/{alert_id}/resolve")
    async def resolve(alert_id: UUID, who: Who, ended: Ended) -> Response:
        resolution = proposals.priced(ended.resolution(), ground.catalogue)
        if resolution.disposition == "callback" and resolution.callback_at is None:
            return json_response({"problem": "needs_callback"}, 422)
        check = proposals.checking(resolution, ground.catalogue, ground.moments())
        outcome = await desk.resolve(str(alert_id), who.login, resolution, check)
        return await answer(desk, alert_id, outcome)

    return routes


def calling(hours: CallingHours, now: datetime) -> dict[str, object]:
    """`until` is when today's calls end, `next` when calls begin again: one of them, in real time."""
    if hours.covers(now):
        return {"open": True, "until": hours.closes(now), "next": None}
    return {"open": False, "until": None, "next": hours.next_open(now)}


def _readable(shown: Shown) -> dict[str, object]:
    return {**asdict(shown), "phone": phone.read(shown.phone) if shown.phone else None}


async def answer(desk: Desk, alert_id: UUID, outcome: Outcome) -> Response:
    """Always with the card as it stands now, so that a page that was behind catches up."""
    async with transaction(desk.engine) as connection:
        card = await cards.find(connection, str(alert_id))
    match outcome:
        case Changed() | Repeated():
            return json_response({"alert": card})
        case TakenBy():
            return json_response({"problem": "taken", "alert": card}, 409)
        case Engaged():
            return json_response({"problem": "engaged", "alert": card}, 409)
        case TooEarly():
            return json_response({"problem": "too_early", "alert": card}, 409)
        case NotYours():
            return json_response({"problem": "not_yours", "alert": card}, 409)
        case Over():
            return json_response({"problem": "over", "alert": card}, 409)
        case Nobody():
            return json_response({"problem": "unknown_agent", "alert": card}, 422)
        case Unfit(problem):
            return json_response({"problem": problem, "alert": card}, 422)
        case Missing():
            return json_response({"problem": "missing"}, 404)


def json_response(content: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, media_type="application/json")
