"""/api/session: log in with the form, ask who one is, choose another password, log out."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from starlette.responses import JSONResponse, RedirectResponse, Response

from services.notifier.accounts import Accounts, Done, Elsewhere, Weak
from services.notifier.auth import SESSION, Entered, Refused, Throttled, csrf_token, hashed
from services.notifier.routes.gate import cookie_name
from services.notifier.routes.ground import Ground, agent_of


class NewPassword(BaseModel):
    """One's own, which one must know to change it."""

    model_config = ConfigDict(extra="forbid")

    old: SecretStr = Field(max_length=200)
    new: SecretStr = Field(max_length=200)


def router(ground: Ground) -> APIRouter:
    routes = APIRouter(prefix="/api/session")
    door, secure = ground.door, ground.settings.secure_cookies
    accounts = Accounts(door)

    @routes.post("")
    async def log_in(
        request: Request,
        login: Annotated[str, Form(max_length=80)],
        password: Annotated[str, Form(max_length=200)],
    ) -> Response:
        match await door.log_in(login.replace("\x00", ""), password, whence(request)):
            case Entered() as entered:
                return await entrance(ground, request, entered)
            case Refused():
                return RedirectResponse("/login?problem=refused", 303)
            case Throttled():
                return RedirectResponse("/login?problem=throttled", 303)

    @routes.get("")
    async def who(request: Request) -> Response:
        agent = request.state.agent
        if agent is None:
            return JSONResponse({"problem": "no_session"}, 401)
        return JSONResponse(
            {
                "login": agent.login,
                "name": agent.name,
                "role": agent.role,
                "csrf": csrf_token(request.state.token),
            }
        )

    @routes.post("/password")
    async def choose(asked: NewPassword, request: Request) -> Response:
        old, new = asked.old.get_secret_value(), asked.new.get_secret_value()
        token = request.state.token
        outcome = await accounts.choose(agent_of(request), token, old, new, whence(request))
        if not isinstance(outcome, Done):
            return _problem(outcome)
        end_streams(ground, outcome.ended)
        return Response(status_code=204)

    @routes.delete("")
    async def log_out(request: Request) -> Response:
        await leave(ground, request)
        answer = Response(status_code=204)
        answer.delete_cookie(cookie_name(secure), path="/", secure=secure, httponly=True, samesite="lax")
        return answer

    return routes


async def entrance(ground: Ground, request: Request, entered: Entered) -> Response:
    """In, with the session's cookie; a session that this browser had before is over."""
    await leave(ground, request)
    answer = RedirectResponse("/", 303)
    secure = ground.settings.secure_cookies
    answer.set_cookie(
        cookie_name(secure),
        entered.token,
        max_age=int(SESSION.total_seconds()),
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )
    return answer


async def leave(ground: Ground, request: Request) -> None:
    if (token := request.state.token) is not None:
        await ground.door.log_out(token, whence(request))
        ground.fanout.end_streams(token)


def end_streams(ground: Ground, ended: set[bytes]) -> None:
    """Of sessions that have ended, by their tokens' hashes; other replicas see it at their next look."""
    for owner in ground.fanout.owners():
        if hashed(owner) in ended:
            ground.fanout.end_streams(owner)


def _problem(outcome: Refused | Throttled | Weak | Elsewhere) -> Response:
    match outcome:
        case Refused():
            return JSONResponse({"problem": "refused"}, 403)
        case Throttled():
            return JSONResponse({"problem": "throttled"}, 429)
        case Weak():
            return JSONResponse({"problem": "weak"}, 422)
        case Elsewhere():
            return JSONResponse({"problem": "elsewhere"}, 409)


def whence(request: Request) -> str | None:
    return request.client.host if request.client else None
