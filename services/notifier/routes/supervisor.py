"""/supervisor: the team's work in numbers, its capacity, and who has what."""

from fastapi import APIRouter

from services.notifier.routes.ground import Ground


def router(_ground: Ground) -> APIRouter:
    return APIRouter()
