"""/mail/events: bounces and complaints, told by the mail provider or by returned mails."""

from collections.abc import Callable

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from services.notifier import heard
from services.notifier.channels.mail_news import News, Unreadable, read, read_returned
from services.notifier.channels.signature import delivery_signed, key_of
from services.notifier.routes.ground import Ground
from shared.postgres.engine import transaction
from shared.process import metrics

MOST_BODY_BYTES = 1024 * 1024
_NOTHING = "nothing"


def router(ground: Ground) -> APIRouter:
    """Without the secret there are no such addresses.

    :raises ValueError: if the secret is none of Standard Webhooks.
    """
    routes = APIRouter()
    if ground.settings.mail_events_secret is None:
        return routes
    key = key_of(ground.settings.mail_events_secret.get_secret_value())

    @routes.post("/mail/events", max_body_size=MOST_BODY_BYTES)
    async def events(request: Request) -> Response:
        return await _hear(ground, key, request, read)

    @routes.post("/mail/events/dsn", max_body_size=MOST_BODY_BYTES)
    async def returned(request: Request) -> Response:
        return await _hear(ground, key, request, read_returned)

    return routes


async def _hear(
    ground: Ground, key: bytes, request: Request, reader: Callable[[str, bytes], News | None]
) -> Response:
    """A word about a mail that is not ours is taken all the same: else it would be repeated for days."""
    body, moments = await request.body(), ground.moments()
    delivery = delivery_signed(key, request.headers, body, moments.now)
    if delivery is None:
        metrics.mail_events.labels(_NOTHING, "unsigned").inc()
        return JSONResponse({"problem": "signature"}, 401)
    try:
        told = reader(delivery, body)
    except Unreadable:
        metrics.mail_events.labels(_NOTHING, "unreadable").inc()
        return JSONResponse({"problem": "unreadable"}, 400)
    outcome = "ignored"
    if told is not None:
        async with transaction(ground.engine) as connection:
            outcome = await heard.news(connection, told, moments)
    metrics.mail_events.labels(_what(told), outcome).inc()
    return Response(status_code=204)


def _what(told: News | None) -> str:
    if told is None:
        return _NOTHING
    return "full" if told.what == "bounced" and not told.permanent else told.what
