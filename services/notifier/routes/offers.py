"""/api/alerts/{id}/offers and /resolve: what may be offered, and how a call ended."""

from fastapi import APIRouter

from services.notifier.routes.ground import Ground


def router(_ground: Ground) -> APIRouter:
    return APIRouter()
