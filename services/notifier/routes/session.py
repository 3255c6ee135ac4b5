"""/api/session: log in with the form, ask who one is, log out."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from services.notifier.auth import SESSION, Entered, Refused, Throttled, csrf_token
from services.notifier.routes.gate import cookie_name
from services.notifier.routes.ground import Ground


def router(ground: Ground) -> APIRouter:
    routes = APIRouter(prefix="/api/session")
    door, fanout, secure = ground.door, ground.fanout, ground.settings.secure_cookies
    cookie = cookie_name(secure)

    @routes.post("")
    async def log_in(
        login: Annotated[str, Form(max_length=80)], password: Annotated[str, Form(max_length=200)]
    ) -> Response:
        match await door.log_in(login.replace("\x00", ""), password):
            case Entered(token):
                answer = RedirectResponse("/", 303)
                answer.set_cookie(
                    cookie,
                    token,
                    max_age=int(SESSION.total_seconds()),
                    path="/",
                    secure=secure,
                    httponly=True,
                    samesite="lax",
                )
                return answer
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

    @routes.delete("")
    async def log_out(request: Request) -> Response:
        token = request.state.token
        if token is not None:
            await door.log_out(token)
            fanout.end_streams(token)
        answer = Response(status_code=204)
        answer.delete_cookie(cookie, path="/", secure=secure, httponly=True, samesite="lax")
        return answer

    return routes
