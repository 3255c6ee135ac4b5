"""/accounts, /password and /audit: who may enter, one's own password, and who did what."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from services.notifier.accounts import (
    Accounts,
    Change,
    Done,
    Elsewhere,
    LastAdmin,
    Missing,
    Taken,
)
from services.notifier.rights import Role
from services.notifier.routes.alerts import json_response
from services.notifier.routes.ground import Ground, agent_of, entry_of, whoever_may
from services.notifier.routes.session import end_streams
from services.notifier.store.agents import Agent

# Nothing that a page or PostgreSQL could not show, and no white space around it.
_SHOWN = r"^[^\x00-\x20\x7f]([^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?$"
Login = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x20\x7f]+$")]
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=_SHOWN)]
Who = Annotated[Agent, Depends(whoever_may("administer"))]


class NewAccount(BaseModel):
    """For a person who logs in with a password."""

    model_config = ConfigDict(extra="forbid")

    login: Login
    name: Name
    role: Role


class Whose(BaseModel):
    """Log-ins may be mail addresses, so they stand in bodies and never in addresses."""

    model_config = ConfigDict(extra="forbid")

    login: str = Field(max_length=80, pattern=r"^[^\x00]+$")


class Changing(Whose):
    """What is left out stays as it is."""

    name: Name | None = None
    role: Role | None = None
    active: bool | None = None


def router(ground: Ground) -> APIRouter:
    routes = APIRouter()
    accounts = Accounts(ground.door)

    @routes.get("/accounts", include_in_schema=False)
    async def page(request: Request) -> Response:
        return ground.pages.show(request, "accounts", {"provider": _provider(ground)})

    @routes.get("/password", include_in_schema=False)
    async def own(request: Request) -> Response:
        return ground.pages.show(request, "password", {"must_change": agent_of(request).must_change})

    @routes.get("/api/accounts")
    async def listed(_who: Who) -> Response:
        return json_response({"accounts": await accounts.listed()})

    @routes.post("/api/accounts")
    async def make(asked: NewAccount, request: Request, _who: Who) -> Response:
        by = entry_of(request, "account.made")
        return _answer(ground, await accounts.make(by, Agent(asked.login, asked.name, asked.role)))

    @routes.post("/api/accounts/change")
    async def change(asked: Changing, request: Request, _who: Who) -> Response:
        by, wanted = entry_of(request, "account.changed"), Change(asked.name, asked.role, asked.active)
        return _answer(ground, await accounts.change(by, asked.login, wanted))

    @routes.post("/api/accounts/password")
    async def renew(asked: Whose, request: Request, _who: Who) -> Response:
        return _answer(ground, await accounts.renew(entry_of(request, "account.password"), asked.login))

    @routes.post("/api/accounts/put-out")
    async def put_out(asked: Whose, request: Request, _who: Who) -> Response:
        return _answer(ground, await accounts.put_out(entry_of(request, "account.put_out"), asked.login))

    return routes


def _answer(ground: Ground, outcome: Done | Missing | Taken | Elsewhere | LastAdmin) -> Response:
    match outcome:
        case Done(ended, password):
            end_streams(ground, ended)
            return json_response({"password": password, "ended": len(ended)})
        case Missing():
            return json_response({"problem": "missing"}, 404)
        case Taken():
            return json_response({"problem": "taken"}, 409)
        case Elsewhere():
            return json_response({"problem": "elsewhere"}, 409)
        case LastAdmin():
            return json_response({"problem": "last_admin"}, 409)


def _provider(ground: Ground) -> str | None:
    return ground.settings.oidc_label if ground.settings.oidc_issuer else None
