"""The gate: in front of everything, nothing passes without a session except what lets one begin."""

from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.notifier.auth import Door, csrf_fits

# `/unsubscribe` is for customers, who have no session; its links carry a signature of their own. `/api/v1` is
# for programs, which show a token with each request. LINE and mail providers sign what they tell.
OPEN_PATHS = ("/login", "/api/session", "/api/session/provider", "/api/session/provider/back")
OPEN_FOLDERS = ("/static/", "/unsubscribe/", "/api/v1/", "/line/", "/mail/", "/go/")
# What is left to whoever has to choose a password first.
BEFORE_CHANGE = ("/password", "/api/session", "/api/session/password")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


def cookie_name(secure: bool) -> str:
    """With the prefix a browser refuses the cookie from any other host and over plain HTTP."""
    return "__Host-hikitome" if secure else "hikitome"


class Gate:
    """ASGI middleware; puts `agent` and `token` into the request's state."""

    def __init__(self, app: ASGIApp, door: Door, secure: bool) -> None:
        self._app = app
        self._door = door
        self._cookie = cookie_name(secure)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError("the desk speaks HTTP only")
        refusal = await self._judge(scope)
        await (refusal or self._app)(scope, receive, _with_headers(scope, send))

    async def _judge(self, scope: Scope) -> Response | None:
        """None lets it pass."""
        path, method, headers = scope["path"], scope["method"], Headers(scope=scope)
        token = _cookie(headers, self._cookie)
        agent = await self._door.find_agent(token) if token and not path.startswith(OPEN_FOLDERS) else None
        scope.setdefault("state", {}).update(agent=agent, token=token if agent else None)
        if path.startswith(OPEN_FOLDERS):
            return None
        if method not in SAFE_METHODS and not _same_site(headers):
            return _problem(403, "cross_site")
        if path in OPEN_PATHS and (agent is None or method == "POST"):
            return None
        if agent is None or token is None:
            return _problem(401, "no_session") if _is_call(path) else RedirectResponse("/login", 303)
        if method not in SAFE_METHODS and not csrf_fits(token, headers.get("x-csrf-token")):
            return _problem(403, "csrf")
        if agent.must_change and path not in BEFORE_CHANGE:
            return _problem(403, "password") if _is_call(path) else RedirectResponse("/password", 303)
        return None


def _is_call(path: str) -> bool:
    return path.startswith("/api/") or path == "/stream"


def _same_site(headers: Headers) -> bool:
    """Browsers say where a request comes from; other clients say nothing and carry no foreign cookies."""
    fetch_site = headers.get("sec-fetch-site")
    if fetch_site is not None:
        return fetch_site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


def _cookie(headers: Headers, name: str) -> str | None:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return None
    return morsel.value if morsel else None


def _problem(status: int, problem: str) -> Response:
    return JSONResponse({"problem": problem}, status)


def _with_headers(scope: Scope, send: Send) -> Send:
    stored = "no-cache" if scope["path"].startswith("/static/") else "no-store"

    async def add(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", stored)
        await send(message)

    return add
