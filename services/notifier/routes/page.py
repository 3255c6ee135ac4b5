"""A page: what each of them says about the shop, who looks at it, and the language it is read in."""

from dataclasses import dataclass
from datetime import timedelta

from fastapi import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from services.notifier.auth import csrf_token
from services.notifier.rights import may
from services.notifier.web.places import PLACES, Place, places_of
from services.notifier.web.render import render
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

    def clock(self) -> dict[str, object]:
        return {
            "now": self.now().isoformat(),
            "business_now": self.business_now().isoformat(),
            "speed": self.speed,
        }


@dataclass(frozen=True, slots=True)
class Pages:
    """Shows pages to whoever has logged in."""

    shop: Shop
    secure: bool

    def show(self, request: Request, key: str, told: dict[str, object] | None = None) -> Response:
        """The page of this place, or the way to one that is open to this agent; `told` is for its script.

        What is no place is for everyone who has logged in.
        """
        agent = request.state.agent
        place = _PLACES.get(key)
        if place is not None and place.right is not None and not may(agent.role, place.right):
            return RedirectResponse(places_of(agent.role)[0].path, 303)
        page = render(
            f"{key}.html",
            **self.common(request),
            agent=agent,
            csrf=csrf_token(request.state.token),
            here=key,
            places=places_of(agent.role),
            mails_url=self.shop.mails_url,
            told={**self._told(request), **(told or {})},
        )
        return self.in_language(request, HTMLResponse(page))

    def common(self, request: Request) -> dict[str, object]:
        language = language_in(request)
        return {"language": language, "words": WORDS[language], "shop_name": self.shop.name}

    def in_language(self, request: Request, page: Response) -> Response:
        """`?lang=` is remembered."""
        if "lang" in request.query_params:
            page.set_cookie(
                LANGUAGE_COOKIE,
                language_in(request),
                max_age=31_536_000,
                secure=self.secure,
                httponly=True,
                samesite="lax",
            )
        return page

    def _told(self, request: Request) -> dict[str, object]:
        """What every page's script knows from its start."""
        agent, language = request.state.agent, language_in(request)
        return {
            **self.shop.clock(),
            "zone": self.shop.zone,
            "language": language,
            "login": agent.login,
            "role": agent.role,
            "words": WORDS[language],
        }


def language_in(request: Request) -> Language:
    return language_of(request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE))


_PLACES: dict[str, Place] = {place.key: place for place in PLACES}
