"""/integrations: tokens and outgoing webhooks, for administrators."""

from datetime import timedelta
from typing import Annotated, TypeVar, get_args
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from services.notifier.endpoints import Endpoints, Forbidden, Made, Missing, TooMany
from services.notifier.routes.alerts import json_response
from services.notifier.routes.api import owner_of
from services.notifier.routes.ground import Ground, entry_of, whoever_may
from services.notifier.scopes import Happening, Scope
from services.notifier.store.endpoints import Endpoint, Target
from services.notifier.tokens import Tokens, Wish

# PostgreSQL's text refuses NUL; a name is one line.
One = TypeVar("One")
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]+$")]


class NewToken(BaseModel):
    """`days` None is for as long as nobody revokes it."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    scopes: frozenset[Scope] = Field(min_length=1)
    days: int | None = Field(None, ge=1, le=3650)


class Wanted(BaseModel):
    """An endpoint as a person describes it."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    url: str = Field(max_length=1000, pattern=r"^[\x21-\x7e]+$")
    events: frozenset[Happening] = Field(min_length=1)
    contacts: bool = False

    def target(self) -> Target:
        return Target(self.name, self.url, _in_order(self.events, get_args(Happening)), self.contacts)


class Switch(BaseModel):
    """On or off."""

    model_config = ConfigDict(extra="forbid")

    on: bool


class Since(BaseModel):
    """Of what was made since then."""

    model_config = ConfigDict(extra="forbid")

    since: AwareDatetime


def router(ground: Ground) -> APIRouter:
    routes = APIRouter()

    @routes.get("/integrations", include_in_schema=False)
    async def page(request: Request) -> Response:
        told: dict[str, object] = {
            "scopes": get_args(Scope),
            "happenings": get_args(Happening),
            "private_hosts": ground.settings.webhook_private_hosts,
            "address": ground.settings.desk_url,
        }
        return ground.pages.show(request, "integrations", told)

    calls = APIRouter(prefix="/api/integrations", dependencies=[Depends(whoever_may("administer"))])
    tokens = Tokens(ground.engine, ground.now)
    endpoints = Endpoints(ground.engine, ground.now, ground.settings.webhook_private_hosts)

    @calls.get("")
    async def listed() -> Response:
        return json_response({"tokens": await tokens.listed(), "endpoints": await endpoints.listed()})

    _add_tokens(calls, ground, tokens)
    _add_endpoints(calls, endpoints)
    _add_deliveries(calls, endpoints)
    routes.include_router(calls)
    return routes


def _add_tokens(calls: APIRouter, ground: Ground, tokens: Tokens) -> None:
    @calls.post("/tokens")
    async def make(wanted: NewToken, request: Request) -> Response:
        until = None if wanted.days is None else ground.now() + timedelta(days=wanted.days)
        wish = Wish(wanted.name, _in_order(wanted.scopes, get_args(Scope)), until)
        made = await tokens.make(wish, entry_of(request, "token.made"))
        return json_response({"secret": made.secret, "token": made.token})

    @calls.post("/tokens/{token_id}/revoke")
    async def revoke(token_id: UUID, request: Request) -> Response:
        if not await tokens.revoke(str(token_id), entry_of(request, "token.revoked")):
            return _missing()
        # Other replicas find out when they look at the token next.
        ground.fanout.end_streams(owner_of(str(token_id)))
        return json_response({})


def _add_endpoints(calls: APIRouter, endpoints: Endpoints) -> None:
    @calls.post("/endpoints")
    async def make(wanted: Wanted, request: Request) -> Response:
        return _said(await endpoints.make(wanted.target(), entry_of(request, "endpoint.made")))

    @calls.put("/endpoints/{endpoint_id}")
    async def change(endpoint_id: UUID, wanted: Wanted, request: Request) -> Response:
        entry = entry_of(request, "endpoint.changed")
        return _said(await endpoints.change(str(endpoint_id), wanted.target(), entry))

    @calls.delete("/endpoints/{endpoint_id}")
    async def remove(endpoint_id: UUID, request: Request) -> Response:
        removed = await endpoints.remove(str(endpoint_id), entry_of(request, "endpoint.removed"))
        return json_response({}) if removed else _missing()

    @calls.post("/endpoints/{endpoint_id}/rotate")
    async def rotate(endpoint_id: UUID, request: Request) -> Response:
        entry = entry_of(request, "endpoint.secret_rotated")
        return _said(await endpoints.rotate(str(endpoint_id), entry))

    @calls.post("/endpoints/{endpoint_id}/switch")
    async def switch(endpoint_id: UUID, wanted: Switch, request: Request) -> Response:
        entry = entry_of(request, "endpoint.switched_on" if wanted.on else "endpoint.switched_off")
        return _said(await endpoints.switch(str(endpoint_id), wanted.on, entry))

    @calls.post("/endpoints/{endpoint_id}/test")
    async def test(endpoint_id: UUID, request: Request) -> Response:
        return _said(await endpoints.test(str(endpoint_id), entry_of(request, "endpoint.tested")))


def _add_deliveries(calls: APIRouter, endpoints: Endpoints) -> None:
    @calls.get("/endpoints/{endpoint_id}/deliveries")
    async def log(endpoint_id: UUID) -> Response:
        return json_response({"deliveries": await endpoints.log(str(endpoint_id))})

    @calls.post("/endpoints/{endpoint_id}/resend")
    async def resend_all(endpoint_id: UUID, wanted: Since, request: Request) -> Response:
        entry = entry_of(request, "delivery.resent")
        match await endpoints.ask_all(str(endpoint_id), wanted.since, entry):
            case Missing():
                return _missing()
            case asked:
                return json_response({"asked": asked})

    @calls.post("/deliveries/{delivery_id}/resend")
    async def resend(delivery_id: UUID, request: Request) -> Response:
        asked = await endpoints.ask(str(delivery_id), entry_of(request, "delivery.resent"))
        return json_response({"asked": 1}) if asked else _missing()


def _said(outcome: Made | Endpoint | Forbidden | TooMany | Missing) -> Response:
    match outcome:
        case Made(secret, endpoint):
            return json_response({"secret": secret, "endpoint": endpoint})
        case Endpoint():
            return json_response({"endpoint": outcome})
        case Forbidden():
            return json_response({"problem": "forbidden_url"}, 422)
        case TooMany():
            return json_response({"problem": "too_many"}, 409)
        case Missing():
            return _missing()


def _missing() -> Response:
    return json_response({"problem": "missing"}, 404)


def _in_order(chosen: frozenset[One], order: tuple[One, ...]) -> tuple[One, ...]:
    return tuple(one for one in order if one in chosen)
