"""/api/cancellations: who asked to leave which contract, and what became of it."""

from fastapi import APIRouter

from services.notifier.routes.ground import Ground


def router(_ground: Ground) -> APIRouter:
    return APIRouter()
