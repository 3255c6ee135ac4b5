"""A fake LINE: the part of the Messaging API that we use, with faults on demand, and pages to look at.

Nothing leaves the machine. On the pages one reads what would have been read, presses, blocks and follows.
"""

import asyncio
import sys
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import click
import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.local import line_api
from deploy.local.line_api import Answer, Fault, Line
from deploy.local.line_pages import page_routes
from deploy.local.line_store import LineStore
from deploy.local.line_users import Users
from deploy.local.ports import LOOPBACK
from shared.clock import system_clock
from shared.process.run import run, serve, start

_KEY = "x-line-retry-key"


def line_app(line: Line, users: Users) -> Starlette:
    """The API as programs see it, the pages, and the log and the faults for tests."""
    return Starlette(
        routes=[*_api_routes(line), *_test_routes(line), *page_routes(line.store, users)],
        # Loopback alone does not keep a page on the web from reading us through a name of its own.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
    )


def _api_routes(line: Line) -> list[Route]:
    async def push(request: Request) -> Response:
        body, key = await request.body(), request.headers.get(_KEY)
        fault = line.faults.popleft() if line.faults else None
        answer = line_api.push(line, _authorization(request), key, body, fault)
        line.store.note("push", key, fault.kind if fault is not None else str(answer.status), line.now())
        return await _spoilt(request, fault, answer) if fault is not None else _response(answer)

    async def reply(request: Request) -> Response:
        body, key = await request.body(), request.headers.get(_KEY)
        return _response(line_api.reply(line, _authorization(request), key, body))

    async def quota(request: Request) -> Response:
        line.store.note("quota", None, "200", line.now())
        return _response(line_api.quota(line, _authorization(request)))

    async def consumption(request: Request) -> Response:
        return _response(line_api.consumption(line, _authorization(request)))

    return [
        Route("/v2/bot/message/push", push, methods=["POST"]),
        Route("/v2/bot/message/reply", reply, methods=["POST"]),
        Route("/v2/bot/message/quota", quota),
        Route("/v2/bot/message/quota/consumption", consumption),
    ]


def _test_routes(line: Line) -> list[Route]:
    async def accepted(_: Request) -> Response:
        return _json(line.store.accepted())

    async def asked(_: Request) -> Response:
        return _json(line.store.asked())

    async def script(request: Request) -> Response:
        line.faults.extend(msgspec.json.decode(await request.body(), type=list[Fault]))
        return Response(status_code=204)

    return [
        Route("/api/accepted", accepted),
        Route("/api/asked", asked),
        Route("/api/faults", script, methods=["POST"]),
    ]


async def _spoilt(request: Request, fault: Fault, answer: Answer) -> Response:
    match fault.kind:
        case "cut" | "accept_then_cut":
            return _cut(request)
        case "nonsense":
            return Response("<html>", headers={"x-line-request-id": str(uuid4())})
        case _:
            await asyncio.sleep(fault.seconds)
            return _response(answer)


def _cut(request: Request) -> Response:
    """The connection ends without an answer: only the server beneath us can do that."""
    cycle: Any = getattr(request.receive, "__self__")  # noqa: B009 - a bound method's object
    cycle.transport.abort()
    return Response()


def _authorization(request: Request) -> str | None:
    return request.headers.get("authorization")


def _response(answer: Answer) -> Response:
    headers = {"x-line-request-id": str(uuid4()), **answer.headers}
    return JSONResponse(dict(answer.body), answer.status, headers)


def _json(kept: object) -> Response:
    return Response(msgspec.json.encode(kept), media_type="application/json")


@click.command()
@click.option("--file", type=click.Path(path_type=Path), required=True, help="Where everything is kept.")
@click.option("--port", type=int, required=True, help="Of the API and of the pages.")
@click.option("--token", required=True, help="The channel access token that is right.")
@click.option("--secret", required=True, help="The channel secret that webhooks are signed with.")
@click.option("--webhook", required=True, help="Where webhooks go: /line/webhook of the desk.")
@click.option("--quota", type=int, default=None, help="Messages a month; without it as many as one likes.")
def main(file: Path, port: int, token: str, secret: str, webhook: str, quota: int | None) -> None:
    """A LINE of one's own."""
    with closing(LineStore(file)) as store:
        app = line_app(Line(store, token, quota), Users(store, webhook, secret.encode(), system_clock))
        sys.exit(start(run(("line", serve(app, LOOPBACK, port, 1)))))


if __name__ == "__main__":
    main()
