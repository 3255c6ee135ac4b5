"""/api/customers: all that a card tells of a customer beside the alert."""

from fastapi import APIRouter

from services.notifier.routes.ground import Ground


def router(_ground: Ground) -> APIRouter:
    return APIRouter()
