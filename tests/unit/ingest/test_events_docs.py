"""docs/events-api.md names every type that may be sent, every reason, and its example does what it says."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar, get_args, get_type_hints

import pytest

from services.ingest.carts.base import Untranslatable
from services.ingest.carts.items import short_type, tellable

PAGE = (Path(__file__).parents[3] / "docs" / "events-api.md").read_text(encoding="utf-8")
OF_WEBHOOKS_ONLY = {"no_topic", "too_many"}


@pytest.mark.parametrize("name", sorted(tellable()))
def test_every_type_is_there_with_its_fields(name: str) -> None:
    short = short_type(name)
    family, _, verb = short.partition(".")
    row = next(
        line
        for line in PAGE.splitlines()
        if line.startswith("|") and (f"`{short}`" in line or f"`.{verb}`" in line)
    )
    assert f"`{family}." in row
    for field in tellable()[name].__struct_fields__:
        if field != "identifiers":
            assert f"`{field}`" in row


def test_every_reason_is_there() -> None:
    reasons = set(get_args(get_type_hints(Untranslatable)["reason"])) - OF_WEBHOOKS_ONLY

    assert reasons == set(
        re.findall(r"^\| `(\w+)` \|", PAGE.split("| reason |")[1].split("## Limits")[0], re.M)
    )


class Answering(BaseHTTPRequestHandler):
    """Gives the prepared answers one after the other."""

    answers: ClassVar[list[tuple[int, dict[str, object]]]] = []
    sent: ClassVar[list[bytes]] = []

    def do_POST(self) -> None:
        self.sent.append(self.rfile.read(int(self.headers["Content-Length"])))
        status, report = self.answers.pop(0)
        body = json.dumps(report).encode()
        self.send_response(status)
        self.send_header("Retry-After", "0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}/v1/events"
        server.shutdown()
        serving.join()


def test_the_example_sends_in_batches_and_repeats_what_was_not_taken(address: str) -> None:
    Answering.answers[:] = [
        (503, {}),
        (202, {"accepted": 1, "rejected": 1, "errors": [{"line": 2, "reason": "no_subject"}]}),
        (422, {"accepted": 0, "rejected": 1, "errors": [{"line": 1, "reason": "not_json"}]}),
    ]
    Answering.sent.clear()
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - the page's own example

    rejected = names["send"]([{"n": 1}, {"n": 2}, {"n": 3}], "key", address, size=2)

    assert rejected == [({"n": 2}, "no_subject"), ({"n": 3}, "not_json")]
    assert Answering.sent == [b'{"n": 1}\n{"n": 2}', b'{"n": 1}\n{"n": 2}', b'{"n": 3}']
