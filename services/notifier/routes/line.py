"""/line/webhook: what LINE tells of us: follows, blocks, answers; signed by the channel secret."""

import structlog
from fastapi import APIRouter, Request
from starlette.background import BackgroundTask
from starlette.responses import JSONResponse, Response

from services.notifier import line
from services.notifier.channels.line import Account, LineApi, Silent
from services.notifier.channels.line_webhook import Delivery, Heard, Unreadable, is_signed, read
from services.notifier.channels.line_words import Answer
from services.notifier.routes.ground import Ground
from services.notifier.settings import NotifierSettings
from shared.postgres.engine import transaction
from shared.process import metrics

log = structlog.get_logger(__name__)

MOST_BODY_BYTES = 1024 * 1024
_THANKS = "ご回答ありがとうございます。"


def router(ground: Ground) -> APIRouter:
    """Without the channel secret there is no such address."""
    routes = APIRouter()
    secret = ground.settings.line_channel_secret
    if secret is None:
        return routes
    key, api = secret.get_secret_value().encode(), _api(ground.settings)

    @routes.post("/line/webhook", max_body_size=MOST_BODY_BYTES)
    async def webhook(request: Request) -> Response:
        body = await request.body()
        if not is_signed(key, body, request.headers.get("x-line-signature", "")):
            metrics.line_webhooks.labels("unsigned").inc()
            return JSONResponse({"problem": "signature"}, 401)
        try:
            delivery = read(body)
        except Unreadable:
            metrics.line_webhooks.labels("unreadable").inc()
            return JSONResponse({"problem": "unreadable"}, 400)
        async with transaction(ground.engine) as connection:
            strangers = await line.hear(connection, delivery.heard, ground.moments())
        _count(delivery, strangers)
        return Response(status_code=200, background=BackgroundTask(_thank, api, delivery.heard))

    return routes


def _api(settings: NotifierSettings) -> LineApi | None:
    token = settings.line_access_token
    return (
        LineApi(Account(settings.line_api_url.rstrip("/"), token.get_secret_value()))
        if token is not None
        else None
    )


async def _thank(api: LineApi | None, heard: tuple[Heard, ...]) -> None:
    """Once at most, and nothing is lost without it."""
    if api is None:
        return
    for token in [one.reply_token for one in heard if isinstance(one.said, Answer) and one.reply_token]:
        try:
            await api.reply(token, _THANKS)
        except Silent as silence:
            log.warning("no thanks by LINE", reason=silence.reason)


def _count(delivery: Delivery, strangers: int) -> None:
    metrics.line_webhooks.labels("heard").inc(len(delivery.heard) - strangers)
    metrics.line_webhooks.labels("stranger").inc(strangers)
    metrics.line_webhooks.labels("ignored").inc(delivery.ignored)
