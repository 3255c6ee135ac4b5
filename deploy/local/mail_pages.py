"""The mail catcher's pages: the list of mails, one mail as its reader sees it, and the list as JSON."""

from datetime import datetime
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import msgspec
from jinja2 import Environment, PackageLoader
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from deploy.local.mail_store import MailStore

TOKYO = ZoneInfo("Asia/Tokyo")
SHOWN = 200

# A mail is somebody else's page: it may show itself, and nothing else.
_MAIL_POLICY = {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    "X-Content-Type-Options": "nosniff",
}
_PAGE_POLICY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'",
    "X-Content-Type-Options": "nosniff",
}


def mail_pages(store: MailStore) -> Starlette:
    templates = Environment(loader=PackageLoader("deploy.local"), autoescape=True)
    templates.filters["tokyo"] = _tokyo

    async def index(_: Request) -> Response:
        page = templates.get_template("mails.html")
        return HTMLResponse(page.render(mails=store.newest(SHOWN), total=store.count()), headers=_PAGE_POLICY)

    async def one(request: Request) -> Response:
        mail_id, message = _find(store, request)
        html = message.get_body(("html",)) is not None
        page = templates.get_template("mail.html")
        return HTMLResponse(
            page.render(id=mail_id, mail=message, html=html, text=_body(message, "plain")),
            headers=_PAGE_POLICY,
        )

    async def html(request: Request) -> Response:
        _, message = _find(store, request)
        return HTMLResponse(_body(message, "html"), headers=_MAIL_POLICY)

    async def source(request: Request) -> Response:
        _, message = _find(store, request)
        return PlainTextResponse(message.as_bytes(), headers=_MAIL_POLICY)

    async def as_json(_: Request) -> Response:
        content = msgspec.json.encode(store.newest(store.count()))
        return Response(content, media_type="application/json")

    return Starlette(
        routes=[
            Route("/", index),
            Route("/mails/{id:int}", one),
            Route("/mails/{id:int}/html", html),
            Route("/mails/{id:int}/source", source),
            Route("/api/mails", as_json),
        ],
        # Loopback alone does not keep a page on the web from reading us through a name of its own.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
    )


def _find(store: MailStore, request: Request) -> tuple[int, EmailMessage]:
    mail_id: int = request.path_params["id"]
    message = store.message(mail_id)
    if message is None:
        raise HTTPException(404)
    return mail_id, message


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return "" if part is None else str(part.get_content())


def _tokyo(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(TOKYO):%m/%d %H:%M:%S}"
