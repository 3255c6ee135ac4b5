"""The pages an agent works in: the desk, suspected duplicates, the log-in, and the clock they run by."""

from dataclasses import asdict

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from services.notifier.routes.ground import Ground
from services.notifier.routes.page import language_in
from services.notifier.web import call_reasons, reason_names
from services.notifier.web.reasons import REASONS
from services.notifier.web.render import render
from services.notifier.web.script import DEFAULT, OF_KIND, SCRIPTS
from services.notifier.web.words import WORDS

LOGIN_PROBLEMS = (
    "refused",
    "throttled",
    "provider_away",
    "provider_denied",
    "provider_untrusted",
    "provider_no_role",
    "provider_shut",
)


def router(ground: Ground) -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    pages = ground.pages
    provider = ground.settings.oidc_label if ground.settings.oidc_issuer else None

    @routes.get("/")
    async def desk(request: Request) -> Response:
        told: dict[str, object] = {
            "lease_seconds": ground.desk.lease.total_seconds(),
            "sla_minutes": ground.settings.sla_minutes,
            "reasons": REASONS[language_in(request)],
            "reason_names": reason_names.told(language_in(request)),
            "call_reasons": call_reasons.told(language_in(request)),
            "scripts": {code: asdict(script) for code, script in {**SCRIPTS, "": DEFAULT}.items()},
            "kind_scripts": {kind: asdict(script) for kind, script in OF_KIND.items()},
        }
        return pages.show(request, "desk", told)

    @routes.get("/duplicates")
    async def duplicates(request: Request) -> Response:
        return pages.show(request, "duplicates")

    @routes.get("/login")
    async def login(request: Request) -> Response:
        if request.state.agent is not None:
            return RedirectResponse("/", 303)
        problem = request.query_params.get("problem")
        words = WORDS[language_in(request)]
        known = words[f"login_{problem}"] if problem in LOGIN_PROBLEMS else None
        page = render("login.html", **pages.common(request), problem=known, provider=provider)
        return pages.in_language(request, HTMLResponse(page))

    @routes.get("/api/clock")
    async def clock() -> Response:
        return JSONResponse(pages.shop.clock())

    return routes
