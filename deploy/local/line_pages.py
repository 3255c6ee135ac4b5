"""The fake LINE's pages: who got messages, and each chat as its user sees it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from deploy.local.line_store import Kept, LineStore
from deploy.local.line_users import Users

TOKYO = ZoneInfo("Asia/Tokyo")
SHOWN = 200
_POLICY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def page_routes(store: LineStore, users: Users) -> list[Route]:
    templates = Environment(loader=PackageLoader("deploy.local"), autoescape=True)
    templates.filters["tokyo"] = _tokyo

    async def index(_: Request) -> Response:
        page = templates.get_template("line.html")
        return HTMLResponse(page.render(users=store.users(SHOWN)), headers=_POLICY)

    async def chat(request: Request) -> Response:
        user, said = request.path_params["user"], request.query_params.get("said")
        kept = store.chat(user)
        page = templates.get_template("line_chat.html")
        values = {
            "messages": kept,
            "replies": _replies(kept),
            "blocked": store.is_blocked(user),
            "said": said,
        }
        return HTMLResponse(page.render(user=user, **values), headers=_POLICY)

    async def act(request: Request) -> Response:
        """A button of the page; no other site may press it."""
        if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return PlainTextResponse("cross site", 403)
        user, form = request.path_params["user"], await request.form()
        match request.path_params["what"]:
            case "press":
                heard = await users.press(user, str(form["data"]), str(form["words"]))
            case "block":
                heard = await users.block(user)
            case "follow":
                heard = await users.follow(user)
            case _:
                return PlainTextResponse("not found", 404)
        return RedirectResponse(f"/users/{user}{'' if heard else '?said=nothing'}", 303)

    return [
        Route("/", index),
        Route("/users/{user}", chat),
        Route("/users/{user}/{what}", act, methods=["POST"]),
    ]


def _replies(kept: list[Kept]) -> list[dict[str, str]]:
    """LINE shows quick replies only below the newest message."""
    if not kept or kept[-1].who == "user":
        return []
    items = kept[-1].content[-1].get("quickReply", {}).get("items", []) if kept[-1].delivered else []
    return [item["action"] for item in items]


def _tokyo(moment: datetime) -> str:
    return f"{moment.astimezone(TOKYO):%m/%d %H:%M}"
