"""/line/webhook: what LINE tells of us: follows, blocks, answers; signed by the channel secret."""

from fastapi import APIRouter

from services.notifier.routes.ground import Ground


def router(ground: Ground) -> APIRouter:
    return APIRouter()
