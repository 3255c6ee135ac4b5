"""The description of /api/v1 in OpenAPI, and the forms that it describes."""

from collections.abc import Sequence
from typing import Any

import msgspec
from fastapi import FastAPI
from starlette.responses import Response

from services.notifier.routes import api_answers
from services.notifier.routes.alerts import json_response
from services.notifier.routes.api_answers import REF
from services.notifier.routes.programs import Problem
from services.notifier.store.cards import Card, Told


class Page(msgspec.Struct, frozen=True):
    """Alerts by id; `next` None is the end."""

    seq: int
    alerts: list[Card]
    next: str | None


class One(msgspec.Struct, frozen=True):
    """An alert as it stands now."""

    alert: Card


class Change(Card, frozen=True, kw_only=True):
    """What was done to an alert, and the alert as it stands now: the same as a frame of the stream."""

    seq: int
    what: str


class Changes(msgspec.Struct, frozen=True):
    """Changes in order."""

    last: int
    next: int
    changes: list[Change]


MODELS: tuple[type, ...] = (Page, One, Changes, Problem)


def change_of(told: Told) -> Change:
    return Change(seq=told.seq, what=told.what, **msgspec.structs.asdict(told.card))


def document(api: FastAPI, schemas: Sequence[type] = MODELS) -> dict[str, Any]:
    described: dict[str, Any] = api.openapi()
    _, models = msgspec.json.schema_components(schemas, ref_template=REF)
    components = described.setdefault("components", {})
    bodies = {
        name: schema
        for name, schema in components.get("schemas", {}).items()
        if name not in ("HTTPValidationError", "ValidationError")
    }
    components["schemas"] = {**bodies, **models}
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    described["security"] = [{"token": []}]
    described["servers"] = [{"url": "/api/v1"}]
    return described


def serve(api: FastAPI) -> None:
    """GET /openapi.json; behind a token like everything else."""

    @api.get("/openapi.json", response_class=Response, responses=api_answers.DOCUMENT)
    async def openapi() -> Response:
        """This description."""
        return json_response(document(api))
