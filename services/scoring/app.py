"""Scoring's HTTP application."""

from fastapi import FastAPI
from pydantic import SecretStr

from services.scoring.routes.risk import risk_routes
from shared.postgres.engine import AsyncEngine


def scoring_app(engine: AsyncEngine, token: SecretStr | None) -> FastAPI:
    app = FastAPI(title="Hikitome scoring", version="1", docs_url=None, redoc_url=None)
    app.include_router(risk_routes(engine, token))
    return app
