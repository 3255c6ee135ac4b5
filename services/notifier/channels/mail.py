"""Mail over SMTP, command by command: only so is it known whether a failure came before the final dot."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import aiosmtplib
from aiosmtplib.errors import SMTPException, SMTPResponseException

from services.notifier.channels.base import Deferred, Message, Outcome, Refused, Sent, Unknown
from services.notifier.channels.letter import Unsendable, as_data, compose, mailbox
from services.notifier.templates.occasion import Sender


@dataclass(frozen=True, slots=True)
class Server:
    """The mail server; `timeout` in seconds is for a whole mail, from connecting to the last answer."""

    host: str
    port: int
    starttls: bool = False
    username: str | None = None
    password: str | None = None
    timeout: float = 20.0


class MailChannel:
    """A connection per mail: nothing is shared, so one bad mail spoils no other."""

    repeats_for: timedelta | None = None

    def __init__(self, server: Server, sender: Sender) -> None:
        self._server, self._sender = server, sender
        self._domain = sender.mail.rpartition("@")[2]

    def key(self, action: str) -> str:
        return f"<{action}@{self._domain}>"

    def payload(self, message: Message) -> None:
        return None

    async def send(self, message: Message) -> Outcome:
        try:
            letter = compose(message, self._sender)
            recipient = mailbox(message.address)
        except Unsendable as error:
            return Refused(error.reason)
        deadline = asyncio.get_running_loop().time() + self._server.timeout
        client = self._client()
        try:
            return (
                await self._greet(client, deadline)
                or await self._offer(client, recipient, deadline)
                or await _hand_over(client, letter, deadline)
            )
        finally:
            client.close()

    def _client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._server.host,
            port=self._server.port,
            use_tls=False,
            start_tls=False,
            timeout=self._server.timeout,
        )

    async def _greet(self, client: aiosmtplib.SMTP, deadline: float) -> Deferred | None:
        """Before any mail is spoken of, a failure is the server's or our settings', never the customer's."""
        try:
            async with asyncio.timeout_at(deadline):
                await client.connect()
                await client.ehlo()
                if self._server.starttls:
                    await client.starttls()
                if self._server.username is not None and self._server.password is not None:
                    await client.login(self._server.username, self._server.password)
        except SMTPResponseException as error:
            return Deferred(f"smtp_{error.code}_at_greeting")
        except (SMTPException, OSError, TimeoutError):
            return Deferred("no_connection")
        return None

    async def _offer(self, client: aiosmtplib.SMTP, recipient: str, deadline: float) -> Outcome | None:
        """Sender, recipient, and the request to begin: the server has no mail of ours yet."""
        stage = "mail"
        try:
            async with asyncio.timeout_at(deadline):
                await client.mail(self._sender.mail)
                stage = "rcpt"
                await client.rcpt(recipient)
                stage = "data"
                started = await client.execute_command(b"DATA")
        except SMTPResponseException as error:
            return _by_code(error.code, stage)
        except (SMTPException, OSError, TimeoutError):
            return Deferred(f"cut_at_{stage}")
        return None if started.code == 354 else _by_code(started.code, stage)


async def _hand_over(client: aiosmtplib.SMTP, letter: bytes, deadline: float) -> Outcome:
    """From the first byte on the dot may have left us: without an answer nobody can know."""
    connection = client.protocol
    if connection is None or not connection.is_connected:
        return Deferred("cut_at_data")
    try:
        async with asyncio.timeout_at(deadline):
            connection.write(as_data(letter))
            answer = await connection.read_response()
    except (SMTPException, OSError, TimeoutError):
        return Unknown("no_answer_after_dot")
    if answer.code != 250:
        return _by_code(answer.code, "dot")
    with suppress(SMTPException, OSError, TimeoutError):
        async with asyncio.timeout_at(deadline):
            await client.quit()
    return Sent(answer.message[:200])


def _by_code(code: int, stage: str) -> Outcome:
    reason = f"smtp_{code}_at_{stage}"
    if 500 <= code < 600:
        return Refused(reason)
    return Unknown(reason) if stage == "dot" and not 400 <= code < 500 else Deferred(reason)
