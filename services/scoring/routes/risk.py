"""`GET /v1/customers/{ref}/risk`: the newest assessment of one customer, with its reasons."""

import hmac
from typing import Annotated

from fastapi import APIRouter, Depends, Header, HTTPException, Response
from pydantic import SecretStr

from services.scoring.store import persons, states
from shared.postgres.engine import AsyncEngine, transaction


def risk_routes(engine: AsyncEngine, token: SecretStr | None) -> APIRouter:
    async def allowed(authorization: Annotated[str, Header()] = "") -> None:
        expected = f"Bearer {token.get_secret_value()}" if token else ""
        given = authorization.encode("utf-8", "replace")
        if not expected or not hmac.compare_digest(given, expected.encode()):
            raise HTTPException(401, "a bearer token is needed", {"WWW-Authenticate": "Bearer"})

    router = APIRouter(prefix="/v1", dependencies=[Depends(allowed)])

    @router.get(
        "/customers/{ref:path}/risk",
        summary="How likely a customer is to leave, and why",
        responses={
            200: {"content": {"application/json": {}}},
            401: {"description": "No or wrong bearer token."},
            404: {"description": "No customer of that reference has been scored."},
        },
    )
    async def risk(ref: str) -> Response:
        """`ref` is `<shop>/<cart>/<the cart's customer id>`; any account of a customer will do."""
        async with transaction(engine) as connection:
            person_of = await persons.of_accounts(connection, [ref])
            assessment = await states.find_assessment(connection, person_of[ref])
        if assessment is None:
            raise HTTPException(404, "no customer of that reference has been scored")
        return Response(assessment, media_type="application/json")

    return router
