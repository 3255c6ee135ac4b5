"""/api/v1: alerts for other programs, by token."""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from services.notifier.pace import Pace
from services.notifier.routes import api_answers, api_document
from services.notifier.routes.alerts import Ended, json_response
from services.notifier.routes.api_document import Changes, One, Page
from services.notifier.routes.api_work import Worker
from services.notifier.routes.ground import Ground
from services.notifier.routes.live import EventStream, Reader
from services.notifier.routes.programs import application, problem, whoever_has
from services.notifier.store import alert_pages, cards, changes
from services.notifier.store.alert_pages import Filters
from services.notifier.store.cards import Card, Told, anonymous
from services.notifier.store.tokens import Token
from services.notifier.tokens import Tokens
from shared.events.risk import Band, RiskKind
from shared.postgres.engine import transaction

PREFIX = "/api/v1"
MOST_STREAMS = 10
# So many seconds' requests may come together.
AT_ONCE_SECONDS = 5
OPEN = ("raised", "claimed")
MOST_SEQ = 2**62

State = Literal["open", "raised", "claimed", "resolved", "withdrawn"]
Reads = Annotated[Token, Depends(whoever_has("alerts:read"))]
Writes = Annotated[Token, Depends(whoever_has("alerts:write"))]
# PostgreSQL's text refuses NUL.
Login = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00]+$")]
Seq = Annotated[int, Query(ge=0, le=MOST_SEQ)]


class By(BaseModel):
    """The log-in of the agent who does it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"agent": "misaki"}})

    agent: Login


class Result(Ended):
    """How the call ended, as the agent would record it at the desk."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"agent": "misaki", "disposition": "no_answer"}},
    )

    agent: Login

    def ended(self) -> Ended:
        return Ended(**self.model_dump(exclude={"agent"}))


def router(ground: Ground) -> APIRouter:
    per_second = ground.settings.api_per_second
    api = application(Tokens(ground.engine, ground.now), Pace(per_second, AT_ONCE_SECONDS * per_second))
    _add_reading(api, ground)
    _add_stream(api, ground)
    _add_working(api, ground)
    api_document.serve(api)
    routes = APIRouter()
    routes.mount(PREFIX, api)
    return routes


def _add_reading(api: FastAPI, ground: Ground) -> None:
    engine = ground.engine

    @api.get("/alerts", response_class=Response, responses=api_answers.PAGE)
    async def alerts(
        token: Reads,
        state: State = "open",
        band: Band | None = None,
        kind: RiskKind | None = None,
        after: UUID | None = None,
        most: Annotated[int, Query(ge=1, le=200)] = 100,
    ) -> Response:
        """Alerts by id; `next` is `after` of the next page.

        `seq` was the newest change before the page was read: a stream after the first page's misses nothing.
        """
        filters = Filters(OPEN if state == "open" else (state,), band, kind)
        async with transaction(engine) as connection:
            seq = await changes.last(connection)
            found = await alert_pages.page(connection, filters, str(after) if after else None, most)
        more = found[-1].id if len(found) == most else None
        return json_response(Page(seq, _shown(found, token), more))

    @api.get("/alerts/{alert_id}", response_class=Response, responses=api_answers.ONE)
    async def alert(alert_id: UUID, token: Reads) -> Response:
        """One alert, open or over."""
        async with transaction(engine) as connection:
            card = await cards.find(connection, str(alert_id))
        if card is None:
            return problem(404, "not_found")
        return json_response(One(_shown([card], token)[0]))

    @api.get("/changes", response_class=Response, responses=api_answers.CHANGES)
    async def changed(
        token: Reads, after: Seq = 0, most: Annotated[int, Query(ge=1, le=1000)] = 500
    ) -> Response:
        """Changes with a number above `after`, in order and without gaps; each with its alert as it is now.

        `next` is `after` of the next request, `last` the newest number there is.
        """
        async with transaction(engine) as connection:
            last = await changes.last(connection)
            told = await cards.after(connection, after, last, most)
        shown = _shown([one.card for one in told], token)
        news = [Told(one.seq, one.what, card) for one, card in zip(told, shown, strict=True)]
        reached = told[-1].seq if told else after
        return json_response(Changes(last, reached, [api_document.change_of(one) for one in news]))


def _add_stream(api: FastAPI, ground: Ground) -> None:
    tokens, fanout = Tokens(ground.engine, ground.now), ground.fanout

    @api.get("/stream", response_class=Response, responses=api_answers.STREAM)
    async def stream(
        request: Request, token: Reads, after: Annotated[int | None, Query(ge=0, le=MOST_SEQ)] = None
    ) -> Response:
        """Changes as they happen, over server-sent events; a reconnect says the last id it has seen."""
        owner = owner_of(token.id)
        if fanout.streams_of(owner) >= MOST_STREAMS:
            return problem(429, "too_many_streams", headers={"retry-after": "60"})
        secret: str = request.state.secret

        async def trusted() -> bool:
            return await tokens.holds(secret)

        reader = Reader(owner, trusted, masked="contacts:read" not in token.scopes)
        said = request.headers.get("last-event-id", "")
        last_id = int(said) if said.isascii() and said.isdecimal() and len(said) < 19 else after
        return EventStream(fanout, ground.engine, reader, last_id)


def _add_working(api: FastAPI, ground: Ground) -> None:
    worker = Worker(ground)

    @api.post("/alerts/{alert_id}/claim", response_class=Response, responses=api_answers.WORK)
    async def claim(alert_id: UUID, by: By, token: Writes) -> Response:
        """Take it for an agent, or prolong the agent's lease."""
        return await worker.claim(token, str(alert_id), by.agent)

    @api.post("/alerts/{alert_id}/release", response_class=Response, responses=api_answers.WORK)
    async def release(alert_id: UUID, by: By, token: Writes) -> Response:
        """Give it back to the queue."""
        return await worker.release(token, str(alert_id), by.agent)

    @api.post("/alerts/{alert_id}/resolve", response_class=Response, responses=api_answers.WORK)
    async def resolve(alert_id: UUID, result: Result, token: Writes) -> Response:
        """Say how the call ended."""
        return await worker.resolve(token, str(alert_id), result.agent, result.ended().resolution())


def owner_of(token_id: str) -> str:
    """Whose streams the fan-out takes a token's for."""
    return f"token {token_id}"


def _shown(found: Sequence[Card], token: Token) -> list[Card]:
    if "contacts:read" in token.scopes:
        return list(found)
    return [anonymous(card) for card in found]
