"""Health: does each loop turn, and can we reach what we need? On a port of its own, never public."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

import shared.process.metrics  # noqa: F401 - every process shows all of them, at zero to begin with
from shared.clock import monotonic

Check = Callable[[], Awaitable[bool]]


class Health:
    """Beats of the loops and checks of the neighbours; owned by `__main__`, handed to the loops."""

    def __init__(self) -> None:
        self._beats: dict[str, tuple[float, float]] = {}
        self._checks: dict[str, Check] = {}

    def watch(self, name: str, max_silence: float) -> None:
        """From now on `name` must beat at least every `max_silence` seconds."""
        self._beats[name] = (monotonic(), max_silence)

    def beat(self, name: str) -> None:
        _, max_silence = self._beats[name]
        self._beats[name] = (monotonic(), max_silence)

    def add_check(self, name: str, check: Check) -> None:
        """`check` says whether we could do our work right now; it must not take long."""
        self._checks[name] = check

    def silent(self) -> list[str]:
        """Loops that should have beaten by now."""
        now = monotonic()
        return [name for name, (at, limit) in self._beats.items() if now - at > limit]

    async def unready(self) -> list[str]:
        return [name for name, check in self._checks.items() if not await check()]


def admin_app(health: Health) -> FastAPI:
    """/healthz (do the loops turn?), /readyz (are the neighbours there?), /metrics."""
    app = FastAPI(openapi_url=None)

    @app.get("/healthz")
    async def healthz(response: Response) -> dict[str, object]:
        silent = health.silent()
        response.status_code = 503 if silent else 200
        return {"healthy": not silent, "silent": silent}

    @app.get("/readyz")
    async def readyz(response: Response) -> dict[str, object]:
        unready = await health.unready()
        response.status_code = 503 if unready else 200
        return {"ready": not unready, "unready": unready}

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return app
