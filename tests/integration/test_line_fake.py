"""The fake LINE: a process that keeps what it accepted, with pages on which a customer can be played."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from deploy.local.line_store import LineStore
from deploy.local.ports import LOOPBACK, free_port, listens
from deploy.local.process import Command, start, stop
from tests.integration.conftest import wait_until

USER = "U" + "0a" * 16
PUSH = "/v2/bot/message/push"
REPLIES = {
    "items": [
        {
            "type": "action",
            "action": {"type": "postback", "label": "はい", "data": "d", "displayText": "はい"},
        }
    ]
}


@dataclass(frozen=True, slots=True)
class Running:
    url: str
    pid: int

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", headers=headers, trust_env=False)

    def post(self, path: str, **sent: object) -> httpx.Response:
        return httpx.post(f"{self.url}{path}", trust_env=False, **sent)  # type: ignore[arg-type]

    def push(self, *parts: dict[str, object], key: str | None = None, path: str = PUSH) -> httpx.Response:
        headers = {"authorization": "Bearer token", **({"x-line-retry-key": key} if key else {})}
        return self.post(path, json={"to": USER, "messages": list(parts)}, headers=headers)


@contextmanager
def running_line(folder: Path, *more: str) -> Iterator[Running]:
    port = free_port()
    arguments = (
        "--file",
        str(folder / "line.db"),
        "--port",
        str(port),
        "--token",
        "token",
        "--secret",
        "secret",
    )
    webhook = ("--webhook", f"http://{LOOPBACK}:9/line/webhook")
    command = Command("line", (sys.executable, "-m", "deploy.local.line_fake", *arguments, *webhook, *more))
    with (folder / "log").open("ab") as log:
        process = start(command, log)
        try:
            wait_until(lambda: listens(port), "the fake LINE to answer")
            yield Running(f"http://{LOOPBACK}:{port}", process.pid)
        finally:
            stop(process, command)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Running]:
    with running_line(tmp_path, "--quota", "2") as running:
        yield running


def said(text: str = "こんにちは", **more: object) -> dict[str, object]:
    return {"type": "text", "text": text, **more}


def test_a_key_is_accepted_once(line: Running) -> None:
    key = str(uuid4())
    first, second = line.push(said(), key=key), line.push(said("別の文面"), key=key)
    assert (first.status_code, second.status_code) == (200, 409)
    assert second.headers["x-line-accepted-request-id"] == first.headers["x-line-request-id"]
    (kept,) = line.get("/api/accepted").json()
    assert (kept["retry_key"], kept["content"][0]["text"]) == (key, "こんにちは")


def test_without_a_key_the_same_goes_out_twice(line: Running) -> None:
    assert [line.push(said()).status_code for _ in range(2)] == [200, 200]


def test_the_month_has_an_end(line: Running) -> None:
    answers = [line.push(said()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].json()["message"] == "You have reached your monthly limit."


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [said("")],
        [said("あ" * 5001)],
        [said("🍵" * 2501)],
        [said()] * 6,
        [{"type": "sticker"}],
        [said(quickReply={"items": [{"action": {"type": "postback", "label": "あ" * 21, "data": "d"}}]})],
        [said(quickReply={"items": [{"action": {"type": "postback", "label": "あ", "data": "d" * 301}}]})],
        [said(quickReply={"items": [{"action": {"type": "postback", "label": "あ", "data": "d"}}] * 14})],
    ],
)
def test_what_line_does_not_take_is_a_bad_request(line: Running, parts: list[dict[str, object]]) -> None:
    assert line.push(*parts).status_code == 400


def test_a_key_that_is_no_uuid_and_a_wrong_token_are_refused(line: Running) -> None:
    assert line.push(said(), key="1").status_code == 400
    wrong = {"authorization": "Bearer other"}
    assert line.post(PUSH, json={}, headers=wrong).status_code == 401


def test_only_a_push_takes_a_key(line: Running) -> None:
    assert line.push(said(), key=str(uuid4()), path="/v2/bot/message/reply").status_code == 400


def test_a_script_of_faults_is_met_in_order(line: Running) -> None:
    assert line.post("/api/faults", json=[{"kind": "500"}, {"kind": "rate_limit"}]).status_code == 204
    assert [line.push(said()).status_code for _ in range(3)] == [500, 429, 200]
    assert [one["status"] for one in line.get("/api/asked").json()] == ["500", "rate_limit", "200"]


def test_the_page_shows_what_was_sent_and_what_can_be_pressed(line: Running) -> None:
    line.push(said("<b>こんにちは</b>", quickReply=REPLIES))
    page = line.get(f"/users/{USER}").text
    assert "&lt;b&gt;こんにちは" in page
    assert ">はい</button>" in page
    assert USER[:9] in line.get("/").text


def test_who_blocks_gets_nothing_and_the_page_says_so(line: Running) -> None:
    line.push(said("はじめまして"))
    line.post(f"/users/{USER}/block")
    assert line.push(said()).status_code == 200
    assert [kept["delivered"] for kept in line.get("/api/accepted").json()] == [True, False]
    assert "届いていません" in line.get(f"/users/{USER}").text


def test_the_page_says_when_nobody_heard_the_webhook(line: Running) -> None:
    answer = line.post(f"/users/{USER}/press", data={"data": "d", "words": "はい"})
    assert "伝わりませんでした" in line.get(answer.headers["location"]).text


def test_another_site_presses_nothing(line: Running) -> None:
    crossed = line.post(f"/users/{USER}/block", headers={"sec-fetch-site": "cross-site"})
    assert crossed.status_code == 403
    assert line.get("/api/accepted", host="evil.example").status_code == 400


def test_what_was_accepted_survives_kill_9(tmp_path: Path) -> None:
    key = str(uuid4())
    with running_line(tmp_path) as running:
        running.push(said(), key=key)
        os.kill(running.pid, signal.SIGKILL)
    with closing(LineStore(tmp_path / "line.db")) as store:
        assert [kept.retry_key for kept in store.accepted()] == [key]
