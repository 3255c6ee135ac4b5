"""/api/session/provider: logging in through an OpenID provider."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from services.notifier.auth import Entered, Throttled
from services.notifier.channels.identity_provider import Away, IdentityProvider, Registration, Untrusted
from services.notifier.federation import PATIENCE, Federation, NoRole, Shut, Way
from services.notifier.routes.ground import Ground
from services.notifier.routes.session import entrance, whence

PATH = "/api/session/provider"
Text = Annotated[str | None, Query(max_length=4000, pattern=r"^[^\x00]*$")]


def router(ground: Ground) -> APIRouter:
    """Without a provider in the settings its addresses lead back to the log-in page."""
    routes = APIRouter(prefix=PATH, include_in_schema=False)
    federation, issuer = _federation(ground), ground.settings.oidc_issuer
    secure = ground.settings.secure_cookies
    cookie = "__Host-hikitome-way" if secure else "hikitome-way"

    @routes.get("")
    async def set_out() -> Response:
        match await federation.set_out() if federation else None:
            case Way(url, token):
                answer = RedirectResponse(url, 303)
                # Lax, for it must come along when the provider sends the browser back.
                answer.set_cookie(
                    cookie,
                    token,
                    max_age=int(PATIENCE.total_seconds()),
                    path="/",
                    secure=secure,
                    httponly=True,
                    samesite="lax",
                )
                return answer
            case Throttled():
                return _back("throttled")
            case Away() | None:
                return _back("provider_away")

    @routes.get("/back")
    async def come_back(request: Request, state: Text = "", code: Text = None, iss: Text = None) -> Response:
        if federation is None:
            return _back("provider_away")
        token = request.cookies.get(cookie, "")
        # A provider that signs its answers must be ours (RFC 9207).
        own = code if iss is None or iss == issuer else None
        outcome = await federation.come_back(token, state or "", own, whence(request))
        answer = await _answer(ground, request, outcome)
        answer.delete_cookie(cookie, path="/", secure=secure, httponly=True, samesite="lax")
        return answer

    return routes


async def _answer(
    ground: Ground, request: Request, outcome: Entered | Away | Untrusted | NoRole | Shut
) -> Response:
    match outcome:
        case Entered():
            return await entrance(ground, request, outcome)
        case Away():
            return _back("provider_away")
        case Untrusted(because):
            return _back("provider_denied" if because == "denied" else "provider_untrusted")
        case NoRole():
            return _back("provider_no_role")
        case Shut():
            return _back("provider_shut")


def _back(problem: str) -> Response:
    return RedirectResponse(f"/login?problem={problem}", 303)


def _federation(ground: Ground) -> Federation | None:
    settings = ground.settings
    if settings.oidc_issuer is None:
        return None
    secret = settings.oidc_client_secret
    registration = Registration(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=secret.get_secret_value() if secret else None,
        back_url=f"{settings.desk_url.rstrip('/')}{PATH}/back",
        group_claim=settings.oidc_role_claim,
    )
    return Federation(ground.door, IdentityProvider(registration, ground.now), settings.oidc_roles)
