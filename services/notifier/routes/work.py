"""/api/alerts/{id}/transfer, /callback: work that changes hands or is done later."""

from fastapi import APIRouter

from services.notifier.routes.ground import Ground


def router(_ground: Ground) -> APIRouter:
    return APIRouter()
