"""/go/...: links in messages: counted, then sent on to the shop."""

from fastapi import APIRouter

from services.notifier.routes.ground import Ground


def router(ground: Ground) -> APIRouter:
    return APIRouter()
