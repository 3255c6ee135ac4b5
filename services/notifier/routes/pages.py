"""The pages: the desk, the log-in, and the clock they run by."""

from dataclasses import asdict, dataclass
from datetime import timedelta

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from services.notifier.auth import csrf_token
from services.notifier.web.reasons import REASONS
from services.notifier.web.render import render
from services.notifier.web.script import DEFAULT, OF_KIND, SCRIPTS
from services.notifier.web.words import WORDS, Language, language_of
from shared.clock import Now

LANGUAGE_COOKIE = "lang"


@dataclass(frozen=True, slots=True)
class Shop:
    """What the pages say about the shop, and the clock its business runs by."""

    name: str
    zone: str
    mails_url: str | None
    business_now: Now
    now: Now
    speed: float
    lease: timedelta


def router(shop: Shop, secure: bool) -> APIRouter:
    routes = APIRouter()

    @routes.get("/")
    async def desk(request: Request) -> Response:
        agent = request.state.agent
        page = render(
            "desk.html",
            **_common(shop, request),
            agent=agent,
            csrf=csrf_token(request.state.token),
            mails_url=shop.mails_url,
            told={
                **_told(shop, request),
                "lease_seconds": shop.lease.total_seconds(),
                "reasons": REASONS[_language(request)],
                "scripts": {code: asdict(script) for code, script in {**SCRIPTS, "": DEFAULT}.items()},
                "kind_scripts": {kind: asdict(script) for kind, script in OF_KIND.items()},
            },
        )
        return _in_language(request, HTMLResponse(page), secure)

    @routes.get("/duplicates")
    async def duplicates(request: Request) -> Response:
        """For supervisors."""
        agent = request.state.agent
        if agent.role != "supervisor":
            return RedirectResponse("/", 303)
        page = render(
            "duplicates.html",
            **_common(shop, request),
            agent=agent,
            csrf=csrf_token(request.state.token),
            told=_told(shop, request),
        )
        return _in_language(request, HTMLResponse(page), secure)

    @routes.get("/login")
    async def login(request: Request) -> Response:
        if request.state.agent is not None:
            return RedirectResponse("/", 303)
        problem = request.query_params.get("problem")
        words = _words(request)
        known = words.get(f"login_{problem}") if problem in ("refused", "throttled") else None
        page = render("login.html", **_common(shop, request), problem=known)
        return _in_language(request, HTMLResponse(page), secure)

    @routes.get("/api/clock")
    async def clock() -> Response:
        return JSONResponse(_clock(shop))

    return routes


def _clock(shop: Shop) -> dict[str, object]:
    return {
        "now": shop.now().isoformat(),
        "business_now": shop.business_now().isoformat(),
        "speed": shop.speed,
    }


def _told(shop: Shop, request: Request) -> dict[str, object]:
    """What every page's script knows from its start."""
    return {
        **_clock(shop),
        "zone": shop.zone,
        "language": _language(request),
        "login": request.state.agent.login,
        "words": _words(request),
    }


def _common(shop: Shop, request: Request) -> dict[str, object]:
    return {"language": _language(request), "words": _words(request), "shop_name": shop.name}


def _language(request: Request) -> Language:
    return language_of(request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE))


def _words(request: Request) -> dict[str, str]:
    return WORDS[_language(request)]


def _in_language(request: Request, page: Response, secure: bool) -> Response:
    """`?lang=` is remembered."""
    if "lang" in request.query_params:
        page.set_cookie(
            LANGUAGE_COOKIE,
            _language(request),
            max_age=31_536_000,
            secure=secure,
            httponly=True,
            samesite="lax",
        )
    return page
