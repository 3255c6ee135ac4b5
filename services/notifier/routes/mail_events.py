"""/mail/events: bounces and complaints, told by the mail provider or by returned mails."""

from fastapi import APIRouter

from services.notifier.routes.ground import Ground


def router(ground: Ground) -> APIRouter:
    return APIRouter()
