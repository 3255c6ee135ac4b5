"""The mail catcher: a real SMTP server that keeps every mail instead of delivering it, and shows them."""

import argparse
import asyncio
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.mail_pages import mail_pages
from deploy.local.mail_store import MailStore
from deploy.local.ports import LOOPBACK
from shared.process.run import run, serve, start


class Keep:
    """What aiosmtpd asks for: called after the final dot, answered only when the mail is on disk."""

    def __init__(self, store: MailStore) -> None:
        self._store = store

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)  # noqa: S101 - we ask aiosmtpd for bytes
        self._store.keep(envelope.mail_from or "", envelope.rcpt_tos, envelope.content)
        return "250 OK"


async def listen(store: MailStore, port: int, stop: asyncio.Event) -> None:
    """SMTP until `stop`."""
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(Keep(store), hostname="localhost", enable_SMTPUTF8=True), LOOPBACK, port
    )
    async with server:
        await stop.wait()


async def catch(file: Path, smtp_port: int, page_port: int) -> int:
    store = MailStore(file)

    async def smtp(stop: asyncio.Event) -> None:
        await listen(store, smtp_port, stop)

    try:
        return await run(("smtp", smtp), ("pages", serve(mail_pages(store), LOOPBACK, page_port, 1)))
    finally:
        store.close()


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--file", type=Path, required=True, help="where the mails are kept")
    arguments.add_argument("--smtp-port", type=int, required=True)
    arguments.add_argument("--page-port", type=int, required=True)
    chosen = arguments.parse_args()
    return start(catch(chosen.file, chosen.smtp_port, chosen.page_port))


if __name__ == "__main__":
    sys.exit(main())
