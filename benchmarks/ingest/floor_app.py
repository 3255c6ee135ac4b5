"""The floor: a bare ASGI application that reads the body and answers 202, and nothing else.

python -m benchmarks.ingest.floor_app PORT
"""

import sys
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send

SERVER: dict[str, Any] = {
    "host": "127.0.0.1",
    "loop": "uvloop",
    "http": "httptools",
    "access_log": False,
    "log_config": None,
    "server_header": False,
    "date_header": False,
    "timeout_keep_alive": 30,
    "proxy_headers": False,
}
"""How ingest's server is set up too."""

START = {"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"0")]}
END = {"type": "http.response.body", "body": b""}


async def read(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    await read(receive)
    await send(START)
    await send(END)


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), lifespan="off", **SERVER)
