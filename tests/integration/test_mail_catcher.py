"""The mail catcher: a real SMTP server, whose mails are on disk before it says so, and its pages."""

import os
import signal
import smtplib
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from deploy.local.mail_store import MailStore
from deploy.local.ports import LOOPBACK, free_ports, listens
from deploy.local.process import Command, start, stop
from tests.integration.conftest import wait_until


@dataclass(frozen=True, slots=True)
class Catcher:
    file: Path
    smtp: int
    page: int
    pid: int

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(f"http://{LOOPBACK}:{self.page}{path}", headers=headers, trust_env=False)

    def send(self, letter: EmailMessage) -> None:
        with smtplib.SMTP(LOOPBACK, self.smtp) as connection:
            connection.send_message(letter)


@contextmanager
def running_catcher(folder: Path) -> Iterator[Catcher]:
    smtp, page = free_ports(2)
    file = folder / "mails.db"
    arguments = ("--file", str(file), "--smtp-port", str(smtp), "--page-port", str(page))
    command = Command("mails", (sys.executable, "-m", "deploy.local.mail_catcher", *arguments))
    with (folder / "log").open("ab") as log:
        process = start(command, log)
        try:
            wait_until(lambda: listens(smtp) and listens(page), "the mail catcher to answer")
            yield Catcher(file, smtp, page, process.pid)
        finally:
            stop(process, command)


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[Catcher]:
    with running_catcher(tmp_path) as running:
        yield running


def letter(subject: str = "次回お届けのご案内") -> EmailMessage:
    made = EmailMessage()
    made["From"] = "みのり堂 <shop@hikitome.example>"
    made["To"] = "customer@hikitome.example"
    made["Subject"] = subject
    made["X-Hikitome-Action"] = "a-1"
    made.set_content("こんにちは")
    made.add_alternative("<p>こんにちは<script>alert(1)</script></p>", subtype="html")
    return made


def test_a_mail_is_listed_with_the_action_it_belongs_to(catcher: Catcher) -> None:
    catcher.send(letter())
    (mail,) = catcher.get("/api/mails").json()
    assert mail["subject"] == "次回お届けのご案内"
    assert mail["to"] == "customer@hikitome.example"
    assert mail["action"] == "a-1"
    assert "次回お届けのご案内" in catcher.get("/").text


def test_a_mails_html_may_do_nothing_but_show_itself(catcher: Catcher) -> None:
    catcher.send(letter())
    shown = catcher.get("/mails/1/html")
    assert "こんにちは" in shown.text
    assert shown.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert '<iframe src="/mails/1/html" sandbox' in catcher.get("/mails/1").text


def test_a_subject_is_never_markup(catcher: Catcher) -> None:
    catcher.send(letter("<b>太字</b>"))
    assert "<b>" not in catcher.get("/").text
    assert "<b>" not in catcher.get("/mails/1").text


def test_an_accepted_mail_survives_kill_9(tmp_path: Path) -> None:
    with running_catcher(tmp_path) as running:
        running.send(letter())
        os.kill(running.pid, signal.SIGKILL)
    with closing(MailStore(tmp_path / "mails.db")) as store:
        assert [mail.action for mail in store.newest(10)] == ["a-1"]


def test_a_page_on_the_web_cannot_read_it_through_a_name_of_its_own(catcher: Catcher) -> None:
    assert catcher.get("/api/mails", host="evil.example").status_code == 400


def test_a_mail_that_is_not_there_is_not_found(catcher: Catcher) -> None:
    assert catcher.get("/mails/7").status_code == 404
