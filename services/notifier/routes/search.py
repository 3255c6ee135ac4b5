"""/api/search and /api/views: finding customers, and an agent's own ways to look at the queue."""

from fastapi import APIRouter

from services.notifier.routes.ground import Ground


def router(_ground: Ground) -> APIRouter:
    return APIRouter()
