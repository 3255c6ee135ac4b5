"""Mail against real SMTP servers: a failure before the final dot may be tried again, after it is unknown."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from services.notifier.channels.base import Deferred, Message, Outcome, Refused, Sent, Unknown
from services.notifier.channels.mail import MailChannel, Server
from services.notifier.templates.occasion import Sender

SENDER = Sender("店", "みどり茶房", "shop@midori.example", "東京都千代田区1-1-1", "0120-000-000", "")
URL = "https://desk.example/unsubscribe/abc"
FOOTER = f"{SENDER.name} {SENDER.postal_address} {SENDER.contact} {URL}"
MESSAGE = Message(
    action="a1",
    key="<a1@midori.example>",
    address="hanako@example.jp",
    name="山田 花子",
    subject="お届けのペースはいかがですか",
    text=f"山田 花子 様\n.\n..\n{FOOTER}\n",
    html=f"<p>.</p>{FOOTER}",
    unsubscribe_url=URL,
    at=datetime(2026, 3, 10, 3, 0, tzinfo=UTC),
)


@dataclass
class Post:
    """What a real server (aiosmtpd) keeps; `answers` overrules its reply to a command."""

    answers: dict[str, str] = field(default_factory=dict)
    kept: list[Envelope] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)

    async def handle_MAIL(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        answer = self.answers.get("DATA", "250 2.0.0 OK queued as 4711")
        if answer.startswith("250"):
            self.kept.append(envelope)
        return answer

    def authenticator(self, *arguments: Any) -> AuthResult:
        login = arguments[-1]
        assert isinstance(login, LoginPassword)
        self.logins.append(login.login)
        return AuthResult(success=login.password == b"right", handled=False)


@asynccontextmanager
async def serving(protocol: Callable[[], asyncio.Protocol]) -> AsyncIterator[int]:
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def post_office(post: Post, **options: Any) -> AsyncIterator[Server]:
    async with serving(lambda: SMTP(post, hostname="post.example", **options)) as port:
        yield Server("127.0.0.1", port, timeout=5.0)


async def send(server: Server, message: Message = MESSAGE) -> Outcome:
    return await MailChannel(server, SENDER).send(message)


async def test_an_accepted_mail_is_sent_and_arrives_as_it_was_written() -> None:
    post = Post()
    async with post_office(post) as server:
        assert await send(server) == Sent("2.0.0 OK queued as 4711")
    envelope = post.kept[0]
    assert (envelope.mail_from, envelope.rcpt_tos) == ("shop@midori.example", ["hanako@example.jp"])
    assert isinstance(envelope.content, bytes)
    mail = message_from_bytes(envelope.content, policy=default)
    assert mail["Message-ID"] == MESSAGE.key
    assert isinstance(mail, EmailMessage)
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == MESSAGE.text


@pytest.mark.parametrize(
    ("command", "answer", "outcome"),
    [
        ("MAIL", "451 4.3.0 try later", Deferred("smtp_451_at_mail")),
        ("MAIL", "550 5.7.1 not you", Refused("smtp_550_at_mail")),
        ("RCPT", "450 4.2.1 greylisted", Deferred("smtp_450_at_rcpt")),
        ("RCPT", "550 5.1.1 hanako@example.jp unknown", Refused("smtp_550_at_rcpt")),
        ("DATA", "452 4.2.2 mailbox full", Deferred("smtp_452_at_dot")),
        ("DATA", "554 5.6.0 no", Refused("smtp_554_at_dot")),
    ],
)
async def test_a_servers_no_is_certain_and_says_whether_to_try_again(
    command: str, answer: str, outcome: Outcome
) -> None:
    post = Post({command: answer})
    async with post_office(post) as server:
        assert await send(server) == outcome
    assert post.kept == []


async def test_an_answer_after_the_dot_that_is_neither_yes_nor_no_is_unknown() -> None:
    async with post_office(Post({"DATA": "333 well"})) as server:
        assert await send(server) == Unknown("smtp_333_at_dot")


async def test_nobody_listening_is_worth_another_try() -> None:
    async with serving(asyncio.Protocol) as port:
        pass
    assert await send(Server("127.0.0.1", port)) == Deferred("no_connection")


async def test_a_mail_that_cannot_be_written_is_refused_without_a_connection() -> None:
    nowhere = Server("127.0.0.1", 1)
    assert await send(nowhere, replace(MESSAGE, name="花\r\n子")) == Refused("bad_header")
    assert await send(nowhere, replace(MESSAGE, address="nobody")) == Refused("bad_address")
    assert await send(nowhere, replace(MESSAGE, text="誰からか分からない")) == Refused(
        "no_sender_identification"
    )


async def test_an_odd_carriers_address_reaches_the_server_in_quotes() -> None:
    odd = replace(MESSAGE, address="a..b.@docomo.ne.jp")
    _, seen = await cut(b"the dot", message=odd)
    assert b'RCPT TO:<"a..b."@docomo.ne.jp>\r\n' in seen
    async with post_office(Post()) as server:
        assert isinstance(await send(server, odd), Sent)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_the_log_in_is_used_and_its_refusal_is_not_the_customers_fault() -> None:
    post = Post()
    options = {"auth_required": True, "auth_require_tls": False, "authenticator": post.authenticator}
    async with post_office(post, **options) as server:
        named = replace(server, username="hikitome", password="right")
        assert isinstance(await send(named), Sent)
        assert await send(replace(named, password="wrong")) == Deferred("smtp_535_at_greeting")
    assert post.logins[0] == b"hikitome"


async def test_without_tls_where_it_is_asked_for_nothing_is_sent() -> None:
    post = Post()
    async with post_office(post) as server:
        assert await send(replace(server, starttls=True)) == Deferred("no_connection")
    assert post.kept == []


async def test_a_certificate_nobody_vouches_for_is_not_trusted(certificate: ssl.SSLContext) -> None:
    post = Post()
    async with post_office(post, tls_context=certificate) as server:
        assert await send(replace(server, starttls=True)) == Deferred("no_connection")
    assert post.kept == []


GREETING = b"220 cut.example ESMTP\r\n"
POLITE = {
    b"EHLO": b"250 cut.example\r\n",
    b"MAIL": b"250 OK\r\n",
    b"RCPT": b"250 OK\r\n",
    b"DATA": b"354 go\r\n",
}


@dataclass
class Cutter(asyncio.Protocol):
    """A server that speaks until the command `at`, then hangs up, or with `silent` says nothing more."""

    at: bytes
    silent: bool = False
    seen: bytearray = field(default_factory=bytearray)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if self.at == b"CONNECT":
            self._stop()
        else:
            transport.write(GREETING)

    def data_received(self, data: bytes) -> None:
        self.seen += data
        command = data[:4].upper()
        if command in POLITE and command != self.at:
            self.transport.write(POLITE[command])
        elif command == self.at or self.seen.endswith(b"\r\n.\r\n"):
            self._stop()

    def _stop(self) -> None:
        if not self.silent:
            self.transport.close()


async def cut(at: bytes, silent: bool = False, message: Message = MESSAGE) -> tuple[Outcome, bytes]:
    cutter = Cutter(at, silent)
    async with serving(lambda: cutter) as port:
        outcome = await send(Server("127.0.0.1", port, timeout=0.3 if silent else 5.0), message)
        if not cutter.transport.is_closing():
            cutter.transport.close()
        return outcome, bytes(cutter.seen)


@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (b"CONNECT", "no_connection"),
        (b"EHLO", "no_connection"),
        (b"MAIL", "cut_at_mail"),
        (b"RCPT", "cut_at_rcpt"),
        (b"DATA", "cut_at_data"),
    ],
)
async def test_a_cut_before_the_dot_is_certain_and_worth_another_try(
    at: bytes, reason: str, silent: bool
) -> None:
    outcome, seen = await cut(at, silent)
    assert outcome == Deferred(reason)
    assert b"Message-ID" not in seen


@pytest.mark.parametrize("silent", [False, True])
async def test_no_answer_after_the_dot_is_unknown_for_the_mail_may_have_been_taken(silent: bool) -> None:
    outcome, seen = await cut(b"the dot", silent)
    assert outcome == Unknown("no_answer_after_dot")
    assert seen.endswith(b"\r\n.\r\n")
    assert seen.count(b"\r\n.\r\n") == 1


async def test_a_server_that_hangs_up_instead_of_saying_goodbye_has_the_mail_all_the_same() -> None:
    class Curt(Cutter):
        def data_received(self, data: bytes) -> None:
            if data.endswith(b"\r\n.\r\n"):
                self.transport.write(b"250 OK\r\n")
                self.transport.close()
            else:
                super().data_received(data)

    async with serving(lambda: Curt(b"QUIT")) as port:
        assert await send(Server("127.0.0.1", port, timeout=5.0)) == Sent("OK")


def test_the_key_is_the_message_id_and_depends_on_the_action_only() -> None:
    channel = MailChannel(Server("127.0.0.1", 25), SENDER)
    assert channel.key("a1") == channel.key("a1") == "<a1@midori.example>"
    assert channel.key("a2") != channel.key("a1")
