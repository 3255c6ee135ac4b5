"""Unsubscribe: a customer says no to a channel, without a log-in; the link's signature is the permission.

A mail program posts to it by itself (RFC 8058); link scanners fetch it, so a GET only asks.
"""

from collections.abc import Sequence

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from services.notifier import consent
from services.notifier.scenarios.unsubscribe import read
from services.notifier.templates.occasion import Sender
from services.notifier.templates.render import Templates
from shared.clock import Now
from shared.events.customer import Channel
from shared.postgres.engine import AsyncEngine, transaction

Routes = APIRouter

CHANNELS: dict[Channel, str] = {"mail": "メール", "line": "LINE", "postal_dm": "郵便", "phone": "お電話"}
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex",
}


def router(engine: AsyncEngine, sender: Sender, secrets: Sequence[bytes], business_now: Now) -> Routes:
    """Any of the secrets may have signed a link; it needs no session and no CSRF token."""
    routes = Routes()
    templates = Templates()

    def page(state: str, channel: str = "", status: int = 200) -> Response:
        values = {
            "state": state,
            "channel": channel,
            "shop_name": sender.shop_name,
            "contact": sender.contact,
        }
        return HTMLResponse(templates.page("unsubscribe.html", values), status, HEADERS)

    @routes.get("/unsubscribe/{token}")
    async def ask(token: str) -> Response:
        match read(secrets, token):
            case (_, channel):
                return page("ask", CHANNELS[channel])
            case _:
                return page("unreadable", status=404)

    @routes.post("/unsubscribe/{token}")
    async def refuse(token: str) -> Response:
        match read(secrets, token):
            case (customer_ref, channel):
                async with transaction(engine) as connection:
                    await consent.unsubscribe(connection, customer_ref, channel, business_now())
                return page("done", CHANNELS[channel])
            case _:
                return page("unreadable", status=404)

    return routes
