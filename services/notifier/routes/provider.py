"""/api/session/provider: logging in through an OpenID provider."""

from fastapi import APIRouter

from services.notifier.routes.ground import Ground


def router(_ground: Ground) -> APIRouter:
    return APIRouter()
