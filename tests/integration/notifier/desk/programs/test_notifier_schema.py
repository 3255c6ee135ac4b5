"""schemathesis draws requests to all that the notifier serves: nothing breaks it, and nothing is open."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from fastapi import FastAPI

from deploy.local.ports import free_port, listens
from services.notifier.app import Parts, create_app
from services.notifier.routes.api_examples import ALERT
from services.notifier.store.cards import Card
from shared.clock import monotonic, system_clock
from shared.process.run import serve
from tests.integration.notifier.desk.conftest import PASSWORD, Office

MakeToken = Callable[..., Awaitable[dict[str, Any]]]
Raise = Callable[..., Awaitable[str]]
SOME_ID = "5d0f2c5e-6f3b-5f1e-9d0a-7d2f7a3c1b11"
# What each may do is not the description's to say, and drawn ids lead nowhere.
NOT_OURS = "positive_data_acceptance"


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    stop, port = asyncio.Event(), free_port()
    serving = asyncio.create_task(serve(app, "127.0.0.1", port)(stop))
    deadline = monotonic() + 10
    while not listens(port):
        assert monotonic() < deadline, "the desk does not answer"
        await asyncio.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        stop.set()
        await serving


@pytest.fixture
def app(office: Office) -> FastAPI:
    """The desk, for programs that ask as often as they like."""
    settings = office.settings.model_copy(update={"api_per_second": 1e6})
    parts = Parts(office.desk, office.door, office.fanout)
    return create_app(settings, office.desk.business_now, system_clock, parts)


async def drawn(schema: dict[str, Any], folder: Path, address: str, *options: str) -> str:
    """What schemathesis says; the same requests every time."""
    path = folder / "described.json"
    path.write_text(json.dumps(schema))
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).parent / "schemathesis"),
        *("run", str(path), "--url", address, "--no-color", "--generation-deterministic"),
        *("--request-timeout", "10", "--phases", "examples,coverage,fuzzing", *options),
        cwd=folder,
        env={**os.environ},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(240):
        said, _ = await process.communicate()
    text = said.decode()
    assert process.returncode == 0, text[-6000:]
    return text


async def test_a_program_finds_what_the_description_says(
    app: FastAPI, make_token: MakeToken, raise_alert: Raise, tmp_path: Path
) -> None:
    alerts = [await raise_alert(f"e{n}", f"demo/shopify/{n}") for n in range(3)]
    headers = {"authorization": f"Bearer {(await make_token())['secret']}"}
    async with served(app) as address:
        async with httpx.AsyncClient(base_url=address, headers=headers) as client:
            schema = (await client.get("/api/v1/openapi.json")).json()
        _lead_to(schema, alerts)
        # A stream has no end that could be waited for.
        said = await drawn(
            schema,
            tmp_path,
            f"{address}/api/v1",
            *("--checks", "all", "--exclude-checks", f"{NOT_OURS},ignored_auth", "--max-examples", "15"),
            *("--header", f"Authorization: {headers['authorization']}", "--exclude-path", "/stream"),
        )
    assert re.search(r"Selected: +7/8", said)


async def test_a_program_without_a_token_finds_nothing(
    app: FastAPI, tmp_path: Path, make_token: MakeToken
) -> None:
    headers = {"authorization": f"Bearer {(await make_token())['secret']}"}
    async with served(app) as address, httpx.AsyncClient(base_url=address) as client:
        schema = (await client.get("/api/v1/openapi.json", headers=headers)).json()
        for operations in schema["paths"].values():
            for operation in operations.values():
                operation["responses"] = {"401": operation["responses"]["401"]}
        said = await drawn(
            schema,
            tmp_path,
            f"{address}/api/v1",
            *("--checks", "not_a_server_error,status_code_conformance,response_schema_conformance"),
            *("--max-examples", "5"),
        )
    assert re.search(r"Selected: +8/8", said)


def test_the_examples_of_the_description_are_what_they_say() -> None:
    assert msgspec.convert(ALERT, Card).name == "山•••"
    assert set(ALERT) == set(Card.__struct_fields__)


def _lead_to(schema: dict[str, Any], alerts: list[str]) -> None:
    """Let what is drawn be there now and then."""
    known = {
        "alert_id": [*alerts, SOME_ID],
        "customer_ref": ["demo/shopify/0", "demo/shopify/1", "demo/shopify/none"],
        "agent": ["misaki", "nobody"],
        "to": ["ken", "nobody"],
    }
    for operations in schema["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if parameter["name"] in known:
                    parameter["schema"]["enum"] = known[parameter["name"]]
    for form in schema["components"]["schemas"].values():
        for name, field in form.get("properties", {}).items():
            if name in known and form.get("additionalProperties") is False:
                field["enum"] = known[name]


async def test_nothing_that_an_agent_with_every_right_sends_breaks_the_desk(
    app: FastAPI, office: Office, admin: httpx.AsyncClient, raise_alert: Raise, tmp_path: Path
) -> None:
    alerts = [await raise_alert(f"e{n}", f"demo/shopify/{n}") for n in range(3)]
    await office.desk.claim(alerts[0], "root")
    schema = json.loads(json.dumps(app.openapi()))
    _lead_to(schema, alerts)
    async with served(app) as address, httpx.AsyncClient(base_url=address) as client:
        await client.post("/api/session", data={"login": "root", "password": PASSWORD})
        csrf = (await client.get("/api/session")).json()["csrf"]
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        await drawn(
            schema,
            tmp_path,
            address,
            *("--checks", "not_a_server_error", "--max-examples", "4"),
            *("--header", f"Cookie: {cookie}", "--header", f"x-csrf-token: {csrf}"),
            *("--exclude-path", "/stream", "--exclude-path", "/api/session"),
        )
        assert (await client.get("/api/session")).status_code == 200


async def test_without_a_session_there_is_nothing_but_the_way_in(app: FastAPI, tmp_path: Path) -> None:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.example") as client:
        found = {}
        for path, operations in app.openapi()["paths"].items():
            for method in operations:
                at = re.sub(r"\{\w+\}", SOME_ID, path)
                found[method, path] = (await client.request(method, at)).status_code
    way_in = {
        call for call, status in found.items() if status != 401 and call[1].startswith(("/api/", "/stream"))
    }
    assert way_in <= {("post", "/api/session"), ("get", "/api/session"), ("delete", "/api/session")}
    assert len(found) > 25
