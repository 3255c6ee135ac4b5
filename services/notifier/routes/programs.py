"""Programs: in front of /api/v1 - a token with each request, and one form for all that goes wrong."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.notifier import scopes
from services.notifier.pace import Pace
from services.notifier.store.cards import Card
from services.notifier.store.tokens import Token
from services.notifier.tokens import Tokens, TooFast

# What the framework itself says, by status.
CODES = {400: "unreadable", 404: "not_found", 405: "wrong_method", 413: "too_large"}


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """After RFC 9457; `code` is for programs. `fields` were wrong in the request; `alert` is as it is now."""

    title: str
    status: int
    code: str
    type: str = "about:blank"
    fields: tuple[str, ...] = ()
    alert: Card | None = None


def problem(
    status: int,
    code: str,
    *,
    fields: tuple[str, ...] = (),
    alert: Card | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    said = Problem(HTTPStatus(status).phrase, status, code, fields=fields, alert=alert)
    # The type is always said: it is what makes it a problem.
    body = {"type": said.type, **msgspec.to_builtins(said)}
    return Response(msgspec.json.encode(body), status, headers, "application/problem+json")


class Bearer:
    """ASGI middleware: nothing passes without a token, not even to what does not exist."""

    def __init__(self, app: ASGIApp, tokens: Tokens, pace: Pace) -> None:
        self._app, self._tokens, self._pace = app, tokens, pace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError("the desk speaks HTTP only")
        secret = _bearer(Headers(scope=scope).getlist("authorization"))
        match await self._tokens.enter(secret, self._pace) if secret else None:
            case Token() as token:
                scope.setdefault("state", {}).update(program=token, secret=secret)
                await self._app(scope, receive, send)
            case TooFast(wait):
                answer = problem(429, "too_fast", headers={"retry-after": str(int(wait) + 1)})
                await answer(scope, receive, send)
            case None:
                answer = problem(401, "no_token", headers={"www-authenticate": 'Bearer realm="hikitome"'})
                await answer(scope, receive, send)


def _bearer(said: list[str]) -> str | None:
    scheme, _, secret = (said[0] if len(said) == 1 else "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" and secret.strip() else None


def application(tokens: Tokens, pace: Pace) -> FastAPI:
    """An application of its own within the desk's: its own form of problems, its own description."""
    api = FastAPI(openapi_url=None, title="Hikitome: the desk for other programs", version="1")
    api.add_middleware(Bearer, tokens=tokens, pace=pace)
    api.add_exception_handler(AnyHTTPException, _refused)
    api.add_exception_handler(RequestValidationError, _invalid)
    return api


async def _refused(_request: Request, error: Exception) -> Response:
    if not isinstance(error, AnyHTTPException):
        raise error
    code = CODES.get(error.status_code, str(error.detail))
    return problem(error.status_code, code, headers=dict(error.headers or {}))


async def _invalid(_request: Request, error: Exception) -> Response:
    """Says where, not what: the values may be personal data."""
    if not isinstance(error, RequestValidationError):
        raise error
    # A key may hold half a character, which no answer can.
    fields = [".".join(map(str, one["loc"])).encode(errors="replace").decode() for one in error.errors()]
    return problem(422, "invalid", fields=tuple(dict.fromkeys(fields)))


def program_of(request: Request) -> Token:
    token: Token = request.state.program
    return token


def whoever_has(scope: scopes.Scope) -> Callable[[Request], Any]:
    """For `Depends`: the token of this request.

    The dependency raises HTTPException 403 for a token without the scope.
    """

    def token_with(request: Request) -> Token:
        token = program_of(request)
        if scope not in token.scopes:
            raise HTTPException(403, "missing_scope")
        return token

    return token_with
