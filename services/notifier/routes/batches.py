"""/batches: postal batches and what is put into parcels: look, recall, hand over, settle, returned mail."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from services.notifier import mailroom
from services.notifier.post import Post
from services.notifier.post_desk import PostDesk, Refusal
from services.notifier.routes.alerts import json_response
from services.notifier.routes.ground import Ground, entry_of, whoever_may

_TYPES = {"pdf": "application/pdf", "csv": "text/csv; charset=utf-8", "json": "application/json"}
_STATUS = {"missing": 404, "too_late": 409}
Name = Annotated[str, Field(max_length=120)]


class Settling(BaseModel):
    """What the print house said when it was asked."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    as_: Literal["accepted", "not_printed", "again"] = Field(alias="as")


class Back(BaseModel):
    """The number that is printed on a piece that came back."""

    model_config = ConfigDict(extra="forbid")

    number: str = Field(min_length=1, max_length=40, pattern=r"^[^\x00]+$")


def router(ground: Ground) -> APIRouter:
    routes = APIRouter()
    api = APIRouter(prefix="/api/batches", dependencies=[Depends(whoever_may("market"))])
    room = mailroom.room_of(ground.settings)
    desk = PostDesk(
        ground.engine, room, Post(ground.engine, room, ground.business_now), ground.business_now, ground.now
    )
    _looking(routes, ground, desk)
    _acting(api, desk)

    @api.get("")
    async def listed() -> Response:
        lacking = mailroom.missing(ground.settings, room)
        return json_response({"batches": await desk.listed(), "missing": lacking})

    routes.include_router(api)
    return routes


def _looking(routes: APIRouter, ground: Ground, desk: PostDesk) -> None:
    """Pages, and files with addresses in them: each look at those leaves a trace."""
    may = [Depends(whoever_may("market"))]

    @routes.get("/batches", include_in_schema=False)
    async def page(request: Request) -> Response:
        return ground.pages.show(request, "batches")

    @routes.get("/batches/{batch}/pieces/{action}.pdf", dependencies=may)
    async def preview(batch: UUID, action: UUID, request: Request) -> Response:
        match await desk.preview(str(batch), str(action), entry_of(request, "post.look")):
            case bytes() as pdf:
                return _given(pdf, "application/pdf", f"{action}.pdf")
            case Refusal(problem):
                return _refused(problem)

    @routes.get("/batches/{batch}/files/{name}", dependencies=may)
    async def file(batch: UUID, name: Name, request: Request) -> Response:
        match await desk.file(str(batch), name, entry_of(request, "post.file")):
            case Refusal(problem):
                return _refused(problem)
            case found:
                kind = _TYPES.get(found.name.rpartition(".")[2], "application/octet-stream")
                return _given(found.content, kind, found.name)


def _acting(api: APIRouter, desk: PostDesk) -> None:
    @api.post("/returned")
    async def returned(back: Back, request: Request) -> Response:
        return _answer(await desk.came_back(back.number, entry_of(request, "post.returned")))

    @api.get("/{batch}")
    async def show(batch: UUID) -> Response:
        return _answer(await desk.show(str(batch)))

    @api.post("/{batch}/hand-over")
    async def hand_over(batch: UUID, request: Request) -> Response:
        return _answer(await desk.hand_over(str(batch), entry_of(request, "post.hand_over")))

    @api.post("/{batch}/recall")
    async def recall(batch: UUID, request: Request) -> Response:
        return _answer(await desk.recall(str(batch), entry_of(request, "post.recall")))

    @api.post("/{batch}/pieces/{action}/recall")
    async def recall_piece(batch: UUID, action: UUID, request: Request) -> Response:
        entry = entry_of(request, "post.recall_piece")
        return _answer(await desk.recall_piece(str(batch), str(action), entry))

    @api.post("/{batch}/settle")
    async def settle(batch: UUID, settling: Settling, request: Request) -> Response:
        return _answer(await desk.settle(str(batch), settling.as_, entry_of(request, "post.settle")))


def _answer(answer: object) -> Response:
    match answer:
        case Refusal(problem):
            return _refused(problem)
        case None:
            return json_response({})
        case told:
            return json_response(told)


def _refused(problem: str) -> Response:
    return json_response({"problem": problem}, _STATUS.get(problem, 409))


def _given(content: bytes, kind: str, name: str) -> Response:
    """A PDF is shown by the browser, the rest saved; no cache keeps it."""
    how = "inline" if kind == "application/pdf" else "attachment"
    return Response(content, media_type=kind, headers={"content-disposition": f'{how}; filename="{name}"'})
