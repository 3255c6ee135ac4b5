"""Providers with faults, each with its own log of what it has accepted, which is what counts in the end."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.utils import parseaddr
from pathlib import Path
from random import Random
from typing import Any, Protocol, cast

from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.local import line_api, mail_api
from deploy.local.line_fake import line_app
from deploy.local.line_store import LineStore
from deploy.local.line_users import Users
from deploy.local.ports import LOOPBACK, free_port
from services.notifier.channels.base import Channel
from services.notifier.channels.line import Account, LineApi, LineChannel
from services.notifier.channels.mail import MailChannel, Server
from services.notifier.channels.mail_api import MailApiChannel, Provider
from services.notifier.channels.scenario_webhook import ScenarioWebhookChannel, Target
from services.notifier.channels.webhook import Webhooks
from services.notifier.templates.occasion import Sender
from shared.clock import system_clock
from shared.events.action import Way
from shared.process.run import serve

PATIENCE = 0.25
SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class Fake:
    """A provider as a test sees it; `repeats`: it knows a repeat by its key.

    `accepted` counts by address: the mailbox, the LINE id, or to another program the customer.
    """

    way: Way
    channel: Channel
    accepted: Callable[[], Counter[str]]
    trouble: Callable[[Random, int], None]
    heal: Callable[[], None]
    repeats: bool


@contextlib.asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """Its address, for as long as it is served."""
    port, stop = free_port(), asyncio.Event()
    serving = asyncio.create_task(serve(app, LOOPBACK, port, 0)(stop))
    while True:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(LOOPBACK, port)
            writer.close()
            break
        await asyncio.sleep(0.01)
    yield f"http://{LOOPBACK}:{port}"
    stop.set()
    await serving


class MailServer:
    """A mail server: busy, cut before or after a mail is kept, or slow to say that it has it."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.faults: list[str] = []
        self.go_on = asyncio.Event()

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        fault = self.faults.pop() if self.faults else "ok"
        if fault == "busy":
            return "451 4.3.0 try later"
        if fault != "cut":
            mail = message_from_bytes(cast(bytes, envelope.content))
            self.kept.append(parseaddr(str(mail["To"]))[1])
        if fault in ("cut", "accept_then_cut"):
            cast(asyncio.Transport, server.transport).abort()
        if fault == "slow":
            await self.go_on.wait()
        return "250 OK"


@contextlib.asynccontextmanager
async def smtp(sender: Sender, _folder: Path) -> AsyncIterator[Fake]:
    mails = MailServer()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(mails), LOOPBACK, 0)
    port = server.sockets[0].getsockname()[1]

    def trouble(random: Random, count: int) -> None:
        mails.faults = random.choices(("ok", "busy", "cut", "accept_then_cut", "slow"), k=count)

    def heal() -> None:
        mails.faults = []
        mails.go_on.set()

    channel = MailChannel(Server(LOOPBACK, port, timeout=PATIENCE), sender)
    yield Fake("mail", channel, lambda: Counter(mails.kept), trouble, heal, repeats=False)
    mails.go_on.set()
    server.close()


@contextlib.asynccontextmanager
async def mail_provider(sender: Sender, _folder: Path) -> AsyncIterator[Fake]:
    api = mail_api.MailApi()
    kinds: Sequence[mail_api.Fault] = ("cut", "cut_after_taking", "500", "500_after_taking", "429", "slow")

    def trouble(random: Random, count: int) -> None:
        api.faults.clear()
        api.faults.extend(random.choices(kinds, k=count))

    def heal() -> None:
        api.faults.clear()
        api.go_on.set()

    async with served(api.app()) as address:
        channel = MailApiChannel(Provider(f"{address}/emails", "local", PATIENCE), sender)
        yield Fake(
            "mail",
            channel,
            lambda: Counter(parseaddr(one.mail.to[0])[1] for one in api.taken),
            trouble,
            heal,
            repeats=True,
        )
        api.go_on.set()


class NoLimit:
    """The month is long."""

    async def bars(self, action: str) -> None:
        """Nothing bars any."""

    async def reached(self) -> None:
        return


@contextlib.asynccontextmanager
async def line(_sender: Sender, folder: Path) -> AsyncIterator[Fake]:
    store = LineStore(folder / "line.sqlite")
    fake = line_api.Line(store, "token")
    kinds: Sequence[line_api.Kind] = (
        *("cut", "accept_then_cut", "500", "accept_then_500"),
        *("slow", "rate_limit", "quota", "bare_409", "nonsense"),
    )

    def trouble(random: Random, count: int) -> None:
        fake.faults.clear()
        drawn = random.choices(kinds, k=count)
        fake.faults.extend(line_api.Fault(kind, PATIENCE * 2 if kind == "slow" else 0) for kind in drawn)

    async with served(line_app(fake, Users(store, "http://127.0.0.1:9", b"secret", system_clock))) as address:
        channel = LineChannel(LineApi(Account(address, "token", PATIENCE)), NoLimit())
        yield Fake(
            "line",
            channel,
            lambda: Counter(one.user for one in store.accepted()),
            trouble,
            fake.faults.clear,
            repeats=True,
        )
    store.close()


class Receiver:
    """Another program, which acts on a webhook once: it knows a repeat by its id."""

    def __init__(self) -> None:
        self.done: dict[str, str] = {}
        self.faults: list[str] = []
        self.go_on = asyncio.Event()

    async def hear(self, request: Request) -> Response:
        told = (await request.json())["data"]["customer_ref"]
        fault = self.faults.pop() if self.faults else "ok"
        if fault in ("500", "429"):
            return Response(status_code=int(fault))
        self.done.setdefault(request.headers["webhook-id"], told)
        if fault == "cut":
            cast(Any, request.receive).__self__.transport.abort()
        if fault == "slow":
            await self.go_on.wait()
        return Response(status_code=500 if fault == "500_afterwards" else 204)


@contextlib.asynccontextmanager
async def webhook(_sender: Sender, _folder: Path) -> AsyncIterator[Fake]:
    receiver = Receiver()

    def trouble(random: Random, count: int) -> None:
        receiver.faults = random.choices(("ok", "500", "429", "cut", "slow", "500_afterwards"), k=count)

    def heal() -> None:
        receiver.faults = []
        receiver.go_on.set()

    async with served(Starlette(routes=[Route("/", receiver.hear, methods=["POST"])])) as address:

        async def find(_endpoint: str) -> Target:
            return Target(address, (SECRET,))

        channel = ScenarioWebhookChannel(Webhooks(system_clock, True, PATIENCE), find)
        yield Fake("webhook", channel, lambda: Counter(receiver.done.values()), trouble, heal, repeats=True)
        receiver.go_on.set()


class Kind(Protocol):
    """How a provider is set up; the folder is its own."""

    def __call__(self, sender: Sender, folder: Path, /) -> contextlib.AbstractAsyncContextManager[Fake]: ...


KINDS: dict[str, Kind] = {
    "smtp": smtp,
    "mail_api": mail_provider,
    "line": line,
    "webhook": webhook,
}
