"""/api/alerts: the queue, one alert with its history, and what an agent does with it."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from services.notifier.alert import Changed, Disposition, NotYours, Over, TakenBy
from services.notifier.desk import Desk, Missing, Outcome, Shown
from services.notifier.routes.ground import Ground, whoever_may
from services.notifier.store import cards, changes
from services.notifier.store.agents import Agent
from services.notifier.stream import start_of_day
from services.notifier.web import phone
from shared.postgres.engine import transaction

MOST_SHOWN = 300


class Resolution(BaseModel):
    """How it ended, in the agent's words too."""

    model_config = ConfigDict(extra="forbid")

    disposition: Disposition
    note: str | None = Field(None, max_length=2000)

    def words(self) -> str | None:
        """PostgreSQL's text refuses NUL."""
        return (self.note or "").replace("\x00", "").strip() or None


Who = Annotated[Agent, Depends(whoever_may("desk"))]


def router(ground: Ground) -> APIRouter:
    routes = APIRouter(prefix="/api/alerts", dependencies=[Depends(whoever_may("desk"))])
    desk, zone = ground.desk, ground.settings.shop_zone()

    @routes.get("")
    async def queue(most: Annotated[int, Query(ge=1, le=1000)] = MOST_SHOWN) -> Response:
        async with transaction(desk.engine) as connection:
            # The number first: what changes in between comes again on the stream, and nothing is missed.
            seq = await changes.last(connection)
            alerts = await cards.queue(connection, most)
            counts = await cards.counts(connection, start_of_day(desk.now(), zone))
        return json_response({"seq": seq, "now": desk.now(), "counts": counts, "alerts": alerts})

    @routes.get("/{alert_id}")
    async def one(alert_id: UUID) -> Response:
        async with transaction(desk.engine) as connection:
            card = await cards.find(connection, str(alert_id))
            history = await changes.history(connection, str(alert_id))
        if card is None:
            return json_response({"problem": "missing"}, 404)
        return json_response({"alert": card, "history": [asdict(entry) for entry in history]})

    @routes.post("/{alert_id}/claim")
    async def claim(alert_id: UUID, who: Who) -> Response:
        return await _answer(desk, alert_id, await desk.claim(str(alert_id), who.login))

    @routes.post("/{alert_id}/contact")
    async def contact(alert_id: UUID, who: Who) -> Response:
        """Not a GET: it leaves a trace."""
        outcome = await desk.contact(str(alert_id), who.login)
        if isinstance(outcome, Shown):
            return json_response({"contact": _readable(outcome)})
        return await _answer(desk, alert_id, outcome)

    @routes.post("/{alert_id}/release")
    async def release(alert_id: UUID, who: Who) -> Response:
        return await _answer(desk, alert_id, await desk.release(str(alert_id), who.login))

    @routes.post("/{alert_id}/resolve")
    async def resolve(alert_id: UUID, who: Who, resolution: Resolution) -> Response:
        outcome = await desk.resolve(str(alert_id), who.login, resolution.disposition, resolution.words())
        return await _answer(desk, alert_id, outcome)

    return routes


def _readable(shown: Shown) -> dict[str, object]:
    return {**asdict(shown), "phone": phone.read(shown.phone) if shown.phone else None}


async def _answer(desk: Desk, alert_id: UUID, outcome: Outcome) -> Response:
    """Always with the card as it stands now, so that a page that was behind catches up."""
    async with transaction(desk.engine) as connection:
        card = await cards.find(connection, str(alert_id))
    match outcome:
        case Changed():
            return json_response({"alert": card})
        case TakenBy():
            return json_response({"problem": "taken", "alert": card}, 409)
        case NotYours():
            return json_response({"problem": "not_yours", "alert": card}, 409)
        case Over():
            return json_response({"problem": "over", "alert": card}, 409)
        case Missing():
            return json_response({"problem": "missing"}, 404)


def json_response(content: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, media_type="application/json")
